//! Building an experience bank from a data set.

use egui::Ui;
use lore_core::{BankId, BankKeys, DatasetInfo, ModelId, ModelKind};
use lore_protocol::{BankRequest, Request};

use crate::Route;
use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::format;
use crate::parts::{action_error_ui, job_at_ui};
use crate::text;
use crate::widgets::{
    Button, Card, Field, Icon, choice, explained_switch, field, field_with_help, number_field,
    section_title, text_field,
};

/// Steps in a stretch at most.
const MAX_WINDOW_STEPS: usize = 50;

/// View state.
#[derive(Debug, Default)]
pub(super) struct BankForm {
    /// True while the form is in view.
    pub(super) open: bool,
    /// An existing bank to add to.
    into: Option<BankId>,
    name: String,
    embedder: Option<ModelId>,
    keys: BankKeys,
}

impl BankForm {
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        let tokens = ctx.tokens;
        let place = format!("datasets/bank/{}", dataset.id);
        if ctx.job_at(&place).is_some() {
            Card::new().show(ui, tokens, |ui| {
                job_at_ui(ctx, ui, &place);
                ui.horizontal(|ui| {
                    let show = Button::secondary("Show the bank").icon(Icon::Bank);
                    if show.show(ui, tokens).clicked() {
                        ctx.go(Route::Bank {
                            bank: Some(self.bank(dataset)),
                            experience: None,
                        });
                    }
                    if Button::quiet("Close").show(ui, tokens).clicked() {
                        ctx.send(Command::Dismiss(place.clone().into()));
                    }
                });
            });
        }
        if !self.open {
            return;
        }
        Card::titled("Build an experience bank")
            .subtitle("Each episode is kept with its task, so that similar tasks find it")
            .highlighted()
            .show(ui, tokens, |ui| {
                self.form_ui(ctx, ui, dataset);
                self.buttons_ui(ctx, ui, dataset, &place);
                action_error_ui(ctx, ui, &place);
            });
    }

    fn form_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        let tokens = ctx.tokens;
        let mut banks = vec![(None, "A new bank".to_owned())];
        let existing = ctx.banks().ready().unwrap_or_default();
        banks.extend(
            existing
                .iter()
                // One that cannot be opened has no embedder.
                .filter(|bank| !bank.embedder.0.is_empty())
                .map(|bank| (Some(bank.id.clone()), format!("Add to {}", bank.name))),
        );
        field(ui, tokens, "Bank", |ui| {
            choice(ui, tokens, &mut self.into, &banks, "Bank")
        });
        if self.into.is_some() {
            return;
        }
        field(ui, tokens, "Name", |ui| {
            text_field(
                ui,
                tokens,
                &mut self.name,
                "Name of the bank",
                &dataset.name,
            )
        });
        let embedders = embedders(ctx);
        if self.embedder.is_none() {
            self.embedder = embedders.first().and_then(|(id, _)| id.clone());
        }
        let about = Field {
            label: "Embedder",
            help: text::EMBEDDER.meaning,
            note: "A bank stays with its embedder",
        };
        field_with_help(ui, tokens, about, |ui| {
            choice(ui, tokens, &mut self.embedder, &embedders, "Embedder")
        });
        self.keys_ui(ctx, ui);
    }

    /// By what episodes can be found, beside the task and everything that happened.
    fn keys_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        section_title(ui, tokens, "How episodes can be found");
        ui.label(tokens.small("Always by their task, and by everything that was seen and done"));
        let keys = &mut self.keys;
        let why = "Tells tasks that worked out from tasks that did not";
        explained_switch(
            ui,
            tokens,
            &mut keys.outcome,
            "Also by task and outcome",
            why,
        );
        let mut has_windows = keys.window_steps > 0;
        let why = "Finds the part of a long episode that resembles the situation; takes more room \
                   and time";
        let words = "Also by stretches of steps";
        if explained_switch(ui, tokens, &mut has_windows, words, why).changed() {
            keys.window_steps = if has_windows {
                BankKeys::WINDOW_STEPS
            } else {
                0
            };
        }
        if keys.window_steps == 0 {
            return;
        }
        let about = Field {
            label: "Steps in a stretch",
            help: "Stretches overlap by half, so that no situation is cut in two",
            note: "Short stretches find single situations, long ones whole courses of action",
        };
        field_with_help(ui, tokens, about, |ui| {
            let steps = &mut keys.window_steps;
            number_field(
                ui,
                tokens,
                steps,
                1..=MAX_WINDOW_STEPS,
                "steps",
                about.label,
            )
        });
    }

    fn buttons_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo, place: &str) {
        let tokens = ctx.tokens;
        let embedder = self.embedder(ctx);
        ui.horizontal(|ui| {
            let build = Button::primary("Build")
                .icon(Icon::Bank)
                .busy(ctx.is_busy(place))
                .enabled(
                    embedder.is_some(),
                    "There is no embedder. Get one on the Models page",
                )
                .show(ui, tokens);
            if let (true, Some(embedder)) = (build.clicked(), embedder) {
                let request = Request::Bank(BankRequest::Build {
                    bank: self.bank(dataset),
                    name: self.name(ctx, dataset),
                    datasets: vec![dataset.id.clone()],
                    embedder,
                    keys: self.keys,
                });
                ctx.act(Action::new(place.to_owned(), request));
                self.open = false;
            }
            if Button::quiet("Cancel").show(ui, tokens).clicked() {
                self.open = false;
            }
        });
    }

    /// The bank to build: an existing one, or one named after the data set.
    fn bank(&self, dataset: &DatasetInfo) -> BankId {
        let new = || {
            let name = self.name.trim();
            let name = if name.is_empty() {
                dataset.id.as_str()
            } else {
                name
            };
            BankId(format::slug(name, "bank"))
        };
        self.into.clone().unwrap_or_else(new)
    }

    fn name(&self, ctx: &Ctx<'_>, dataset: &DatasetInfo) -> String {
        let banks = ctx.banks().ready().unwrap_or_default();
        let existing = banks
            .iter()
            .find(|bank| Some(&bank.id) == self.into.as_ref());
        match (existing, self.name.trim()) {
            (Some(bank), _) => bank.name.clone(),
            (None, "") => dataset.name.clone(),
            (None, name) => name.to_owned(),
        }
    }

    /// The embedder the bank has, or the chosen one.
    fn embedder(&self, ctx: &Ctx<'_>) -> Option<ModelId> {
        let banks = ctx.banks().ready().unwrap_or_default();
        let existing = banks
            .iter()
            .find(|bank| Some(&bank.id) == self.into.as_ref());
        existing
            .map(|bank| bank.embedder.clone())
            .or_else(|| self.embedder.clone())
    }
}

/// Every embedder that loads.
fn embedders(ctx: &Ctx<'_>) -> Vec<(Option<ModelId>, String)> {
    let models = ctx.models().ready().unwrap_or_default();
    models
        .iter()
        .filter(|model| model.kind == ModelKind::Embedder && model.problem.is_empty())
        .map(|model| (Some(model.id.clone()), model.name.clone()))
        .collect()
}
