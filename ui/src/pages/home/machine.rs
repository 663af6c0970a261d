//! What the computer has: models, room, things set aside at start. And the way to own data.

use egui::Ui;
use lore_core::ModelKind;
use lore_protocol::FileKind;

use crate::context::Ctx;
use crate::parts::loaded_ui;
use crate::widgets::{Card, Explain as _, Icon, ListRow, Tone, card_row};
use crate::{Route, format};

/// Whether the two models that everything needs are there.
pub(super) fn models_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    Card::titled("Models").tight().show(ui, tokens, |ui| {
        let models = ctx.models();
        loaded_ui(ctx, ui, models, "Looking for models", |ui, models| {
            for (kind, role, missing) in [
                (
                    ModelKind::Language,
                    "Acts and is taught",
                    "No language model",
                ),
                (ModelKind::Embedder, "Finds similar episodes", "No embedder"),
            ] {
                let found = models
                    .iter()
                    .find(|model| model.kind == kind && model.problem.is_empty());
                let row = match found {
                    Some(model) => ListRow::new(&model.name)
                        .subtitle(role)
                        .tinted_icon(Icon::CheckCircle, Tone::Success.text(tokens)),
                    None => ListRow::new(missing)
                        .subtitle("Get it with one click on the Models page")
                        .tinted_icon(Icon::Warning, Tone::Warning.text(tokens)),
                };
                if row.chevron().show(ui, tokens).clicked() {
                    ctx.go(Route::Models);
                }
            }
        });
        if let Some(status) = ctx.status() {
            let room = format!(
                "{} of {} memory free · {} free on disk",
                format::bytes(status.available_memory_bytes),
                format::bytes(status.memory_bytes),
                format::bytes(status.free_bytes)
            );
            card_row(ui, tokens, |ui| ui.label(tokens.small(room)));
        }
    });
}

/// Bringing in what one has.
pub(super) fn own_data_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    Card::titled("Start with your own")
        .tight()
        .show(ui, tokens, |ui| {
            let open = ListRow::new("Open a file of episodes")
                .subtitle("Or drop it anywhere on this window")
                .icon(Icon::File)
                .show(ui, tokens)
                .explain(
                    tokens,
                    "Nothing is brought in before you have seen what the file holds",
                );
            if open.clicked() {
                ctx.pick(FileKind::Dataset);
            }
            let collect = ListRow::new("Let an expert play")
                .subtitle("Collects episodes from generated games")
                .icon(Icon::Play)
                .show(ui, tokens);
            if collect.clicked() {
                ctx.go(Route::Datasets(None));
            }
            let ask = ListRow::new("Ask an experience bank")
                .subtitle("What would an agent be reminded of?")
                .icon(Icon::Search)
                .show(ui, tokens);
            if ask.clicked() {
                ctx.go(Route::Bank {
                    bank: None,
                    experience: None,
                });
            }
        });
}

/// What was damaged and set aside at start.
pub(super) fn warnings_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    let Some(status) = ctx.status().filter(|status| !status.warnings.is_empty()) else {
        return;
    };
    Card::titled("Set aside at start").show(ui, tokens, |ui| {
        for warning in &status.warnings {
            ui.horizontal_top(|ui| {
                let size = tokens.size.icon_small;
                Icon::Warning.show(ui, size, Tone::Warning.text(tokens));
                // A path has no gaps and is wider than the window now and then.
                ui.add(egui::Label::new(tokens.body(warning)).wrap());
            });
        }
    });
}
