//! Whether and how an adapter is tried while it is trained; wherever a training is described.

use egui::Ui;
use lore_core::TrialPlan;

use super::number;
use crate::context::Ctx;
use crate::widgets::{Field, explained_switch, field_with_help, number_field};

/// Most tasks of a trial.
const MAX_TASKS: usize = 200;

/// Most steps between two trials.
const MAX_STEPS: u64 = 10_000;

/// The switch, and with it the numbers.
pub(crate) fn trial_plan_ui(ctx: &Ctx<'_>, ui: &mut Ui, plan: &mut TrialPlan) {
    let mut on = !plan.is_off();
    let why = "Now and then it plays a few new tasks of the kinds it learns, so that you see what it can do \
               already. Playing takes its time";
    if explained_switch(ui, ctx.tokens, &mut on, "Try it while it learns", why).changed() {
        plan.num_tasks = if on { TrialPlan::NUM_TASKS } else { 0 };
    }
    if plan.is_off() {
        return;
    }
    number!(
        ctx,
        ui,
        plan.num_tasks,
        1..=MAX_TASKS,
        "",
        "New tasks each time",
        "The same ones in every trial. Training does not learn from them, and they are no test tasks"
    );
    number!(
        ctx,
        ui,
        plan.every_steps,
        1..=MAX_STEPS,
        "",
        "Steps between trials",
        "Optimiser steps. The end of the training is tried, too"
    );
    let why =
        "The adapter of the trial that reached the most goals is kept instead of the last one";
    explained_switch(ui, ctx.tokens, &mut plan.keep_best, "Keep the best", why);
}
