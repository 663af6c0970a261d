//! What a bank answers: what would be retrieved, what would not, and why.

use egui::Ui;
use lore_core::{BankInfo, DroppedExperience, Explanation, Hit, Query, SearchKind};
use lore_protocol::BankResponse;

use super::{choose, detail};
use crate::context::Ctx;
use crate::format;
use crate::parts::{loaded_ui, sentence};
use crate::store::Loaded;
use crate::text;
use crate::widgets::{
    Badge, Button, Card, Cell, Column, DataTable, EmptyState, Explain as _, Icon, Row, Tone,
    card_row, progress_bar, right_aligned,
};

/// Rows of the table of what was left out that are in view at once.
const MAX_ROWS: usize = 8;

/// Height of a table's heading.
const HEADING: f32 = 30.0;

/// View state.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The hit whose text is in view.
    open: Option<u32>,
}

impl Answer {
    pub(super) fn ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        bank: &BankInfo,
        explained: Loaded<'_, BankResponse>,
    ) {
        let waiting_for = "Comparing with every experience";
        loaded_ui(ctx, ui, explained, waiting_for, |ui, answer| {
            let BankResponse::Explained {
                query,
                explanation,
                secs,
            } = answer
            else {
                return;
            };
            ui.label(ctx.tokens.small(summary(explanation, *secs)));
            if explanation.hits.is_empty() {
                let text = "Allow more outcomes, kinds of task or weaker matches.";
                EmptyState::new(Icon::Filter, "Nothing matches", text).show(ui, ctx.tokens);
            }
            for hit in &explanation.hits {
                self.hit_ui(ctx, ui, bank, query, hit);
            }
            left_out_ui(ctx, ui, explanation);
        });
    }

    fn hit_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo, query: &Query, hit: &Hit) {
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
                        egui::Label::new(
                            tokens.label_verbatim(format::goal(&trajectory.task.goal)),
                        )
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
            score_ui(ctx, ui, query.selection.search, hit);
            if !hit.experience.lesson.is_empty() {
                ui.label(tokens.small(format!("Lesson: {}", hit.experience.lesson)));
            }
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
            tokens_of(u64::from(hit.experience.num_tokens)),
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

fn tokens_of(n: u64) -> String {
    format::counted(n, "token", "tokens")
}

/// What was found, how much of a prompt it takes, among how many, how long it took.
fn summary(explanation: &Explanation, secs: f64) -> String {
    let experiences = |n| format::counted(n, "experience", "experiences");
    let hits = &explanation.hits;
    let num_tokens = hits.iter().map(|hit| u64::from(hit.experience.num_tokens));
    format!(
        "{} in {} · {} in the prompt · searched among {}",
        experiences(hits.len() as u64),
        format::duration(secs),
        tokens_of(num_tokens.sum()),
        experiences(explanation.num_experiences),
    )
}

/// The score as a number, and as a bar where it has a scale.
fn score_ui(ctx: &Ctx<'_>, ui: &mut Ui, search: SearchKind, hit: &Hit) {
    let tokens = ctx.tokens;
    let score = format::score(f64::from(hit.score));
    ui.horizontal(|ui| {
        if search == SearchKind::Meaning {
            let words = format!("Similarity {score}");
            ui.label(tokens.small(&words))
                .explain(tokens, text::SIMILARITY.meaning);
            progress_bar(ui, tokens, Some(hit.score), Tone::Accent, &words);
        } else {
            ui.label(tokens.small(format!("Score {score}"))).explain(
                tokens,
                "Scores of words have no scale: only their order counts",
            );
        }
    });
}

/// Why other experiences do not come back: how many each rule keeps out, and the best of them.
fn left_out_ui(ctx: &Ctx<'_>, ui: &mut Ui, explanation: &Explanation) {
    let tokens = ctx.tokens;
    if explanation.dropped.is_empty() && explanation.kept_out.is_empty() {
        return;
    }
    Card::titled("Left out and why")
        .subtitle(
            "The best experiences that do not come back, each with the rule that keeps it out",
        )
        .tight()
        .show(ui, tokens, |ui| {
            card_row(ui, tokens, |ui| kept_out_ui(ctx, ui, explanation));
            dropped_ui(ctx, ui, &explanation.dropped);
        });
}

/// One line for each rule.
fn kept_out_ui(ctx: &Ctx<'_>, ui: &mut Ui, explanation: &Explanation) {
    let tokens = ctx.tokens;
    for (reason, count) in &explanation.kept_out {
        ui.horizontal(|ui| {
            ui.label(tokens.body(sentence(reason.label())));
            right_aligned(ui, |ui| {
                let count = format::counted(*count, "experience", "experiences");
                ui.label(tokens.small(count));
            });
        });
    }
}

fn dropped_ui(ctx: &Ctx<'_>, ui: &mut Ui, dropped: &[DroppedExperience]) {
    if dropped.is_empty() {
        return;
    }
    let table = [
        Column::exact("Rank", 40.0)
            .right()
            .help("Its place by score"),
        Column::flex("Goal", 1.4, 110.0),
        Column::flex("Why", 1.0, 120.0).help("The rule that keeps it out"),
        Column::exact("Score", 52.0).right(),
        Column::exact("Tokens", 52.0)
            .right()
            .help("How much room it would take in a prompt. Tokens are pieces of words")
            .optional(),
    ];
    let height = HEADING + dropped.len().min(MAX_ROWS) as f32 * ctx.tokens.size.table_row;
    DataTable::new("Left out", &table, dropped.len())
        .height(height)
        .show(ui, ctx.tokens, |index| {
            dropped.get(index).map_or_else(Row::waiting, row_of)
        });
}

fn row_of(dropped: &DroppedExperience) -> Row {
    Row::new(vec![
        Cell::Muted((dropped.rank + 1).to_string()),
        Cell::Text(format::goal(&dropped.goal)),
        Cell::Text(sentence(dropped.reason.label())),
        Cell::Text(format::score(f64::from(dropped.score))),
        Cell::Muted(format::count(u64::from(dropped.num_tokens))),
    ])
}
