//! Newer versions of the program, where it was built to look for them.

use egui::Ui;
use lore_protocol::{Request, ShellRequest, Updates};

use crate::command::Action;
use crate::context::Ctx;
use crate::parts::action_error_ui;
use crate::widgets::{Button, Card, Icon};

/// Where the progress and the error are shown.
const PLACE: &str = "updates";

/// Nothing at all in a program that cannot look.
pub(super) fn updates_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    ctx.query(&Request::Shell(ShellRequest::Updates));
    let updates = ctx.store.shell().updates();
    if *updates == Updates::Off {
        return;
    }
    let tokens = ctx.tokens;
    Card::titled("Updates")
        .subtitle("Looked for only when you ask. Nothing about you or your work is sent")
        .show(ui, tokens, |ui| {
            match updates {
                Updates::Newer { version, notes } => newer_ui(ctx, ui, version, notes),
                _ => look_ui(ctx, ui, *updates == Updates::Current),
            }
            action_error_ui(ctx, ui, PLACE);
        });
}

fn look_ui(ctx: &Ctx<'_>, ui: &mut Ui, is_newest: bool) {
    let tokens = ctx.tokens;
    if is_newest {
        ui.label(tokens.body("This is the newest version."));
    }
    let look = Button::secondary("Look for updates")
        .icon(Icon::Search)
        .busy(ctx.is_busy(PLACE));
    if look.show(ui, tokens).clicked() {
        let request = Request::Shell(ShellRequest::LookForUpdate);
        ctx.act(Action::new(PLACE, request));
    }
}

fn newer_ui(ctx: &Ctx<'_>, ui: &mut Ui, version: &str, notes: &str) {
    let tokens = ctx.tokens;
    ui.label(tokens.body(format!("Version {version} is there.")));
    if !notes.is_empty() {
        ui.label(tokens.small(notes));
    }
    ui.label(tokens.small("Jobs that run save what they have; resume them after the restart."));
    let install = Button::primary("Install and restart")
        .icon(Icon::Check)
        .busy(ctx.is_busy(PLACE));
    if install.show(ui, tokens).clicked() {
        let request = Request::Shell(ShellRequest::InstallUpdate);
        ctx.act(Action::new(PLACE, request));
    }
}
