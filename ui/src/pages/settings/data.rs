//! The data folder: what takes how much room, and moving it to another disk.

use egui::Ui;
use lore_protocol::{FileKind, Request, ShellRequest, StorageRequest, Usage};

use crate::command::Action;
use crate::context::Ctx;
use crate::format;
use crate::parts::{Asked, action_error_ui, job_at_ui, loaded_ui};
use crate::widgets::{Button, Card, Icon, Tone, divider, right_aligned};

/// Where the progress and the error of moving are shown.
const MOVE: &str = "storage/move";

/// Where those of changing one's mind are shown.
const STAY: &str = "storage/stay";

/// Where the error of starting again is shown.
const RESTART: &str = "shell/restart";

/// What is chosen.
#[derive(Debug, Default)]
pub(super) struct DataFolder {
    asked: Asked,
    /// The folder that was picked and is not used yet.
    folder: Option<String>,
}

impl DataFolder {
    /// The card.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        if let Some(folder) = self.asked.take(ctx, FileKind::DataFolder) {
            self.folder = Some(folder);
        }
        let tokens = ctx.tokens;
        let Some(status) = ctx.status() else { return };
        Card::titled("Data folder")
            .subtitle(
                "Everything the program keeps: data sets, banks, models, adapters, experiments",
            )
            .show(ui, tokens, |ui| {
                ui.horizontal_wrapped(|ui| {
                    ui.label(tokens.mono(&status.data_dir));
                    let open = Button::secondary("Open folder").icon(Icon::Folder);
                    if open.show(ui, tokens).clicked() {
                        ctx.reveal(&status.data_dir);
                    }
                });
                action_error_ui(ctx, ui, "shell/reveal");
                let usage = ctx.usage();
                loaded_ui(ctx, ui, usage, "Adding up", |ui, usage| {
                    usage_ui(ctx, ui, usage, status.free_bytes);
                    divider(ui, tokens);
                    self.move_ui(ctx, ui, usage);
                });
            });
    }

    fn move_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, usage: &Usage) {
        let tokens = ctx.tokens;
        if let Some(next) = &usage.place.next {
            next_ui(ctx, ui, next);
            return;
        }
        if let Some(previous) = &usage.place.previous {
            previous_ui(ctx, ui, previous);
        }
        let is_free = usage.place.why_fixed.is_empty();
        match &self.folder {
            None => {
                let choose = Button::secondary("Move to another folder…")
                    .icon(Icon::Folder)
                    .enabled(is_free, &usage.place.why_fixed);
                if choose.show(ui, tokens).clicked() {
                    self.asked.pick(ctx, FileKind::DataFolder);
                }
                let note = if is_free {
                    "Everything is copied and checked while you go on; the old folder stays as it is"
                } else {
                    &usage.place.why_fixed
                };
                ui.label(tokens.small(note));
            }
            Some(folder) => {
                let folder = folder.clone();
                self.confirm_ui(ctx, ui, &folder, usage.num_bytes());
            }
        }
        action_error_ui(ctx, ui, MOVE);
        job_at_ui(ctx, ui, MOVE);
    }

    fn confirm_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, folder: &str, num_bytes: u64) {
        let tokens = ctx.tokens;
        let question = format!(
            "Copy everything ({}) to this folder?",
            format::bytes(num_bytes)
        );
        ui.label(tokens.body(question));
        ui.label(tokens.mono(folder));
        ui.horizontal(|ui| {
            let copy = Button::primary("Copy")
                .icon(Icon::Copy)
                .busy(ctx.is_busy(MOVE));
            if copy.show(ui, tokens).clicked() {
                let folder = folder.to_owned();
                let request = Request::Storage(StorageRequest::Move { folder });
                ctx.act(Action::new(MOVE, request));
                self.folder = None;
            }
            if Button::quiet("Cancel").show(ui, tokens).clicked() {
                self.folder = None;
            }
        });
    }
}

/// Each kind with its number and size.
fn usage_ui(ctx: &Ctx<'_>, ui: &mut Ui, usage: &Usage, free_bytes: u64) {
    let tokens = ctx.tokens;
    ui.spacing_mut().item_spacing.y = tokens.space.xs;
    let line = |ui: &mut Ui, label: &str, note: &str, num_bytes: u64| {
        ui.horizontal(|ui| {
            ui.label(tokens.body(label));
            ui.label(tokens.small(note));
            right_aligned(ui, |ui| ui.label(tokens.muted(format::bytes(num_bytes))));
        });
    };
    for kind in &usage.kinds {
        let number = format::count(kind.num_things);
        line(ui, kind.kind.label(), &number, kind.num_bytes);
    }
    if usage.trash_bytes > 0 {
        let note = "goes by itself after 30 days";
        line(ui, "Trash", note, usage.trash_bytes);
    }
    if usage.other_bytes > 0 {
        line(ui, "Logs and the like", "", usage.other_bytes);
    }
    let free = format!("{} free on its disk", format::bytes(free_bytes));
    let all = format!("{} in all", format::bytes(usage.num_bytes()));
    ui.label(tokens.small(format!("{all} · {free}")));
}

/// Everything is in the new folder already.
fn next_ui(ctx: &Ctx<'_>, ui: &mut Ui, next: &str) {
    let tokens = ctx.tokens;
    ui.horizontal_top(|ui| {
        Icon::CheckCircle.show(ui, tokens.size.icon, Tone::Success.text(tokens));
        ui.label(tokens.body(
            "Everything was copied. Lorekeeper goes on in this folder once it is started again:",
        ));
    });
    ui.label(tokens.mono(next));
    ui.horizontal(|ui| {
        let again = Button::primary("Start again now").busy(ctx.is_busy(RESTART));
        if again.show(ui, tokens).clicked() {
            ctx.act(Action::new(RESTART, Request::Shell(ShellRequest::Restart)));
        }
        let stay = Button::secondary("Stay in the present folder").busy(ctx.is_busy(STAY));
        if stay.show(ui, tokens).clicked() {
            let request = Request::Storage(StorageRequest::Stay);
            ctx.act(Action::new(STAY, request).say("Nothing is moved; the copy can be deleted"));
        }
    });
    ui.label(
        tokens.small(
            "Work that runs now is stopped as when the window is closed, and can be resumed",
        ),
    );
    action_error_ui(ctx, ui, RESTART);
    action_error_ui(ctx, ui, STAY);
}

/// The folder that was used before is still there.
fn previous_ui(ctx: &Ctx<'_>, ui: &mut Ui, previous: &str) {
    let tokens = ctx.tokens;
    ui.label(tokens.body(
        "The folder that was used before is still there. Delete it once you have seen that nothing is \
         missing:",
    ));
    ui.horizontal_wrapped(|ui| {
        ui.label(tokens.mono(previous));
        // Another button has these words for the present folder.
        let open = Button::icon_only(Icon::Folder, "Open the old folder");
        if open.show(ui, tokens).clicked() {
            ctx.reveal(previous);
        }
        let forget = Button::quiet("Mention it no more").busy(ctx.is_busy(STAY));
        if forget.show(ui, tokens).clicked() {
            ctx.act(Action::new(STAY, Request::Storage(StorageRequest::Forget)));
        }
    });
    action_error_ui(ctx, ui, STAY);
}
