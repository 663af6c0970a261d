//! The sample experiment: what it does, how long it takes, and the button that starts it.

use egui::{Align2, Sense, Ui, vec2};
use lore_core::ExperimentSpec;
use lore_protocol::{Estimate, EstimatePart};

use crate::context::Ctx;
use crate::format;
use crate::pages::start::{SAMPLE, sample_experiment, sample_spec};
use crate::parts::{action_error_ui, error_ui};
use crate::store::Loaded;
use crate::widgets::{Badge, Button, Card, Explain as _, Icon, Tone, right_aligned};

/// The big card of a first start.
pub(super) fn card_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    let spec = sample_spec();
    let estimate = ctx.estimate(&spec);
    Card::new().highlighted().show(ui, tokens, |ui| {
        ui.spacing_mut().item_spacing.y = tokens.space.s;
        ui.label(tokens.title("See it work first"));
        ui.label(tokens.muted(
            "The sample experiment teaches a small language model from the past episodes of an \
             expert, and shows whether that helps on kinds of task it has never met.",
        ));
        ui.add_space(tokens.space.s);
        let measured = estimate.ready().filter(|estimate| estimate.measured);
        for (index, step) in steps(&spec, measured).iter().enumerate() {
            step_ui(ctx, ui, index, step);
        }
        ui.add_space(tokens.space.s);
        start_ui(ctx, ui, estimate, true);
        action_error_ui(ctx, ui, SAMPLE);
    });
}

/// The same in one row, for those who have run it before.
pub(super) fn row_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    let estimate = ctx.estimate(&sample_spec());
    Card::titled("Sample experiment")
        .subtitle("Five ways to learn from experience, on small games made for this computer")
        .show(ui, tokens, |ui| {
            start_ui(ctx, ui, estimate, false);
            action_error_ui(ctx, ui, SAMPLE);
        });
}

/// The button, with the time it takes beside it.
fn start_ui(ctx: &Ctx<'_>, ui: &mut Ui, estimate: Loaded<'_, Estimate>, large: bool) {
    let tokens = ctx.tokens;
    let problems = estimate.ready().map_or(&[][..], |e| e.problems.as_slice());
    ui.horizontal(|ui| {
        let text = "Run the sample experiment";
        let button = if large {
            Button::primary(text).large()
        } else {
            Button::secondary(text)
        };
        let clicked = button
            .icon(Icon::Play)
            .busy(ctx.is_busy(SAMPLE))
            .enabled(problems.is_empty(), "First do what is said below")
            .show(ui, tokens)
            .clicked();
        if clicked {
            ctx.act(sample_experiment());
        }
        ui.add_space(tokens.space.xs);
        match estimate {
            // What a missing model would take cannot be said.
            Loaded::Ready(estimate) if estimate.parts.is_empty() => {}
            Loaded::Ready(estimate) => time_ui(ctx, ui, estimate),
            Loaded::Waiting => {
                ui.label(tokens.muted("Working out how long it will take…"));
            }
            Loaded::Failed(_) => {}
        }
    });
    for problem in problems {
        ui.horizontal_top(|ui| {
            let size = tokens.size.icon_small;
            Icon::Warning.show(ui, size, Tone::Warning.text(tokens));
            let text = tokens.body(problem).color(Tone::Warning.text(tokens));
            ui.add(egui::Label::new(text).wrap());
        });
    }
    if let Loaded::Failed(error) = estimate {
        error_ui(ctx, ui, error);
    }
}

fn time_ui(ctx: &Ctx<'_>, ui: &mut Ui, estimate: &Estimate) {
    let tokens = ctx.tokens;
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.add_space(3.0);
        ui.label(tokens.label(format!("Takes {}", format::about(estimate.secs))));
        let how = if estimate.measured {
            "Measured on this computer"
        } else {
            "A guess until this computer is measured"
        };
        ui.label(tokens.small(how))
            .explain(tokens, &parts_text(estimate));
    });
}

fn parts_text(estimate: &Estimate) -> String {
    let mut lines = vec![format!(
        "Needs up to {} of memory and {} on disk",
        format::bytes(estimate.memory_bytes),
        format::bytes(estimate.disk_bytes)
    )];
    let part = |part: &EstimatePart| format!("{} · {}", part.title, format::duration(part.secs));
    lines.extend(estimate.parts.iter().map(part));
    lines.join("\n")
}

struct Step {
    icon: Icon,
    title: &'static str,
    text: String,
    secs: Option<f64>,
}

/// What the experiment does, in four steps.
fn steps(spec: &ExperimentSpec, estimate: Option<&Estimate>) -> [Step; 4] {
    let secs = |prefix: &str| {
        let parts = &estimate?.parts;
        let of_step = parts.iter().filter(|part| part.title.starts_with(prefix));
        Some(of_step.map(|part| part.secs).sum())
    };
    let num_tests = spec.tasks.seen_test + spec.tasks.unseen_test;
    [
        Step {
            icon: Icon::Database,
            title: "Collect",
            text: format!(
                "An expert plays {} small household games, and its episodes are kept",
                spec.tasks.train_per_type * 6
            ),
            secs: secs("Collect"),
        },
        Step {
            icon: Icon::Bank,
            title: "Remember",
            text: "Episodes go into a bank, where similar ones can be found".into(),
            secs: None,
        },
        Step {
            icon: Icon::Flask,
            title: "Train",
            text: "The model is fine-tuned on them, alone and with similar ones in view".into(),
            secs: secs("Train"),
        },
        Step {
            icon: Icon::Chart,
            title: "Compare",
            text: format!(
                "{} settings play {num_tests} new games each, half of kinds never trained on",
                spec.arms.len()
            ),
            secs: secs("Play"),
        },
    ]
}

fn step_ui(ctx: &Ctx<'_>, ui: &mut Ui, index: usize, step: &Step) {
    let tokens = ctx.tokens;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.space.m;
        let (rect, _) = ui.allocate_exact_size(vec2(38.0, 46.0), Sense::hover());
        let circle = Align2::CENTER_CENTER.anchor_size(rect.center(), vec2(36.0, 36.0));
        ui.painter()
            .circle_filled(circle.center(), 18.0, tokens.color.accent.soft);
        step.icon
            .paint(ui.painter(), circle.shrink(9.0), tokens.color.accent.text);
        let note_width = 84.0;
        let width = (ui.available_width() - note_width).max(160.0);
        ui.allocate_ui(vec2(width, 46.0), |ui| {
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.label(tokens.label(format!("{}. {}", index + 1, step.title)));
                ui.label(tokens.muted(&step.text));
            });
        });
        if let Some(secs) = step.secs {
            right_aligned(ui, |ui| {
                Badge::new(&format::duration(secs), Tone::Neutral).show(ui, tokens);
            });
        }
    });
}
