//! A model on a server by its address: tried, then saved with a name.

use std::ops::RangeInclusive;

use egui::emath::Numeric;
use egui::{Align, Ui};
use lore_core::{Prices, Secret, ServedModel};
use lore_protocol::{ModelRequest, Request};

use super::tried;
use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::parts::action_error_ui;
use crate::store::ActionState;
use crate::widgets::{
    Button, Card, Field, Hidden, Icon, choice, explained_switch, field_with_help, number_field,
    secret_field, text_field,
};

/// Where trying shows its outcome.
pub(super) const TRY: &str = "models/served/try";

/// Where saving shows its error.
const SAVE: &str = "models/served/save";

/// The highest price of a million tokens.
const MAX_PRICE: f64 = 10_000.0;

/// What is filled in.
#[derive(Debug, Default)]
pub(super) struct Form {
    model: ServedModel,
    key: Hidden,
    /// The key so far is to be forgotten.
    drops_key: bool,
    more: bool,
    stage: Stage,
}

/// How far the form is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Not in view yet: the button that opens it may stand far below.
    #[default]
    Opened,
    /// Being filled in.
    Shown,
    /// The core saves what was filled in.
    Saving,
}

impl Form {
    /// For a model that is there.
    pub(super) fn changing(model: &ServedModel) -> Self {
        Self {
            model: model.clone(),
            ..Self::default()
        }
    }

    /// The form; true when it is done with.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) -> bool {
        if self.is_saved(ctx) {
            ctx.send(Command::Dismiss(TRY.into()));
            ctx.send(Command::Dismiss(SAVE.into()));
            return true;
        }
        let title = if self.model.id.as_str().is_empty() {
            "Connect a model on a server"
        } else {
            "Change a model on a server"
        };
        let about = "Any server that speaks OpenAI's chat completions. Nothing is sent until you try it, or \
                     an experiment plays with it.";
        let card = Card::titled(title).subtitle(about).highlighted();
        let shown = card.show(ui, ctx.tokens, |ui| {
            self.fields_ui(ctx, ui);
            let is_done = self.buttons_ui(ctx, ui);
            action_error_ui(ctx, ui, TRY);
            action_error_ui(ctx, ui, SAVE);
            if let Some(trial) = tried::last(ctx) {
                tried::ui(ctx, ui, trial, &self.model.model);
            }
            is_done
        });
        if self.stage == Stage::Opened {
            self.stage = Stage::Shown;
            shown.response.scroll_to_me(Some(Align::TOP));
        }
        shown.inner
    }

    /// True once the core has saved it; what it refuses stays in view.
    fn is_saved(&mut self, ctx: &Ctx<'_>) -> bool {
        let state = ctx
            .store
            .actions()
            .state(SAVE)
            .filter(|_| self.stage == Stage::Saving);
        if matches!(state, Some(ActionState::Failed(_))) {
            self.stage = Stage::Shown;
        }
        matches!(state, Some(ActionState::Done(_)))
    }

    fn fields_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        let model = &mut self.model;
        let about = Field {
            label: "Address",
            help: "Where the server is. Without a path, /v1 is meant, as almost everywhere",
            note: "",
        };
        field_with_help(ui, tokens, about, |ui| {
            let hint = "http://localhost:8000";
            text_field(
                ui,
                tokens,
                &mut model.address,
                "Address of the server",
                hint,
            )
        });
        self.key_ui(ctx, ui);
        let model = &mut self.model;
        let about = Field {
            label: "Model",
            help: "What the server calls it. Try the connection to choose from what it has",
            note: "",
        };
        let there = tried::last(ctx).map_or(&[][..], |trial| trial.models.as_slice());
        field_with_help(ui, tokens, about, |ui| {
            const LABEL: &str = "Model on the server";
            if there.is_empty() {
                return text_field(ui, tokens, &mut model.model, LABEL, "Its name there");
            }
            let there: Vec<(String, String)> = there
                .iter()
                .map(|name| (name.clone(), name.clone()))
                .collect();
            choice(ui, tokens, &mut model.model, &there, LABEL)
        });
        let about = Field {
            label: "Name",
            help: "",
            note: "Arms of experiments carry it",
        };
        field_with_help(ui, tokens, about, |ui| {
            text_field(ui, tokens, &mut model.name, "Name of the model", "My model")
        });
        let more = Button::quiet(if self.more { "Less" } else { "More settings" });
        if more.show(ui, tokens).clicked() {
            self.more = !self.more;
        }
        if self.more {
            more_ui(ctx, ui, &mut self.model);
        }
    }

    fn key_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        let about = Field {
            label: "Key",
            help: "Servers on this computer mostly want none",
            note: "Kept in the system's keychain, and sent to this address only",
        };
        let hint = if self.model.has_key {
            "As it is"
        } else {
            "None"
        };
        field_with_help(ui, tokens, about, |ui| {
            secret_field(ui, tokens, &mut self.key, "Key for the server", hint)
        });
        if self.model.has_key {
            let why = "Takes it out of the system's keychain when you save";
            let drops = &mut self.drops_key;
            explained_switch(ui, tokens, drops, "Forget the key so far", why);
        }
        let sends_key = self.model.has_key || !self.key.text().is_empty();
        if sends_key && self.model.base().is_ok_and(|address| address.is_open()) {
            let words = "The key can be read on the way to this address. Use https, or a server on this computer.";
            ui.label(tokens.body(words).color(tokens.color.warning.text));
        }
    }

    /// True when the form is done with.
    fn buttons_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) -> bool {
        let tokens = ctx.tokens;
        let model = &self.model;
        let is_there = |text: &str| !text.trim().is_empty();
        let has_address = is_there(&model.address);
        let is_whole = has_address && is_there(&model.model) && is_there(&model.name);
        ui.horizontal(|ui| {
            let test = Button::secondary("Try the connection")
                .icon(Icon::Play)
                .busy(ctx.is_busy(TRY))
                .enabled(has_address, "Write its address first");
            if test.show(ui, tokens).clicked() {
                let (model, key) = (Box::new(self.model.clone()), self.key());
                let request = Request::Model(ModelRequest::TryServed { model, key });
                ctx.act(Action::new(TRY, request));
            }
            let save = Button::primary("Save")
                .icon(Icon::Check)
                .busy(ctx.is_busy(SAVE))
                .enabled(is_whole, "It needs an address, a model and a name");
            if save.show(ui, tokens).clicked() {
                let message = format!("{} was saved", self.model.name.trim());
                let (model, key) = (Box::new(self.model.clone()), self.key());
                let request = Request::Model(ModelRequest::SaveServed { model, key });
                ctx.send(Command::Dismiss(SAVE.into()));
                ctx.act(Action::new(SAVE, request).say(message));
                self.stage = Stage::Saving;
            }
            let cancels = Button::quiet("Cancel").show(ui, tokens).clicked();
            if cancels {
                ctx.send(Command::Dismiss(TRY.into()));
                ctx.send(Command::Dismiss(SAVE.into()));
            }
            cancels
        })
        .inner
    }

    /// The key as it is to be from now on; `None` to leave it as it is.
    fn key(&self) -> Option<Secret> {
        let typed = self.key.text().trim();
        (!typed.is_empty() || self.drops_key).then(|| Secret::from(typed))
    }
}

/// A number that is explained.
fn number_ui<N: Numeric>(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    (label, help): (&'static str, &'static str),
    value: &mut N,
    range: RangeInclusive<N>,
    unit: &str,
) {
    let about = Field {
        label,
        help,
        note: "",
    };
    field_with_help(ui, ctx.tokens, about, |ui| {
        number_field(ui, ctx.tokens, value, range, unit, label)
    });
}

fn more_ui(ctx: &Ctx<'_>, ui: &mut Ui, model: &mut ServedModel) {
    let tokens = ctx.tokens;
    let help = "How many episodes ask it side by side; more is faster until the server is busy";
    let value = &mut model.at_once;
    number_ui(ctx, ui, ("Episodes at once", help), value, 1..=64, "");
    let help = "How long it may take for one answer before it is asked again";
    let value = &mut model.timeout_secs;
    number_ui(ctx, ui, ("Patience", help), value, 1..=3600, "s");
    let help = "For models that think before they answer: tokens on top of those of the action";
    let value = &mut model.thinking_tokens;
    number_ui(
        ctx,
        ui,
        ("Tokens for thinking", help),
        value,
        0..=32_768,
        "",
    );
    let mut costs = model.prices.is_some();
    let why = "Results then say what each arm cost";
    if explained_switch(ui, tokens, &mut costs, "Its tokens cost something", why).changed() {
        model.prices = costs.then(Prices::default);
    }
    if let Some(prices) = &mut model.prices {
        for (value, label) in [
            (&mut prices.prompt, "A million tokens read"),
            (&mut prices.completion, "A million tokens written"),
        ] {
            let help = "In US dollars, as the server's price list says";
            number_ui(ctx, ui, (label, help), value, 0.0..=MAX_PRICE, "$");
        }
    }
    let why = "vLLM does with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, where it finds this \
               computer's data folder under the same path. Trained arms can play there then";
    let loads = &mut model.loads_adapters;
    explained_switch(ui, tokens, loads, "Loads adapters while it runs", why);
}
