//! Looking inside a file before anything is kept.

use egui::Ui;
use lore_core::{DatasetKind, FormatGuess, ImportReport};
use lore_protocol::{DatasetRequest, FileKind, Request};

use super::mapping::Mapping;
use super::preview::preview_ui;
use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::format;
use crate::parts::{action_error_ui, error_ui, job_at_ui};
use crate::store::Loaded;
use crate::widgets::{Badge, Button, Card, Icon, Tone, field, right_aligned, spinner, text_field};

/// Where the import's progress and error are shown.
const PLACE: &str = "datasets/import";

/// View state.
#[derive(Debug, Default)]
pub(super) struct Inspect {
    /// Files to look at, the one in view first.
    waiting: Vec<String>,
    name: String,
    mapping: Mapping,
    seen_file: u64,
    seen_folder: u64,
}

/// What was pressed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pressed {
    Import,
    Skip,
}

impl Inspect {
    /// Takes in files that were picked or dropped.
    pub(super) fn follow_picks(&mut self, ctx: &Ctx<'_>) {
        let shell = ctx.store.shell();
        for (kind, seen) in [
            (FileKind::Dataset, &mut self.seen_file),
            (FileKind::DatasetFolder, &mut self.seen_folder),
        ] {
            while let Some(path) = shell.newly_picked(kind, seen) {
                let path = path.to_owned();
                if !self.waiting.contains(&path) {
                    self.waiting.push(path);
                }
            }
        }
    }

    /// The file in view, and the import that was started last.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        action_error_ui(ctx, ui, PLACE);
        if ctx.job_at(PLACE).is_some() {
            Card::new().show(ui, tokens, |ui| {
                job_at_ui(ctx, ui, PLACE);
                if Button::quiet("Close").show(ui, tokens).clicked() {
                    ctx.send(Command::Dismiss(PLACE.into()));
                }
            });
        }
        let Some(path) = self.waiting.first().cloned() else {
            return;
        };
        let pressed = Card::new()
            .highlighted()
            .show(ui, tokens, |ui| self.file_ui(ctx, ui, &path))
            .inner;
        match pressed {
            Some(Pressed::Import) => {
                let request = Request::Dataset(DatasetRequest::Import {
                    path,
                    name: self.name.trim().to_owned(),
                    columns: self.mapping.chosen().cloned(),
                });
                ctx.act(Action::new(PLACE, request));
                self.next();
            }
            Some(Pressed::Skip) => self.next(),
            None => {}
        }
    }

    /// Goes on to the file after this one.
    fn next(&mut self) {
        self.waiting.remove(0);
        self.name.clear();
        self.mapping = Mapping::default();
    }

    fn file_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, path: &str) -> Option<Pressed> {
        let tokens = ctx.tokens;
        let mut pressed = None;
        ui.horizontal(|ui| {
            Icon::File.show(ui, tokens.size.icon, tokens.color.accent.text);
            ui.label(tokens.subtitle(file_name(path)))
                .on_hover_text(path);
            if self.waiting.len() > 1 {
                let more = format!("{} more after this one", self.waiting.len() - 1);
                Badge::new(&more, Tone::Neutral).show(ui, tokens);
            }
            right_aligned(ui, |ui| {
                let close = Button::icon_only(Icon::Close, "Do not bring this file in");
                if close.show(ui, tokens).clicked() {
                    pressed = Some(Pressed::Skip);
                }
            });
        });
        // While a choice of columns is looked at, what was known before stays in view.
        let chosen = ctx.guess(path, self.mapping.chosen());
        let guess = match chosen {
            Loaded::Waiting if self.mapping.chosen().is_some() => ctx.guess(path, None),
            known => known,
        };
        match guess {
            Loaded::Waiting => {
                ui.horizontal(|ui| {
                    spinner(ui, 18.0, tokens.color.text.muted, "Looking inside");
                    ui.label(tokens.muted("Looking inside…"));
                });
            }
            Loaded::Failed(error) => error_ui(ctx, ui, error),
            Loaded::Ready(guess) if guess.format.is_empty() => {
                unknown_ui(ctx, ui, guess);
                self.mapping.ui(ctx, ui, guess);
            }
            Loaded::Ready(guess) => pressed = pressed.or(self.known_ui(ctx, ui, guess)),
        }
        pressed
    }

    fn known_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, guess: &FormatGuess) -> Option<Pressed> {
        let tokens = ctx.tokens;
        let mut pressed = None;
        ui.label(tokens.body(summary(guess)));
        self.mapping.ui(ctx, ui, guess);
        if guess.previews.is_empty() {
            examples_ui(ctx, ui, guess);
        } else {
            preview_ui(ctx, ui, guess);
        }
        rejected_ui(ctx, ui, &guess.report);
        ui.add_space(tokens.space.xs);
        field(ui, tokens, "Name", |ui| {
            let hint = file_name(&guess.path);
            text_field(ui, tokens, &mut self.name, "Name of the data set", hint)
        });
        ui.horizontal(|ui| {
            let import = Button::primary("Bring it in")
                .icon(Icon::Check)
                .busy(ctx.is_busy(PLACE))
                .enabled(
                    guess.num_items > 0,
                    "There is nothing in this file to bring in",
                )
                .show(ui, tokens);
            if import.clicked() {
                pressed = Some(Pressed::Import);
            }
            if Button::quiet("Leave it").show(ui, tokens).clicked() {
                pressed = Some(Pressed::Skip);
            }
            let note = "The file itself is never changed";
            ui.label(tokens.small(note));
        });
        pressed
    }
}

/// `About 1,200 episodes in 38 MB. Agent chats, one episode a line`.
fn summary(guess: &FormatGuess) -> String {
    let items = match guess.kind {
        DatasetKind::Trajectories => format::counted(guess.num_items, "episode", "episodes"),
        DatasetKind::Games => format::counted(guess.num_items, "game", "games"),
    };
    let found = if guess.complete {
        items
    } else {
        format!("{items} in the part that was looked at")
    };
    format!(
        "{} · {found} · {}",
        guess.format,
        format::bytes(guess.num_bytes)
    )
}

fn examples_ui(ctx: &Ctx<'_>, ui: &mut Ui, guess: &FormatGuess) {
    let tokens = ctx.tokens;
    if guess.examples.is_empty() {
        return;
    }
    ui.label(tokens.small("The first of them"));
    for example in &guess.examples {
        ui.horizontal_top(|ui| {
            let size = tokens.size.icon_small;
            Icon::ChevronRight.show(ui, size, tokens.color.text.muted);
            ui.add(egui::Label::new(tokens.body(example)).truncate());
        });
    }
}

fn unknown_ui(ctx: &Ctx<'_>, ui: &mut Ui, guess: &FormatGuess) {
    let tokens = ctx.tokens;
    ui.horizontal_top(|ui| {
        let ink = Tone::Warning.text(tokens);
        Icon::Warning.show(ui, tokens.size.icon, ink);
        ui.label(tokens.body(if guess.columns.is_empty() {
            "No known kind of record was found in this file. Known are episodes as chats \
             (JSON or JSON lines, also compressed), ALFWorld games, and Lorekeeper's own files."
        } else {
            "This is a table, but the names of its columns do not tell what they mean. Say it here."
        }));
    });
    rejected_ui(ctx, ui, &guess.report);
}

/// What was not understood, and why.
pub(super) fn rejected_ui(ctx: &Ctx<'_>, ui: &mut Ui, report: &ImportReport) {
    let tokens = ctx.tokens;
    if report.num_rejected == 0 {
        return;
    }
    let title = format::counted(report.num_rejected, "record was", "records were");
    let title = format!("{title} not understood");
    egui::CollapsingHeader::new(tokens.body(title).color(Tone::Warning.text(tokens)))
        .id_salt("rejected")
        .show(ui, |ui| {
            for row in &report.rejected {
                let place = if row.file.is_empty() {
                    format!("Line {}", format::count(row.line))
                } else {
                    format!("{}, line {}", file_name(&row.file), format::count(row.line))
                };
                ui.label(tokens.small(format!("{place}: {}", row.reason)));
            }
        });
}

/// The last part of a path of any system.
pub(super) fn file_name(path: &str) -> &str {
    path.trim_end_matches(['/', '\\'])
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_of_every_system() {
        assert_eq!(file_name("/home/ada/runs.jsonl"), "runs.jsonl");
        assert_eq!(file_name(r"C:\Users\Ada\runs"), "runs");
        assert_eq!(file_name("folder/"), "folder");
    }
}
