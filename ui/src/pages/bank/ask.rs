//! "What would be retrieved for …": the bank's answer to a task, with the reasons.

use egui::Ui;
use lore_core::{BankInfo, Filter, Hit, LeakGuard, OutcomeFilter, Query, RetrievalMode};
use lore_protocol::BankResponse;

use super::{choose, detail};
use crate::context::Ctx;
use crate::format;
use crate::parts::loaded_ui;
use crate::text;
use crate::widgets::{
    Badge, Button, Card, EmptyState, Explain as _, Field, Icon, Tone, choice, columns,
    field_with_help, number_field, progress_bar, right_aligned, segmented, text_area,
};

/// Experiences asked for at most.
const MAX_K: usize = 20;

/// View state.
#[derive(Debug)]
pub(super) struct Ask {
    text: String,
    k: usize,
    mode: RetrievalMode,
    outcome: OutcomeFilter,
    task_type: Option<String>,
    /// What was asked last; changing the form changes nothing until it is asked.
    asked: Option<Query>,
    /// The hit whose text is in view.
    open: Option<u32>,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            text: String::new(),
            k: 2,
            mode: RetrievalMode::Static,
            outcome: OutcomeFilter::All,
            task_type: None,
            asked: None,
            open: None,
        }
    }
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
                    self.asked = Some(self.query());
                    self.open = None;
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
        field_with_help(ui, tokens, how_many, |ui| {
            number_field(ui, tokens, &mut self.k, 1..=MAX_K, "", "How many")
        });
        let compared = Field {
            label: "Compare with",
            help: "Tasks: the description is compared with the descriptions of past tasks, once \
                   before an episode. Whole episodes: what happened so far is compared with \
                   everything that happened in past episodes",
            note: "",
        };
        field_with_help(ui, tokens, compared, |ui| {
            let choices = [
                (RetrievalMode::Static, "Tasks"),
                (RetrievalMode::Dynamic, "Whole episodes"),
            ];
            segmented(ui, tokens, &mut self.mode, &choices, "Compare with")
        });
        let outcome = Field {
            label: "Outcome",
            help: text::OUTCOME.meaning,
            note: "",
        };
        field_with_help(ui, tokens, outcome, |ui| {
            let choices = OutcomeFilter::ALL.map(|one| (one, sentence(one.label())));
            choice(ui, tokens, &mut self.outcome, &choices, "Outcome")
        });
        let kind = Field {
            label: "Kind of task",
            help: text::TASK_TYPE.meaning,
            note: "",
        };
        field_with_help(ui, tokens, kind, |ui| {
            let mut types = vec![(None, "Every kind".to_owned())];
            let named = |name: &String| (Some(name.clone()), format::task_type(name));
            types.extend(bank.task_types.iter().map(named));
            choice(ui, tokens, &mut self.task_type, &types, "Kind of task")
        });
    }

    fn query(&self) -> Query {
        Query {
            text: self.text.trim().to_owned(),
            mode: self.mode,
            k: self.k,
            filter: Filter {
                outcome: self.outcome,
                task_types: self.task_type.clone().into_iter().collect(),
                ..Filter::default()
            },
            guard: LeakGuard::default(),
        }
    }

    fn answer_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
        let Some(query) = self.asked.clone() else {
            let text = "Experiences appear here with how similar they are, how they ended, and \
                        what they would cost in the prompt.";
            EmptyState::new(Icon::Search, "Ask about a task", text).show(ui, ctx.tokens);
            return;
        };
        let hits = ctx.hits(&bank.id, &query);
        loaded_ui(
            ctx,
            ui,
            hits,
            "Comparing with every experience",
            |ui, answer| {
                let BankResponse::Hits { hits, secs, .. } = answer else {
                    return;
                };
                let found = format::counted(hits.len() as u64, "experience", "experiences");
                let took = format!("{found} in {}", format::duration(*secs));
                ui.label(ctx.tokens.small(took));
                if hits.is_empty() {
                    let text = "Allow more outcomes or kinds of task.";
                    EmptyState::new(Icon::Filter, "Nothing matches", text).show(ui, ctx.tokens);
                }
                for hit in hits {
                    self.hit_ui(ctx, ui, bank, hit);
                }
            },
        );
    }

    fn hit_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo, hit: &Hit) {
        let tokens = ctx.tokens;
        let trajectory = &hit.experience.trajectory;
        Card::new().show(ui, tokens, |ui| {
            ui.horizontal(|ui| {
                let rank = (hit.rank + 1).to_string();
                Badge::new(&rank, Tone::Accent)
                    .show(ui, tokens)
                    .explain(tokens, "1 is the most similar");
                let room = ui.available_width() - 110.0;
                ui.scope(|ui| {
                    ui.set_max_width(room);
                    ui.add(
                        egui::Label::new(tokens.label(format::goal(&trajectory.task.goal)))
                            .truncate(),
                    )
                    .on_hover_text(&trajectory.task.goal);
                });
                right_aligned(ui, |ui| {
                    let word = if trajectory.is_success() {
                        ("solved", Tone::Success)
                    } else {
                        ("not solved", Tone::Neutral)
                    };
                    Badge::new(word.0, word.1).show(ui, tokens);
                });
            });
            score_ui(ctx, ui, hit);
            ui.horizontal(|ui| self.hit_buttons_ui(ctx, ui, bank, hit));
            if self.open == Some(hit.rank) {
                detail::episode_ui(ctx, ui, trajectory);
            }
        });
    }

    fn hit_buttons_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo, hit: &Hit) {
        let tokens = ctx.tokens;
        let trajectory = &hit.experience.trajectory;
        ui.label(tokens.small(format!(
            "{} · {} · {} in the prompt",
            format::task_type(&trajectory.task.task_type),
            format::counted(trajectory.num_steps() as u64, "action", "actions"),
            format::counted(u64::from(hit.experience.num_tokens), "token", "tokens"),
        )));
        right_aligned(ui, |ui| {
            let edit = Button::icon_only(Icon::Settings, "Pin it, or never use it");
            if edit.show(ui, tokens).clicked() {
                choose(ctx, &bank.id, Some(hit.experience.id.clone()));
            }
            let is_open = self.open == Some(hit.rank);
            let words = if is_open { "Hide text" } else { "Show text" };
            if Button::quiet(words).show(ui, tokens).clicked() {
                self.open = (!is_open).then_some(hit.rank);
            }
        });
    }
}

/// The score as a bar and a number.
fn score_ui(ctx: &Ctx<'_>, ui: &mut Ui, hit: &Hit) {
    let tokens = ctx.tokens;
    ui.horizontal(|ui| {
        let words = format!("Similarity {}", format::score(f64::from(hit.score)));
        ui.label(tokens.small(&words))
            .explain(tokens, text::SIMILARITY.meaning);
        progress_bar(ui, tokens, Some(hit.score), Tone::Accent, &words);
    });
}

/// The first letter large.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
