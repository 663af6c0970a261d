//! What the experiment will take, kept current while the form changes.

use egui::Ui;
use lore_core::ExperimentSpec;
use lore_protocol::Estimate;

use crate::context::Ctx;
use crate::format;
use crate::parts::loaded_ui;
use crate::widgets::{Card, right_aligned};

/// The card.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui, spec: &ExperimentSpec, problem: Option<String>) {
    let tokens = ctx.tokens;
    Card::titled("What it will take").show(ui, tokens, |ui| {
        if let Some(problem) = problem {
            ui.label(tokens.body(problem).color(tokens.color.warning.text));
            return;
        }
        let estimate = ctx.estimate(spec);
        loaded_ui(ctx, ui, estimate, "Reckoning", |ui, estimate| {
            estimate_ui(ctx, ui, estimate);
        });
    });
}

fn estimate_ui(ctx: &Ctx<'_>, ui: &mut Ui, estimate: &Estimate) {
    let tokens = ctx.tokens;
    // What a missing model would take cannot be said.
    let is_known = !estimate.parts.is_empty();
    if is_known {
        ui.label(tokens.display(format::duration(estimate.secs)));
        ui.label(tokens.small(if estimate.measured {
            "by what was measured on this machine"
        } else {
            "a guess from the size of the model"
        }));
    }
    for problem in &estimate.problems {
        ui.label(tokens.body(problem).color(tokens.color.warning.text));
    }
    if is_known {
        parts_ui(ctx, ui, estimate);
    }
}

/// What it takes besides time, and where the time goes.
fn parts_ui(ctx: &Ctx<'_>, ui: &mut Ui, estimate: &Estimate) {
    let tokens = ctx.tokens;
    ui.label(tokens.body(format!(
        "{} of memory · {} on disk",
        format::bytes(estimate.memory_bytes),
        format::bytes(estimate.disk_bytes)
    )));
    ui.add_space(tokens.space.s);
    for part in &estimate.parts {
        ui.horizontal(|ui| {
            ui.label(tokens.small(&part.title));
            right_aligned(ui, |ui| ui.label(tokens.small(format::duration(part.secs))));
        });
    }
}
