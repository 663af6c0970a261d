//! The support report: put together, shown, and only then saved.

use egui::{Label, ScrollArea, Ui};
use lore_protocol::{FileKind, ReportFile, Request, SupportRequest};

use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::format;
use crate::parts::{Asked, action_error_ui};
use crate::widgets::{Button, Card, Icon, ListRow, card_row};

/// Where the report and the error of putting it together are.
const COMPOSE: &str = "support/report";

/// Where a file of it is.
const READ: &str = "support/report/file";

/// Where the error of saving it is.
const SAVE: &str = "support/report/save";

/// What is asked for.
#[derive(Debug, Default)]
pub(super) struct Report {
    asked: Asked,
}

impl Report {
    /// The card.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        if let Some(path) = self.asked.take(ctx, FileKind::NewFile) {
            let request = Request::Support(SupportRequest::Save { path });
            ctx.act(Action::new(SAVE, request).say("The report was saved; it is yours to send"));
        }
        let tokens = ctx.tokens;
        Card::titled("Support report")
            .subtitle(
                "One file for people who help. Without keys, passwords, your name, or anything that agents \
                 and people wrote",
            )
            .tight()
            .show(ui, tokens, |ui| {
                let files = ctx.report(COMPOSE);
                for file in files.unwrap_or_default() {
                    file_ui(ctx, ui, file);
                }
                card_row(ui, tokens, |ui| {
                    self.buttons_ui(ctx, ui, files.is_some());
                    for place in [COMPOSE, READ, SAVE] {
                        action_error_ui(ctx, ui, place);
                    }
                });
            });
    }

    fn buttons_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, is_there: bool) {
        let tokens = ctx.tokens;
        ui.horizontal_wrapped(|ui| {
            let (words, icon) = if is_there {
                ("Put it together again", Icon::Refresh)
            } else {
                ("Put a report together", Icon::File)
            };
            let compose = Button::secondary(words)
                .icon(icon)
                .busy(ctx.is_busy(COMPOSE));
            if compose.show(ui, tokens).clicked() {
                ctx.send(Command::Dismiss(READ.into()));
                let request = Request::Support(SupportRequest::Compose);
                ctx.act(Action::new(COMPOSE, request));
            }
            let save = Button::primary("Save the report…").icon(Icon::Export);
            if is_there && save.busy(ctx.is_busy(SAVE)).show(ui, tokens).clicked() {
                self.asked.new_file(ctx, "lorekeeper-report.zip".to_owned());
            }
        });
    }
}

/// A file of the report, and its text once somebody opened it.
fn file_ui(ctx: &Ctx<'_>, ui: &mut Ui, file: &ReportFile) {
    let tokens = ctx.tokens;
    let open = ctx.report_text(READ).filter(|(name, _)| *name == file.name);
    let row = ListRow::new(&file.name)
        .verbatim()
        .subtitle(&file.about)
        .icon(Icon::File)
        .note(&format::bytes(file.num_bytes))
        .selected(open.is_some())
        .show(ui, tokens);
    if row.clicked() {
        ctx.send(if open.is_some() {
            Command::Dismiss(READ.into())
        } else {
            let name = file.name.clone();
            let request = Request::Support(SupportRequest::Read { name });
            Command::Act(Box::new(Action::new(READ, request)))
        });
    }
    if let Some((name, text)) = open {
        card_row(ui, tokens, |ui| {
            ScrollArea::both()
                .id_salt(name)
                .max_height(300.0)
                .auto_shrink([false, true])
                .show(ui, |ui| ui.add(Label::new(tokens.mono(text)).extend()));
        });
    }
}
