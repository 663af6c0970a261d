//! Tasks that one arm won and another lost, each a click away from both episodes side by side.

use egui::Ui;
use lore_core::{EpisodeEnd, EpisodeSummary, ExperimentResults};
use lore_protocol::Source;

use super::compared::name_of;
use crate::Route;
use crate::context::Ctx;
use crate::format;
use crate::widgets::{Card, Cell, Column, DataTable, Row, choice};

/// Rows shown before the list scrolls.
const MAX_HEIGHT: f32 = 260.0;

/// Which arm is compared with the reference.
#[derive(Debug, Default)]
pub(super) struct FlipsView {
    other: Option<String>,
}

/// A task that ended differently.
struct Flip<'a> {
    /// The attempt of the other arm.
    left: &'a EpisodeSummary,
    /// The attempt of the reference.
    right: &'a EpisodeSummary,
    seed: u64,
}

impl FlipsView {
    /// The list.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, results: &ExperimentResults) {
        let tokens = ctx.tokens;
        let Some(last) = results.reference() else {
            return;
        };
        let others = results.arms.iter().filter(|it| it.arm.id != last.arm.id);
        let choices: Vec<(String, String)> = others
            .map(|arm| (arm.arm.id.clone(), arm.arm.name.clone()))
            .collect();
        let Some((first, _)) = choices.first() else {
            return;
        };
        let mut other = self.other.clone().unwrap_or_else(|| first.clone());
        Card::titled("Where the outcome changed")
            .tight()
            .show(ui, tokens, |ui| {
                ui.horizontal(|ui| {
                    ui.add_space(tokens.space.l);
                    ui.label(tokens.body(format!("{} compared with", last.arm.name)));
                    if choice(ui, tokens, &mut other, &choices, "Compared with").changed() {
                        self.other = Some(other.clone());
                    }
                });
                let flips = flips(results, &other, &last.arm.id);
                if flips.is_empty() {
                    ui.horizontal(|ui| {
                        ui.add_space(tokens.space.l);
                        ui.label(tokens.muted("Every task ended the same way in both"));
                    });
                    ui.add_space(tokens.space.m);
                    return;
                }
                list_ui(ctx, ui, results, &flips, &other);
                ui.add_space(tokens.space.s);
            });
    }
}

fn list_ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    results: &ExperimentResults,
    flips: &[Flip<'_>],
    other: &str,
) {
    let other = name_of(results, other);
    let columns = [
        Column::flex("Task", 4.0, 180.0),
        Column::flex("Task type", 2.0, 110.0),
        Column::exact("Split", 104.0),
        Column::flex(&other, 1.5, 96.0),
        Column::flex("Now", 1.5, 96.0),
        Column::exact("Seed", 56.0).right(),
    ];
    let table = DataTable::new("Changed outcomes", &columns, flips.len()).height(MAX_HEIGHT);
    let response = table.show(ui, ctx.tokens, |index| {
        let flip = &flips[index];
        Row::new(vec![
            Cell::Verbatim(format::goal(&flip.right.goal)),
            Cell::Muted(format::task_type(&flip.right.task_type)),
            Cell::Muted(flip.right.split.label().to_owned()),
            outcome(flip.left),
            outcome(flip.right),
            Cell::Muted(flip.seed.to_string()),
        ])
    });
    if let Some(flip) = response.clicked.and_then(|index| flips.get(index)) {
        ctx.go(Route::Beside {
            source: Source::Experiment {
                id: results.experiment.clone(),
            },
            left: flip.left.trajectory.clone(),
            right: flip.right.trajectory.clone(),
            right_source: None,
        });
    }
}

fn outcome(episode: &EpisodeSummary) -> Cell {
    Cell::outcome(won(episode), episode.end.label())
}

fn won(episode: &EpisodeSummary) -> bool {
    episode.end == EpisodeEnd::Success
}

/// Tasks with the same seed that one of the two arms won and the other lost.
fn flips<'a>(results: &'a ExperimentResults, left: &str, right: &str) -> Vec<Flip<'a>> {
    let runs = |arm: &str| {
        let arm = arm.to_owned();
        results.runs.iter().filter(move |run| run.arm.id == arm)
    };
    let mut flips = Vec::new();
    for one in runs(left) {
        for other in runs(right).filter(|run| run.seed == one.seed) {
            for left in &one.episodes {
                let twin = other.episodes.iter().find(|it| it.task == left.task);
                if let Some(right) = twin.filter(|right| won(right) != won(left)) {
                    flips.push(Flip {
                        left,
                        right,
                        seed: one.seed,
                    });
                }
            }
        }
    }
    flips.sort_by_key(|flip| (won(flip.left), flip.right.split));
    flips
}
