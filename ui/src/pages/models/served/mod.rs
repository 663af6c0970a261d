//! Models on a server: the list, and the form that adds or changes one.

mod form;
mod tried;

use egui::Ui;
use lore_core::{Prices, ServedModel};
use lore_protocol::{KeyPlace, ModelRequest, Request, ServedInfo};

use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::format;
use crate::parts::{action_error_ui, loaded_ui};
use crate::widgets::{Button, Card, Icon, card_row, right_aligned};
use form::Form;

/// View state.
#[derive(Debug, Default)]
pub(super) struct Served {
    /// While it is in view.
    form: Option<Box<Form>>,
}

impl Served {
    /// Opens the form for another model, or closes it.
    pub(super) fn toggle(&mut self) {
        self.form = match self.form {
            Some(_) => None,
            None => Some(Box::default()),
        };
    }

    /// The form, while it is in view.
    pub(super) fn form_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let is_done = self.form.as_mut().is_some_and(|form| form.ui(ctx, ui));
        if is_done {
            self.form = None;
        }
    }

    /// The list.
    pub(super) fn list_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        Card::titled("Models on a server")
            .tight()
            .subtitle("vLLM, SGLang, llama.cpp, Ollama, or hosted: they act in experiments")
            .show(ui, tokens, |ui| {
                let models = ctx.served_models();
                loaded_ui(ctx, ui, models, "Looking for models", |ui, models| {
                    for info in models {
                        let place = place(&info.model);
                        if !ctx.store.actions().is_going(&place) {
                            card_row(ui, tokens, |ui| self.row_ui(ctx, ui, info, &place));
                        }
                        action_error_ui(ctx, ui, &place);
                    }
                });
                card_row(ui, tokens, |ui| {
                    let connect = Button::secondary("Connect a model")
                        .icon(Icon::Link)
                        .hover("Adds a model that runs on a server, by its address");
                    if self.form.is_none() && connect.show(ui, tokens).clicked() {
                        self.toggle();
                    }
                });
                ui.add_space(tokens.space.s);
            });
    }

    fn row_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, info: &ServedInfo, place: &str) {
        let tokens = ctx.tokens;
        let model = &info.model;
        ui.horizontal(|ui| {
            ui.label(tokens.subtitle(&model.name));
            right_aligned(ui, |ui| {
                let remove = format!("Remove {}", model.name);
                if Button::icon_only(Icon::Trash, &remove)
                    .show(ui, tokens)
                    .clicked()
                {
                    remove_later(ctx, model, place);
                }
                let change = format!("Change {}", model.name);
                if Button::icon_only(Icon::Settings, &change)
                    .show(ui, tokens)
                    .clicked()
                {
                    // What another server answered says nothing about this one.
                    ctx.send(Command::Dismiss(form::TRY.into()));
                    self.form = Some(Box::new(Form::changing(model)));
                }
            });
        });
        ui.label(tokens.small(format!("{} · {}", model.model, model.address)));
        ui.label(tokens.small(about(info)));
    }
}

fn place(model: &ServedModel) -> String {
    format!("models/remove/{}", model.id)
}

/// What is to be known about a model in one line.
fn about(info: &ServedInfo) -> String {
    let model = &info.model;
    let mut facts = vec![format!("{} at once", model.at_once)];
    match info.key {
        KeyPlace::Nowhere => {}
        KeyPlace::Keychain => facts.push("key in the system's keychain".to_owned()),
        KeyPlace::Session => {
            facts.push("no keychain answered: the key is kept until Lorekeeper closes".to_owned());
        }
    }
    if let Some(prices) = &model.prices {
        facts.push(in_words(prices));
    }
    if model.loads_adapters {
        facts.push("loads adapters".to_owned());
    }
    facts.join(" · ")
}

fn in_words(prices: &Prices) -> String {
    let number = format::number;
    format!(
        "${} read, ${} written a million tokens",
        number(prices.prompt),
        number(prices.completion)
    )
}

fn remove_later(ctx: &Ctx<'_>, model: &ServedModel, place: &str) {
    let id = model.id.clone();
    let request = Request::Model(ModelRequest::RemoveServed { id });
    ctx.send(Command::ActLater {
        action: Box::new(Action::new(place.to_owned(), request)),
        message: format!("{} will be removed", model.name),
    });
}
