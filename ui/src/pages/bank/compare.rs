//! Ways of retrieval side by side: what is compared, the job that compares, and its table.

mod results;

use egui::Ui;
use lore_core::{BankId, BankInfo, GridSpec, KeyKind, OutcomeFilter, QuestionKind, SearchKind};
use lore_protocol::{BankRequest, JobState, Request, Work};

use crate::JobRecord;
use crate::command::Action;
use crate::context::Ctx;
use crate::format;
use crate::parts::{action_error_ui, job_progress_ui, sentence, toggles};
use crate::widgets::{
    Button, Card, EmptyState, Field, Icon, columns, explained_switch, field_with_help, number_field,
};
use results::Results;

/// Numbers of memories to choose from.
const KS: [usize; 5] = [1, 2, 4, 8, 16];

/// Variety that is tried beside none, in per cent.
const VARIETY: u8 = 50;

/// Episodes that are asked about at most.
const MAX_PROBES: usize = 1000;

/// View state.
#[derive(Debug, Default)]
pub(super) struct Compare {
    spec: GridSpec,
    results: Results,
}

impl Compare {
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
        columns(ui, ctx.tokens, &[1.0, 1.6], 300.0, |ui, column| {
            if column == 0 {
                self.form_ui(ctx, ui, bank);
            } else {
                self.result_ui(ctx, ui, bank);
            }
        });
    }

    fn form_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
        let tokens = ctx.tokens;
        let place = place(&bank.id);
        Card::titled("Which way finds what helps?")
            .subtitle(
                "Asks about episodes of this bank as if they were not there, and counts how often \
                 something useful comes back. No language model is needed",
            )
            .show(ui, tokens, |ui| {
                self.choices_ui(ctx, ui, bank);
                let num_ways = num_ways(&self.spec, bank);
                let words = format::counted(num_ways as u64, "way", "ways");
                ui.label(tokens.small(format!("{words} of retrieval will be compared")));
                let start = Button::primary("Start comparing")
                    .icon(Icon::Play)
                    .busy(ctx.is_busy(&place))
                    .enabled(num_ways > 0, "Choose at least one of each")
                    .show(ui, tokens);
                if start.clicked() {
                    let request = Request::Bank(BankRequest::Compare {
                        bank: bank.id.clone(),
                        grid: self.spec.clone(),
                    });
                    ctx.act(Action::new(place.clone(), request));
                }
                action_error_ui(ctx, ui, &place);
            });
    }

    fn choices_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
        let tokens = ctx.tokens;
        let spec = &mut self.spec;
        let keys: Vec<(KeyKind, String)> = KeyKind::ALL
            .into_iter()
            .filter(|key| bank.keys.has(*key))
            .map(|key| (key, sentence(key.label())))
            .collect();
        let field = about("Compare with", "What of a past episode is compared");
        field_with_help(ui, tokens, field, |ui| {
            toggles(ui, tokens, &mut spec.keys, &keys)
        });
        let field = about(
            "Ask with",
            "Questions about an episode are asked in its middle",
        );
        let questions = QuestionKind::ALL.map(|kind| (kind, sentence(kind.label())));
        field_with_help(ui, tokens, field, |ui| {
            toggles(ui, tokens, &mut spec.questions, &questions)
        });
        let field = about("Search", "By what similar episodes are found");
        let searches = SearchKind::ALL.map(|kind| (kind, sentence(kind.label())));
        field_with_help(ui, tokens, field, |ui| {
            toggles(ui, tokens, &mut spec.searches, &searches)
        });
        let field = about("Outcome", "Which past episodes may come back");
        let outcomes = OutcomeFilter::ALL.map(|outcome| (outcome, sentence(outcome.label())));
        field_with_help(ui, tokens, field, |ui| {
            toggles(ui, tokens, &mut spec.outcomes, &outcomes)
        });
        let field = about("How many", "Experiences that come back");
        let ks = KS.map(|k| (k, k.to_string()));
        field_with_help(ui, tokens, field, |ui| {
            toggles(ui, tokens, &mut spec.ks, &ks)
        });
        let mut varied = spec.diversities.contains(&VARIETY);
        let why = "Tries each way once more with memories that differ from each other";
        if explained_switch(ui, tokens, &mut varied, "Also with variety", why).changed() {
            spec.diversities = if varied { vec![0, VARIETY] } else { vec![0] };
        }
        let field = about(
            "Episodes asked about",
            "More take longer and make the numbers surer",
        );
        field_with_help(ui, tokens, field, |ui| {
            let probes = &mut spec.num_probes;
            number_field(ui, tokens, probes, 1..=MAX_PROBES, "", field.label)
        });
    }

    fn result_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
        let Some(record) = latest(ctx, &bank.id) else {
            let text = "Each way of retrieval gets a row here: how often it finds an episode that \
                        helps, and what its memories cost in the prompt.";
            EmptyState::new(Icon::Chart, "Nothing compared yet", text).show(ui, ctx.tokens);
            return;
        };
        Card::new().show(ui, ctx.tokens, |ui| job_progress_ui(ctx, ui, record));
        if matches!(record.info.state, JobState::Finished { .. }) {
            self.results.ui(ctx, ui, &record.info.spec.id);
        }
    }
}

/// Where the comparison's error is shown.
fn place(bank: &BankId) -> String {
    format!("bank/compare/{bank}")
}

/// A field with a sentence under it.
fn about<'a>(label: &'a str, note: &'a str) -> Field<'a> {
    Field {
        label,
        help: "",
        note,
    }
}

/// The comparison that was started here, or the newest of this bank.
fn latest<'a>(ctx: &Ctx<'a>, bank: &BankId) -> Option<&'a JobRecord> {
    if let Some(record) = ctx.job_at(&place(bank)) {
        return Some(record);
    }
    ctx.jobs_loaded();
    ctx.store.jobs().iter().find(|record| {
        matches!(&record.info.spec.work, Work::CompareRetrieval(work) if work.bank == *bank)
    })
}

/// Combinations of the choices that the bank has keys for.
fn num_ways(spec: &GridSpec, bank: &BankInfo) -> usize {
    let keys = spec.keys.iter().filter(|key| bank.keys.has(**key)).count();
    keys * spec.questions.len()
        * spec.searches.len()
        * spec.outcomes.len()
        * spec.diversities.len()
        * spec.ks.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_the_bank_does_not_have_make_no_ways() {
        let mut bank = BankInfo::default();
        let spec = GridSpec::default();
        assert_eq!(num_ways(&spec, &bank), 2 * 2 * 3 * 2 * 3);
        bank.keys.outcome = true;
        assert_eq!(num_ways(&spec, &bank), 3 * 2 * 3 * 2 * 3);
        let none = GridSpec {
            ks: Vec::new(),
            ..spec
        };
        assert_eq!(num_ways(&none, &bank), 0);
    }
}
