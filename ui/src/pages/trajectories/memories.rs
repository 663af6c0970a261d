//! The memories of an episode, as cards.

use egui::Ui;
use lore_core::{ExperienceId, MemoryUse, Trajectory};
use lore_protocol::{Source, plan};

use crate::context::Ctx;
use crate::widgets::{Badge, Button, Card, Icon, Tone, term};
use crate::{Route, format, text};

/// The cards of a step, best first.
pub(super) fn ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    source: &Source,
    trajectory: &Trajectory,
    step: usize,
) {
    let memories = trajectory.memories_at(step);
    if memories.is_empty() {
        ui.label(
            ctx.tokens
                .muted("No past episodes were shown to the agent."),
        );
        return;
    }
    for memory in memories {
        memory_ui(ctx, ui, source, trajectory, memory);
    }
}

fn memory_ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    source: &Source,
    trajectory: &Trajectory,
    memory: &MemoryUse,
) {
    let tokens = ctx.tokens;
    Card::new().show(ui, tokens, |ui| {
        ui.spacing_mut().item_spacing.y = tokens.space.xs;
        ui.horizontal_wrapped(|ui| {
            ui.label(tokens.small(format!("{}.", memory.rank + 1)));
            let (words, tone) = if memory.success {
                ("success", Tone::Success)
            } else {
                ("failure", Tone::Neutral)
            };
            Badge::new(words, tone).show(ui, tokens);
            ui.label(tokens.small(format::task_type(&memory.task_type)));
        });
        ui.label(tokens.label_verbatim(&memory.goal));
        ui.horizontal_wrapped(|ui| {
            term(ui, tokens, text::SIMILARITY);
            ui.label(tokens.body(format::score(f64::from(memory.score))));
            ui.add_space(tokens.space.m);
            ui.label(tokens.body(format::count(u64::from(memory.num_tokens))));
            term(ui, tokens, text::TOKENS);
        });
        if let Some(route) = in_bank(ctx, source, trajectory, &memory.experience) {
            let open = Button::quiet("Open in the bank")
                .icon(Icon::Bank)
                .show(ui, tokens);
            if open.clicked() {
                ctx.go(route);
            }
        }
    });
}

/// The bank that memories came from: by the episode's own record, else that of its experiment.
fn in_bank(
    ctx: &Ctx<'_>,
    source: &Source,
    trajectory: &Trajectory,
    experience: &ExperienceId,
) -> Option<Route> {
    let trace = trajectory.trace.as_ref();
    let recorded = trace.and_then(|trace| trace.setup.as_ref()?.bank.clone());
    if recorded.is_some() {
        return Some(Route::Bank {
            bank: recorded,
            experience: Some(experience.clone()),
        });
    }
    let id = match source {
        Source::Experiment { id } => id,
        Source::Run { experiment, .. } => experiment.as_ref()?,
        Source::Dataset { .. } | Source::Bank { .. } => return None,
    };
    let experiments = ctx.experiments().ready()?;
    let info = experiments.iter().find(|info| info.spec.id == *id)?;
    Some(Route::Bank {
        bank: Some(plan::bank_of(&info.spec)),
        experience: Some(experience.clone()),
    })
}
