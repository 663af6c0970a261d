//! How a server answered.

use egui::Ui;
use lore_protocol::{ModelResponse, Response, ServedTrial};

use super::form::TRY;
use crate::context::Ctx;
use crate::format;
use crate::store::ActionState;
use crate::widgets::{Icon, Tone};

/// What the last trial brought, if one was made and went well.
pub(super) fn last<'a>(ctx: &Ctx<'a>) -> Option<&'a ServedTrial> {
    match ctx.store.actions().state(TRY) {
        Some(ActionState::Done(Response::Model(ModelResponse::Tried(trial)))) => Some(trial),
        _ => None,
    }
}

/// Says it.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui, trial: &ServedTrial, model: &str) {
    let tokens = ctx.tokens;
    let is_listed = trial.models.iter().any(|name| name == model);
    let count = format::counted(trial.models.len() as u64, "model", "models");
    let (tone, words) = match &trial.word {
        Some((word, millis)) => {
            let took = format::duration(*millis as f64 / 1000.0);
            (
                Tone::Success,
                format!("It works: the model said {word:?} after {took}."),
            )
        }
        None if trial.models.is_empty() => (
            Tone::Warning,
            "The server answers, but does not list its models. Write the model's name.".to_owned(),
        ),
        None if is_listed => (
            Tone::Success,
            "The server has this model. Try again to ask it for a word.".to_owned(),
        ),
        None => (
            Tone::Success,
            format!("The server answers and has {count}. Choose one."),
        ),
    };
    ui.horizontal_wrapped(|ui| {
        let ink = tone.text(tokens);
        let icon = if tone == Tone::Success {
            Icon::CheckCircle
        } else {
            tone.icon()
        };
        icon.show(ui, tokens.size.icon_small, ink);
        ui.label(tokens.body(words).color(ink));
    });
}
