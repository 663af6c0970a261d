//! "What would be retrieved for …": a task, and every choice of how memories of it are found.

use egui::Ui;
use lore_core::{BankId, BankInfo, Query, RetrievalConfig};

use super::answer::Answer;
use crate::context::Ctx;
use crate::parts::{Asker, key_ui, retrieval_choices_ui};
use crate::widgets::{
    Button, Card, EmptyState, Field, Icon, columns, field_with_help, number_field, switch,
    text_area,
};

/// Experiences asked for at most.
const MAX_K: usize = 20;

/// View state.
#[derive(Debug, Default)]
pub(super) struct Ask {
    text: String,
    config: RetrievalConfig,
    /// True while every choice is in view.
    all_choices: bool,
    /// What was asked last; changing the form changes nothing until it is asked.
    asked: Option<Asked>,
    answer: Answer,
}

/// A question to a bank.
#[derive(Clone, Debug)]
struct Asked {
    bank: BankId,
    query: Query,
    token_budget: usize,
}

impl Ask {
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
        columns(ui, ctx.tokens, &[1.0, 1.3], 300.0, |ui, column| {
            if column == 0 {
                self.form_ui(ctx, ui, bank);
            } else {
                self.answer_ui(ctx, ui, bank);
            }
        });
    }

    fn form_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
        let tokens = ctx.tokens;
        Card::titled("A task")
            .subtitle(
                "Describe it as the world would. The bank shows what an agent would be reminded of",
            )
            .show(ui, tokens, |ui| {
                let hint = "Put a clean mug in the coffee machine";
                text_area(ui, tokens, &mut self.text, "Task in words", hint, 3);
                self.options_ui(ctx, ui, bank);
                ui.add_space(tokens.space.xs);
                let ask = Button::primary("Ask")
                    .icon(Icon::Search)
                    .enabled(!self.text.trim().is_empty(), "Write a task first")
                    .show(ui, tokens);
                if ask.clicked() {
                    self.ask(bank);
                }
            });
    }

    fn options_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
        let tokens = ctx.tokens;
        let how_many = Field {
            label: "How many",
            help: "How many experiences come back, the most similar first. The paper calls it K and uses 2",
            note: "",
        };
        let config = &mut self.config;
        field_with_help(ui, tokens, how_many, |ui| {
            number_field(ui, tokens, &mut config.k, 1..=MAX_K, "", "How many")
        });
        let asker = Asker::Person(bank);
        key_ui(ctx, ui, config, asker);
        switch(ui, tokens, &mut self.all_choices, "All choices");
        if self.all_choices {
            retrieval_choices_ui(ctx, ui, config, asker);
        }
    }

    fn ask(&mut self, bank: &BankInfo) {
        self.asked = Some(Asked {
            bank: bank.id.clone(),
            query: query(&self.config, self.text.trim()),
            token_budget: self.config.token_budget,
        });
        self.answer = Answer::default();
    }

    fn answer_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
        // Another bank may not have what was asked by.
        let Some(asked) = self.asked.as_ref().filter(|asked| asked.bank == bank.id) else {
            let text = "Experiences appear here with how similar they are, how they ended, and \
                        what they would cost in the prompt.";
            EmptyState::new(Icon::Search, "Ask about a task", text).show(ui, ctx.tokens);
            return;
        };
        let explained = ctx.explained(&bank.id, &asked.query, asked.token_budget);
        self.answer.ui(ctx, ui, bank, explained);
    }
}

/// The question an agent would ask about a task.
fn query(config: &RetrievalConfig, task: &str) -> Query {
    Query {
        text: config.selection.task_question(config.mode, task),
        mode: config.mode,
        k: config.k,
        filter: config.filter.clone(),
        selection: config.selection.clone(),
        ..Query::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::KeyKind;

    #[test]
    fn a_person_asks_as_an_agent_would() {
        let mut config = RetrievalConfig::default();
        assert_eq!(query(&config, "find it").text, "find it");
        config.selection.key = Some(KeyKind::TaskAndOutcome);
        assert_eq!(query(&config, "find it").text, "find it\nOutcome: success");
    }
}
