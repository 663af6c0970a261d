//! Writing episodes for other programs: a form, a file, progress, and where the file is.

use egui::Ui;
use lore_core::ExportForm;
use lore_protocol::{FileKind, JobState, Request, Source, TrajectoryRequest, Work};

use super::{Asked, action_error_ui, job_progress_ui};
use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::format;
use crate::widgets::{Button, Card, Icon, choice, field, text_field};

/// What is filled in.
#[derive(Debug, Default)]
pub(crate) struct ExportEpisodes {
    /// True while the form is in view.
    pub(crate) open: bool,
    form: ExportForm,
    /// The file that will be made.
    path: String,
    /// Whose file that is: another source gets another file.
    of: Option<Source>,
    asked: Asked,
}

impl ExportEpisodes {
    /// The form for everything that stands at `source`, which people know as `name`, and what came of it.
    pub(crate) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, source: &Source, name: &str) {
        if self.of.as_ref() != Some(source) {
            self.of = Some(source.clone());
            self.path.clear();
        }
        if let Some(path) = self.asked.take(ctx, FileKind::NewFile) {
            self.path = path;
        }
        let place = place(source);
        if !self.open && ctx.job_at(&place).is_none() {
            return;
        }
        let tokens = ctx.tokens;
        Card::titled("Write them for other programs")
            .subtitle("Writes one file with every episode; nothing leaves this computer")
            .highlighted()
            .show(ui, tokens, |ui| {
                if self.open {
                    self.form_ui(ctx, ui);
                    self.file_ui(ctx, ui, name);
                    self.buttons_ui(ctx, ui, source, &place);
                }
                action_error_ui(ctx, ui, &place);
                result_ui(ctx, ui, &place);
            });
    }

    fn form_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        let choices = ExportForm::ALL.map(|form| (form, form.label().to_owned()));
        let before = self.form;
        field(ui, tokens, "Form", |ui| {
            choice(ui, tokens, &mut self.form, &choices, "Form")
        });
        ui.label(tokens.muted(self.form.explanation()));
        if let Some(stem) = self.path.strip_suffix(&ending(before)) {
            self.path = format!("{stem}{}", ending(self.form));
        }
    }

    fn file_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, name: &str) {
        let tokens = ctx.tokens;
        field(ui, tokens, "File", |ui| {
            ui.horizontal(|ui| {
                let browse = Button::secondary("Choose…").icon(Icon::Folder);
                if browse.show(ui, tokens).clicked() {
                    let name = format::slug(name, "episodes");
                    let name = format!("{name}{}", ending(self.form));
                    self.asked.new_file(ctx, name);
                }
                text_field(ui, tokens, &mut self.path, "File", "A new file")
            })
            .inner
        });
    }

    fn buttons_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, source: &Source, place: &str) {
        let tokens = ctx.tokens;
        let path = self.path.trim().to_owned();
        ui.horizontal(|ui| {
            let export = Button::primary("Export")
                .icon(Icon::Export)
                .enabled(!path.is_empty(), "Choose a file first")
                .busy(ctx.is_busy(place));
            if export.show(ui, tokens).clicked() {
                let request = Request::Trajectory(TrajectoryRequest::Export {
                    source: source.clone(),
                    form: self.form,
                    path,
                });
                ctx.act(Action::new(place.to_owned(), request));
                self.open = false;
            }
            if Button::quiet("Cancel").show(ui, tokens).clicked() {
                self.open = false;
            }
        });
    }
}

/// `.parquet`, with which names of files end.
fn ending(form: ExportForm) -> String {
    format!(".{}", form.extension())
}

/// Where the export's progress and error are shown.
fn place(source: &Source) -> String {
    match source {
        Source::Dataset { id } => format!("episodes/export/dataset/{id}"),
        Source::Bank { id } => format!("episodes/export/bank/{id}"),
        Source::Run { job, .. } => format!("episodes/export/run/{job}"),
        Source::Experiment { id } => format!("episodes/export/experiment/{id}"),
    }
}

/// The job that writes, and the way to its file.
fn result_ui(ctx: &Ctx<'_>, ui: &mut Ui, place: &str) {
    let tokens = ctx.tokens;
    let Some(record) = ctx.job_at(place) else {
        return;
    };
    job_progress_ui(ctx, ui, record);
    ui.horizontal(|ui| {
        if let (JobState::Finished { .. }, Work::ExportTrajectories(work)) =
            (&record.info.state, &record.info.spec.work)
        {
            let show = Button::secondary("Show in folder").icon(Icon::Folder);
            if show.show(ui, tokens).clicked() {
                ctx.reveal(work.path.clone());
            }
        }
        if Button::quiet("Close").show(ui, tokens).clicked() {
            ctx.send(Command::Dismiss(place.to_owned().into()));
        }
    });
    action_error_ui(ctx, ui, "shell/reveal");
}
