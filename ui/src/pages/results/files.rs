//! Figures and the report on disk.

use egui::Ui;
use lore_core::ExperimentId;
use lore_protocol::{Request, ShellRequest};

use crate::command::Action;
use crate::context::Ctx;
use crate::parts::action_error_ui;
use crate::widgets::{Button, Card, Icon, right_aligned};

/// Where errors of opening are shown.
const OPEN: &str = "results/open";

/// Every file with its buttons.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui, experiment: &ExperimentId) {
    let tokens = ctx.tokens;
    let files = ctx.result_files(experiment).ready().unwrap_or_default();
    Card::titled("Report and figures").show(ui, tokens, |ui| {
        if files.is_empty() {
            ui.label(tokens.muted("The report is written when every run has ended"));
            return;
        }
        action_error_ui(ctx, ui, OPEN);
        for (name, path) in files {
            ui.horizontal(|ui| {
                Icon::File.show(ui, tokens.size.icon_small, tokens.color.text.muted);
                ui.label(tokens.body(name));
                right_aligned(ui, |ui| {
                    let folder = format!("Show {name} in its folder");
                    let reveal = Button::icon_only(Icon::Folder, &folder).show(ui, tokens);
                    if reveal.clicked() {
                        ctx.reveal(path.clone());
                    }
                    let open = Button::secondary("Open")
                        .icon(Icon::External)
                        .show(ui, tokens);
                    if open.clicked() {
                        let target = path.clone();
                        ctx.act(Action::new(
                            OPEN,
                            Request::Shell(ShellRequest::Open { target }),
                        ));
                    }
                });
            });
        }
    });
}
