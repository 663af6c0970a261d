//! The list of worlds.

use egui::Ui;
use lore_core::WorldSpec;
use lore_protocol::WorldInfo;

use crate::Route;
use crate::context::Ctx;
use crate::widgets::{Card, Explain as _, Icon, ListRow, Tone};

/// Every world, the chosen one marked.
pub(super) fn list_ui(ctx: &Ctx<'_>, ui: &mut Ui, worlds: &[WorldInfo], chosen: &WorldInfo) {
    let tokens = ctx.tokens;
    Card::titled("Worlds")
        .tight()
        .subtitle("Where agents act, and you can, too")
        .show(ui, tokens, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for world in worlds {
                let mut row = ListRow::new(&world.name)
                    .subtitle(&world.about)
                    .icon(icon(&world.spec))
                    .selected(world.spec == chosen.spec);
                if world.missing.is_some() {
                    row = row.badge("not installed", Tone::Neutral);
                }
                if row.show(ui, tokens).explain(tokens, &world.about).clicked() {
                    ctx.go(Route::Worlds(Some(world.spec.clone())));
                }
            }
        });
}

fn icon(spec: &WorldSpec) -> Icon {
    match spec {
        WorldSpec::Generated { .. } => Icon::Home,
        WorldSpec::Games { .. } => Icon::Database,
        WorldSpec::ScienceWorld { .. } => Icon::Flask,
        WorldSpec::TextWorldExpress => Icon::Play,
        WorldSpec::Server(_) => Icon::Link,
    }
}
