//! What is known about a whole episode.

use egui::Ui;
use lore_core::Trajectory;

use crate::context::Ctx;
use crate::format;
use crate::widgets::{Badge, Explain as _, Icon, Tone};

/// What is known about the whole episode, as badges.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui, trajectory: &Trajectory) {
    let tokens = ctx.tokens;
    let tone = if trajectory.is_success() {
        Tone::Success
    } else {
        Tone::Neutral
    };
    ui.horizontal_wrapped(|ui| {
        Badge::new(trajectory.end.label(), tone)
            .icon(if trajectory.is_success() {
                Icon::CheckCircle
            } else {
                Icon::Info
            })
            .show(ui, tokens);
        Badge::new(&trajectory.source, Tone::Accent).show(ui, tokens);
        ui.label(tokens.muted(format::task_type(&trajectory.task.task_type)));
        let steps = format::counted(trajectory.steps.len() as u64, "step", "steps");
        ui.label(tokens.muted(steps));
        let traces = || {
            trajectory
                .steps
                .iter()
                .filter_map(|step| step.trace.as_ref())
        };
        if traces().next().is_some() {
            let millis: u64 = traces().map(|trace| trace.millis).sum();
            let read: u64 = traces().map(|trace| u64::from(trace.prompt_tokens)).sum();
            let said: u64 = traces()
                .map(|trace| u64::from(trace.completion_tokens))
                .sum();
            ui.label(tokens.muted(format::duration(millis as f64 / 1000.0)));
            ui.label(tokens.muted(format!(
                "{} tokens read, {} written",
                format::short_count(read),
                format::short_count(said)
            )));
        }
        if let Some(trace) = &trajectory.trace {
            let words = format!("{}, sampled with seed {}", trace.model, trace.seed);
            ui.label(tokens.muted(&trace.model)).explain(tokens, &words);
        }
    });
}
