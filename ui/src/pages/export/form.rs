//! The way out: a form, a folder, progress, and where the files are.

use egui::Ui;
use lore_core::{Adapter, AdapterId};
use lore_protocol::{ExportFormat, ExportRequest, FileKind, JobState, Request, ShellRequest, Work};

use crate::command::Action;
use crate::context::Ctx;
use crate::format;
use crate::parts::{action_error_ui, job_progress_ui};
use crate::store::Loaded;
use crate::widgets::{Badge, Button, Card, Icon, Tone, choice, field, text_field};

/// What is filled in.
#[derive(Debug, Default)]
pub(super) struct ExportForm {
    format: ExportFormat,
    /// The folder that will be made.
    destination: String,
    /// Whose destination that is: another adapter gets another folder.
    adapter: AdapterId,
    /// The last pick that was taken over.
    seen: u64,
}

impl ExportForm {
    /// The form and what came of it.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, adapter: &Adapter) {
        if self.adapter != adapter.id {
            self.adapter = adapter.id.clone();
            self.destination.clear();
        }
        self.take_pick(ctx, adapter);
        let tokens = ctx.tokens;
        let place = format!("export/write/{}", adapter.id);
        Card::titled("Take it along")
            .subtitle("Writes a folder that other programs read; nothing leaves this computer")
            .show(ui, tokens, |ui| {
                let refusal = self.format_ui(ctx, ui, adapter);
                self.folder_ui(ctx, ui);
                let has_folder = !self.destination.trim().is_empty();
                let reason = if has_folder {
                    "Choose another form"
                } else {
                    "Choose a folder first"
                };
                let export = Button::primary("Export")
                    .icon(Icon::Export)
                    .enabled(has_folder && refusal.is_empty(), reason)
                    .busy(ctx.is_busy(&place))
                    .show(ui, tokens);
                if export.clicked() {
                    let request = Request::Export(ExportRequest::Export {
                        adapter: adapter.id.clone(),
                        format: self.format,
                        destination: self.destination.trim().to_owned(),
                    });
                    ctx.act(Action::new(place.clone(), request));
                }
                action_error_ui(ctx, ui, &place);
                result_ui(ctx, ui, &place);
            });
    }

    /// The choice of a form with sizes, a sentence about the chosen one, and why it is refused, if it is.
    fn format_ui<'a>(&mut self, ctx: &Ctx<'a>, ui: &mut Ui, adapter: &Adapter) -> &'a str {
        let tokens = ctx.tokens;
        let options = match ctx.export_options(&adapter.id) {
            Loaded::Ready(options) => options,
            _ => &[],
        };
        let size = |format: ExportFormat| options.iter().find(|it| it.format == format);
        let choices = ExportFormat::ALL.map(|format| {
            let words = match size(format) {
                Some(option) => {
                    let bytes = format::bytes(option.num_bytes);
                    format!("{}, about {bytes}", format.label())
                }
                None => format.label().to_owned(),
            };
            (format, words)
        });
        field(ui, tokens, "Form", |ui| {
            choice(ui, tokens, &mut self.format, &choices, "Form")
        });
        ui.label(tokens.muted(self.format.explanation()));
        let refusal = size(self.format).map_or("", |option| option.refusal.as_str());
        if !refusal.is_empty() {
            ui.horizontal_wrapped(|ui| {
                Badge::new("Not possible", Tone::Warning)
                    .icon(Icon::Warning)
                    .show(ui, tokens);
                ui.label(tokens.body(refusal));
            });
        }
        refusal
    }

    fn folder_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        field(ui, tokens, "Folder", |ui| {
            ui.horizontal(|ui| {
                let browse = Button::secondary("Choose…")
                    .icon(Icon::Folder)
                    .show(ui, tokens);
                if browse.clicked() {
                    ctx.pick(FileKind::ExportFolder);
                }
                text_field(
                    ui,
                    tokens,
                    &mut self.destination,
                    "Folder",
                    "A folder that is new or empty",
                )
            })
            .inner
        });
    }

    /// The files get a folder of their own in the one that was picked.
    fn take_pick(&mut self, ctx: &Ctx<'_>, adapter: &Adapter) {
        let shell = ctx.store.shell();
        if let Some(folder) = shell.newly_picked(FileKind::ExportFolder, &mut self.seen) {
            let separator = if folder.contains('\\') { '\\' } else { '/' };
            let folder = folder.trim_end_matches(['/', '\\']);
            self.destination = format!("{folder}{separator}{}", adapter.id);
        }
    }
}

/// The job that writes, and the way to its files.
fn result_ui(ctx: &Ctx<'_>, ui: &mut Ui, place: &str) {
    let Some(record) = ctx.job_at(place) else {
        return;
    };
    job_progress_ui(ctx, ui, record);
    if let (JobState::Finished { .. }, Work::Export(work)) =
        (&record.info.state, &record.info.spec.work)
    {
        let show = Button::secondary("Show the folder")
            .icon(Icon::Folder)
            .show(ui, ctx.tokens);
        if show.clicked() {
            let path = work.destination.clone();
            let request = Request::Shell(ShellRequest::Reveal { path });
            ctx.act(Action::new("export/reveal", request));
        }
    }
    action_error_ui(ctx, ui, "export/reveal");
}
