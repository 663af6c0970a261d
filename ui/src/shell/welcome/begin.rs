//! How to begin: see it work, be shown around, or bring one's own.

use egui::Ui;
use lore_protocol::{FileKind, Request, ShellRequest};

use super::{Choice, heading_ui};
use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::format;
use crate::pages::{sample_experiment, sample_spec};
use crate::widgets::{Card, Icon, ListRow};

/// The screen. What was picked, if anything.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui) -> Option<Choice> {
    let tokens = ctx.tokens;
    heading_ui(
        ctx,
        ui,
        "How would you like to begin?",
        "All of this can be done later too: Home has it, and so has the list of commands.",
    );
    let estimate = ctx.estimate(&sample_spec());
    let ready = estimate.ready();
    let takes = ready.map_or_else(
        || "Five agents learn and play in front of you".to_owned(),
        |estimate| {
            let time = format::about(estimate.secs);
            format!("Five agents learn and play in front of you. Takes {time}")
        },
    );
    let blocked = ready.and_then(|estimate| estimate.problems.first());
    let mut picked = None;
    Card::new().tight().show(ui, tokens, |ui| {
        let sample = ListRow::new("Run the sample experiment")
            .subtitle(blocked.map_or(takes.as_str(), String::as_str))
            .icon(Icon::Sparkle)
            .chevron()
            .show(ui, tokens);
        if sample.clicked() && blocked.is_none() {
            picked = Some(Choice::to(Command::Act(Box::new(sample_experiment()))));
        }
        let tour = ListRow::new("Show me around")
            .subtitle("A minute, one stop a page")
            .icon(Icon::Eye)
            .chevron()
            .show(ui, tokens);
        if tour.clicked() {
            picked = Some(Choice::to(Command::Tour));
        }
        let own = ListRow::new("Open a file of episodes")
            .subtitle("You see what is in it before anything is brought in")
            .icon(Icon::File)
            .chevron()
            .show(ui, tokens);
        if own.clicked() {
            let kind = FileKind::Dataset;
            let request = Request::Shell(ShellRequest::Pick { kind });
            let action = Action::new("shell/pick", request);
            picked = Some(Choice::to(Command::Act(Box::new(action))));
        }
        let alone = ListRow::new("Look around alone")
            .subtitle("Everything stands on Home")
            .icon(Icon::Home)
            .chevron()
            .show(ui, tokens);
        if alone.clicked() {
            picked = Some(Choice::Leave);
        }
    });
    picked
}
