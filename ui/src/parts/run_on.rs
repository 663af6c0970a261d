//! Where a job runs, for forms.

use egui::Ui;
use lore_core::{Cluster, ClusterId};

use crate::context::Ctx;
use crate::widgets::{Field, choice, field_with_help};

/// This computer, or one of the others; nothing to choose while there are none.
pub(crate) fn run_on_ui(ctx: &Ctx<'_>, ui: &mut Ui, cluster: &mut Option<ClusterId>) {
    let known = ctx.clusters().ready().unwrap_or_default();
    if known.is_empty() && cluster.is_none() {
        return;
    }
    let mut choices = vec![(None, "This computer".to_owned())];
    choices.extend(known.iter().map(|info| {
        let Cluster { id, name, .. } = &info.cluster;
        (Some(id.clone()), name.clone())
    }));
    let about = Field {
        label: "Run on",
        help: "Another computer works while this one is free, and goes on when Lorekeeper is closed. Others \
               are added in the settings",
        note: "",
    };
    field_with_help(ui, ctx.tokens, about, |ui| {
        choice(ui, ctx.tokens, cluster, &choices, about.label)
    });
}

/// The name of a computer for people.
pub(crate) fn computer_name<'a>(ctx: &Ctx<'a>, id: &'a ClusterId) -> &'a str {
    let known = ctx.clusters().ready().unwrap_or_default();
    let known = known.iter().find(|info| info.cluster.id == *id);
    known.map_or(id.as_str(), |info| info.cluster.name.as_str())
}
