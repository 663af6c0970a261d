//! The models that are there.

use egui::Ui;
use lore_core::{ModelInfo, ModelKind};
use lore_protocol::{ModelRequest, Request};

use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::format;
use crate::parts::{action_error_ui, loaded_ui};
use crate::text::{self, Term};
use crate::widgets::{Badge, Button, Card, EmptyState, Icon, Tone, right_aligned, term};

const SIZE: Term = Term {
    word: "On disk",
    meaning: "How much room the model takes on disk",
};
const LICENCE: Term = Term {
    word: "Licence",
    meaning: "What its makers allow you to do with it",
};

/// Every model as a card.
pub(super) fn list_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let models = ctx.models();
    loaded_ui(ctx, ui, models, "Looking for models", |ui, models| {
        if models.is_empty() {
            let text = "Get the two starter models at the right. They are small and run on any \
                        computer.";
            EmptyState::new(Icon::Chip, "No models yet", text).show(ui, ctx.tokens);
        }
        for model in models {
            let place = place(model);
            if !ctx.store.actions().is_going(&place) {
                model_ui(ctx, ui, model);
            }
            action_error_ui(ctx, ui, &place);
        }
    });
}

fn place(model: &ModelInfo) -> String {
    format!("models/remove/{}", model.id)
}

fn model_ui(ctx: &Ctx<'_>, ui: &mut Ui, model: &ModelInfo) {
    let tokens = ctx.tokens;
    Card::new().show(ui, tokens, |ui| {
        ui.horizontal(|ui| {
            ui.label(tokens.subtitle(&model.name));
            let kind = match model.kind {
                ModelKind::Language => Badge::new("language model", Tone::Accent),
                ModelKind::Embedder => Badge::new("embedder", Tone::Neutral),
            };
            kind.show(ui, tokens).on_hover_text(match model.kind {
                ModelKind::Language => {
                    "Reads what the world says, writes the next action, and can be fine-tuned"
                }
                ModelKind::Embedder => text::EMBEDDER.meaning,
            });
            right_aligned(ui, |ui| {
                if Button::icon_only(Icon::Trash, "Remove this model")
                    .show(ui, tokens)
                    .clicked()
                {
                    remove(ctx, model);
                }
            });
        });
        ui.label(tokens.small(&model.hub_name));
        facts_ui(ctx, ui, model);
        if model.problem.is_empty() {
            fit_ui(ctx, ui, model);
        } else {
            ui.horizontal_top(|ui| {
                let ink = Tone::Danger.text(tokens);
                Icon::Failed.show(ui, tokens.size.icon_small, ink);
                ui.label(tokens.body(&model.problem).color(ink));
            });
        }
    });
}

fn facts_ui(ctx: &Ctx<'_>, ui: &mut Ui, model: &ModelInfo) {
    let tokens = ctx.tokens;
    let facts = [
        (text::PARAMETERS, format::short_count(model.num_parameters)),
        (text::PRECISION, model.precision.clone()),
        (
            text::CONTEXT_LENGTH,
            format::counted(model.context_length, "token", "tokens"),
        ),
        (SIZE, format::bytes(model.num_bytes)),
        (LICENCE, model.license.clone()),
    ];
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.space.xl;
        for (word, value) in facts {
            if value.is_empty() {
                continue;
            }
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                term(ui, tokens, word);
                ui.add(egui::Label::new(tokens.label(value)).extend());
            });
        }
    });
}

/// Whether training with the model fits into memory, roughly: weights as 32-bit numbers, and what
/// the longest example of the sample experiment needs besides.
fn fit_ui(ctx: &Ctx<'_>, ui: &mut Ui, model: &ModelInfo) {
    let tokens = ctx.tokens;
    let Some(status) = ctx.status().filter(|status| status.memory_bytes > 0) else {
        return;
    };
    let weights = 4 * model.num_parameters;
    let needed = match model.kind {
        ModelKind::Language => weights + weights / 2 + 600_000_000,
        ModelKind::Embedder => weights + 150_000_000,
    };
    let (tone, words) = if needed < status.available_memory_bytes {
        (Tone::Success, "Fits into memory")
    } else if needed < status.memory_bytes {
        (Tone::Warning, "Fits when other programs are closed")
    } else {
        (Tone::Danger, "Too large for this computer")
    };
    ui.horizontal(|ui| {
        tone.icon()
            .show(ui, tokens.size.icon_small, tone.text(tokens));
        ui.label(tokens.body(words).color(tone.text(tokens)));
        let detail = format!(
            "needs about {}, {} free",
            format::bytes(needed),
            format::bytes(status.available_memory_bytes)
        );
        ui.label(tokens.small(detail));
    });
}

fn remove(ctx: &Ctx<'_>, model: &ModelInfo) {
    let id = model.id.clone();
    let request = Request::Model(ModelRequest::Remove { id });
    ctx.send(Command::ActLater {
        action: Box::new(Action::new(place(model), request)),
        message: format!("{} will be removed", model.name),
    });
}
