//! How an adapter did when it was tried in the middle of its training.

use egui::{Label, Ui};
use lore_core::Trial;

use crate::context::Ctx;
use crate::format;
use crate::widgets::{Badge, Card, ListRow, Tone, columns};

/// View state.
#[derive(Debug, Default)]
pub(super) struct TrialsView {
    /// The step of the trial whose first task is shown; the last one's when absent.
    shown: Option<u64>,
}

impl TrialsView {
    /// One row a trial, and what the chosen one did in the first task.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, trials: &[Trial]) {
        let Some(last) = trials.last() else { return };
        let chosen = trials.iter().find(|trial| Some(trial.step) == self.shown);
        let shown = chosen.unwrap_or(last);
        columns(ui, ctx.tokens, &[1.0, 1.0], 240.0, |ui, column| {
            if column == 0 {
                self.list_ui(ctx, ui, trials, shown);
            } else {
                episode_ui(ctx, ui, shown);
            }
        });
    }

    fn list_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, trials: &[Trial], shown: &Trial) {
        let best = Trial::best(trials).map(|trial| trial.step);
        Card::titled("Tried on new tasks")
            .subtitle("The same tasks each time, of the kinds it learns")
            .tight()
            .show(ui, ctx.tokens, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for trial in trials {
                    let title = format!("After step {}", trial.step);
                    let reached = reached(trial);
                    let mut row = ListRow::new(&title)
                        .subtitle(&reached)
                        .selected(trial.step == shown.step);
                    if Some(trial.step) == best && trial.num_successes > 0 {
                        row = row.badge("best", Tone::Success);
                    }
                    if row.show(ui, ctx.tokens).clicked() {
                        self.shown = Some(trial.step);
                    }
                }
            });
    }
}

fn reached(trial: &Trial) -> String {
    let tasks = format::counted(u64::from(trial.num_tasks), "task", "tasks");
    format!("Reached the goal in {} of {tasks}", trial.num_successes)
}

/// What it did in the first task.
fn episode_ui(ctx: &Ctx<'_>, ui: &mut Ui, trial: &Trial) {
    let tokens = ctx.tokens;
    let goal = format::goal(&trial.goal);
    let title = format!("What it did in the first task after step {}", trial.step);
    Card::titled(&title).show(ui, tokens, |ui| {
        ui.add(Label::new(tokens.verbatim(goal)).wrap());
        let steps = format::counted(trial.steps.len() as u64, "step", "steps");
        Badge::new(&steps, Tone::Neutral).show(ui, tokens);
        egui::ScrollArea::vertical()
            .id_salt("trial")
            .max_height(260.0)
            .min_scrolled_height(260.0)
            .show(ui, |ui| {
                for (action, observation) in &trial.steps {
                    let action = tokens.mono(format!("> {action}")).strong();
                    ui.add(Label::new(action).wrap());
                    ui.add(Label::new(tokens.mono(observation)).wrap());
                }
            });
    });
}
