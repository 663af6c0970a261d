//! Everything in one file, and back.

use egui::Ui;
use lore_core::Kept;
use lore_protocol::{
    BACKUP_ENDING, BackupInfo, BackupKind, FileKind, JobState, Request, StorageRequest, Work,
};

use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::format;
use crate::parts::{Asked, action_error_ui, job_at_ui, job_progress_ui, loaded_ui};
use crate::widgets::{Button, Card, Icon, Tone, explained_switch, right_aligned};

/// Where the progress and the error of a backup are shown.
const BACK_UP: &str = "storage/backup";

/// Where those of a restore are shown.
const RESTORE: &str = "storage/restore";

/// What is chosen.
#[derive(Debug, Default)]
pub(super) struct Backup {
    models: bool,
    settings: bool,
    target: Asked,
    /// The last backup that was chosen, dropped on the window or opened with the program.
    seen: u64,
    /// The backup that is looked at.
    path: Option<String>,
}

impl Backup {
    /// Takes in a backup that was chosen, dropped or opened. True when there is a new one.
    pub(super) fn follow_opened(&mut self, ctx: &Ctx<'_>) -> bool {
        let shell = ctx.store.shell();
        let Some(path) = shell.newly_picked(FileKind::Backup, &mut self.seen) else {
            return false;
        };
        ctx.send(Command::Dismiss(RESTORE.into()));
        self.path = Some(path.to_owned());
        true
    }

    /// Both cards.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        self.follow_target(ctx);
        self.back_up_ui(ctx, ui);
        self.restore_ui(ctx, ui);
    }

    fn follow_target(&mut self, ctx: &Ctx<'_>) {
        if let Some(mut path) = self.target.take(ctx, FileKind::NewFile) {
            if FileKind::of_opened(&path) != FileKind::Backup {
                path = format!("{path}.{BACKUP_ENDING}");
            }
            let models = self.models;
            let request = Request::Storage(StorageRequest::BackUp { path, models });
            ctx.act(Action::new(BACK_UP, request));
        }
    }

    fn back_up_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        Card::titled("Backup")
            .subtitle("Everything in one file, for another disk or another computer")
            .show(ui, tokens, |ui| {
                let bytes = ctx
                    .usage()
                    .ready()
                    .map_or(0, |usage| usage.bytes_of(Kept::Model));
                let note = format!("{} more; they can be had again", format::bytes(bytes));
                explained_switch(ui, tokens, &mut self.models, "With models", &note);
                let button = Button::secondary("Back up everything…")
                    .icon(Icon::Export)
                    .busy(ctx.is_busy(BACK_UP));
                if button.show(ui, tokens).clicked() {
                    self.target.new_file(ctx, format!("backup.{BACKUP_ENDING}"));
                }
                ui.label(tokens.small(
                    "You can go on meanwhile. Jobs that wait or run are left out, and said to be.",
                ));
                action_error_ui(ctx, ui, BACK_UP);
                written_ui(ctx, ui);
            });
    }

    fn restore_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        Card::titled("Restore")
            .subtitle("Adds what a backup holds. What is here stays as it is")
            .show(ui, tokens, |ui| {
                match self.path.clone() {
                    None => {
                        let choose = Button::secondary("Choose a backup…").icon(Icon::File);
                        if choose.show(ui, tokens).clicked() {
                            ctx.pick(FileKind::Backup);
                        }
                    }
                    Some(path) => {
                        ui.label(tokens.mono(&path));
                        let info = ctx.backup(&path);
                        let shown = loaded_ui(ctx, ui, info, "Looking into it", |ui, info| {
                            self.chosen_ui(ctx, ui, info);
                        });
                        if shown.is_none() && Button::quiet("Close").show(ui, tokens).clicked() {
                            self.path = None;
                        }
                    }
                }
                action_error_ui(ctx, ui, RESTORE);
                job_at_ui(ctx, ui, RESTORE);
            });
    }

    /// What the backup holds, and the button that takes it in.
    fn chosen_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, info: &BackupInfo) {
        let tokens = ctx.tokens;
        let written = format!("Written {}", format::date(info.created_ms));
        let version = format!("version {}", info.code_version);
        let size = format::bytes(info.num_bytes);
        ui.label(tokens.small(format!("{written} · {version} · {size}")));
        for kind in &info.kinds {
            kind_ui(ctx, ui, kind);
        }
        for job in &info.left_out {
            let text = format!("Left out, because it was not done: {job}");
            ui.label(tokens.small(text));
        }
        let has_settings = info.kinds.iter().any(|kind| kind.kind == Kept::Settings);
        if has_settings {
            let note = "In place of those that are in use now";
            let label = "Take its settings, too";
            explained_switch(ui, tokens, &mut self.settings, label, note);
        }
        let settings = self.settings && has_settings;
        ui.horizontal(|ui| {
            let restore = Button::primary("Restore")
                .icon(Icon::Check)
                .enabled(info.num_new() > 0 || settings, "All of it is here already")
                .busy(ctx.is_busy(RESTORE));
            if restore.show(ui, tokens).clicked() {
                let path = info.path.clone();
                let request = Request::Storage(StorageRequest::Restore { path, settings });
                ctx.act(Action::new(RESTORE, request));
                self.path = None;
            }
            if Button::quiet("Cancel").show(ui, tokens).clicked() {
                self.path = None;
            }
        });
    }
}

/// How many of a kind there are, and how many of them are here already.
fn kind_ui(ctx: &Ctx<'_>, ui: &mut Ui, kind: &BackupKind) {
    let tokens = ctx.tokens;
    let here = match (kind.kind, kind.num_here) {
        // Settings are asked for on their own, marks are added to those that are here.
        (_, 0) | (Kept::Settings | Kept::Marks, _) => String::new(),
        (_, 1) => "1 is here already and stays".to_owned(),
        (_, more) => format!("{} are here already and stay", format::count(more)),
    };
    ui.horizontal(|ui| {
        let is_new = here.is_empty();
        let (icon, tone) = if is_new {
            (Icon::Plus, Tone::Success)
        } else {
            (Icon::Info, Tone::Neutral)
        };
        icon.show(ui, tokens.size.icon_small, tone.text(tokens));
        ui.label(tokens.body(kind.kind.label()));
        ui.label(tokens.small(format::count(kind.num_things)));
        ui.label(tokens.small(here));
        right_aligned(ui, |ui| {
            ui.label(tokens.muted(format::bytes(kind.num_bytes)))
        });
    });
}

/// The job that writes, and the way to its file.
fn written_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let Some(record) = ctx.job_at(BACK_UP) else {
        return;
    };
    job_progress_ui(ctx, ui, record);
    if let (JobState::Finished { .. }, Work::BackUp(work)) =
        (&record.info.state, &record.info.spec.work)
        && Button::secondary("Show in folder")
            .icon(Icon::Folder)
            .show(ui, ctx.tokens)
            .clicked()
    {
        ctx.reveal(work.path.clone());
    }
}
