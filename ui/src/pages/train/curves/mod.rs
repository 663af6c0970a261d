//! Curves over the steps of a training: loss, gradient, learning rate, speed.

mod grid;
mod model;

use egui::{Align, Layout, Slider, Ui, vec2};
use egui_plot::{Corner, GridMark, HoverPosition, Legend, Line, Plot, PlotPoints};

use crate::JobRecord;
use crate::context::Ctx;
use crate::format;
use crate::widgets::{Card, Explain as _, columns, switch};
use model::{Curve, Look};

/// Points of a curve that cross from the core at most.
const WIDTH: usize = 1200;

/// Height of a plot, in points.
const HEIGHT: f32 = 170.0;

/// The curves, each a metric, its name and its unit.
const CURVES: [(&str, &str, &str); 4] = [
    ("train/loss", "Loss", ""),
    ("train/grad_norm", "Size of the gradient", ""),
    ("train/tokens_per_sec", "Speed", "tokens/s"),
    ("train/learning_rate", "Learning rate", ""),
];

/// The curve of trainings that try their adapter on the way.
const TRIALS: (&str, &str, &str) = ("trial/success_rate", "Goals reached in trials", "");

/// How curves are drawn.
#[derive(Debug, Default)]
pub(super) struct CurvesView {
    look: Look,
}

impl CurvesView {
    /// The curves of `record`, with those of `others` behind them.
    pub(super) fn ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        record: &JobRecord,
        others: &[&JobRecord],
    ) {
        self.controls_ui(ctx, ui);
        let mut curves = CURVES.to_vec();
        if record.info.metrics.iter().any(|name| name == TRIALS.0) {
            curves.push(TRIALS);
        }
        for pair in curves.chunks(2) {
            columns(ui, ctx.tokens, &[1.0, 1.0], 240.0, |ui, column| {
                if let Some(curve) = pair.get(column) {
                    self.plot_ui(ctx, ui, *curve, record, others);
                }
            });
        }
    }

    fn controls_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        ui.horizontal_wrapped(|ui| {
            let label = ui.label(tokens.body("Smoothing"));
            // A slider's handle is as large as a control, which is more than it needs.
            ui.spacing_mut().interact_size.y = 18.0;
            let slider = Slider::new(&mut self.look.smoothing, 0.0..=0.98).show_value(false);
            ui.add(slider)
                .labelled_by(label.id)
                .explain(tokens, "How much of the points before goes into each point");
            switch(ui, tokens, &mut self.look.log, "Log axis");
            switch(ui, tokens, &mut self.look.clip, "Ignore outliers");
        });
    }

    fn plot_ui(
        &self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        (metric, title, unit): (&str, &str, &str),
        record: &JobRecord,
        others: &[&JobRecord],
    ) {
        let tokens = ctx.tokens;
        let curves: Vec<(String, Curve)> = std::iter::once(record)
            .chain(others.iter().copied())
            .map(|record| {
                let points = ctx.series(&record.info.spec.id, metric, WIDTH);
                (
                    record.info.spec.title.clone(),
                    model::curve(points, self.look),
                )
            })
            .collect();
        Card::new().show(ui, tokens, |ui| {
            ui.horizontal(|ui| {
                ui.label(tokens.label(title));
                if let Some(last) = curves.first().and_then(|(_, curve)| curve.last) {
                    ui.label(tokens.muted(with_unit(last, unit)));
                }
            });
            if curves.iter().all(|(_, curve)| curve.last.is_none()) {
                waiting_ui(ctx, ui);
            } else {
                self.lines_ui(ctx, ui, (metric, unit), curves);
            }
        });
    }

    fn lines_ui(
        &self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        (metric, unit): (&str, &str),
        curves: Vec<(String, Curve)>,
    ) {
        let tokens = ctx.tokens;
        let log = self.look.log;
        let bounds = model::bounds(curves.iter().map(|(_, curve)| curve), self.look);
        let mut plot = Plot::new(metric)
            .height(HEIGHT)
            .show_grid([false, true])
            .show_background(false)
            .show_crosshair(false)
            .cursor_color(tokens.color.border.strong)
            .grid_color(tokens.color.border.strong)
            .x_grid_spacer(|input| {
                grid_marks(
                    input.bounds,
                    grid::whole_marks(input.bounds.0, input.bounds.1, 6),
                )
            })
            .y_grid_spacer(|input| {
                grid_marks(input.bounds, grid::marks(input.bounds.0, input.bounds.1, 5))
            })
            .label_formatter(move |position| {
                let HoverPosition::NearDataPoint { position, .. } = position else {
                    return None;
                };
                Some(point_words(position.x, unscaled(position.y, log), unit))
            })
            .allow_scroll(false)
            .allow_zoom(false)
            .allow_drag(false)
            .x_axis_formatter(|mark, _| format::count(mark.value.max(0.0) as u64))
            .y_axis_formatter(move |mark, _| format::number(unscaled(mark.value, log)));
        if let Some((low, high)) = bounds {
            plot = plot.default_y_bounds(low, high);
        }
        if curves.len() > 1 {
            plot = plot.legend(Legend::default().position(Corner::RightTop));
        }
        plot.show(ui, |plot| {
            for (index, (name, curve)) in curves.into_iter().enumerate().rev() {
                let color = tokens.chart(index);
                let raw = Line::new(String::new(), PlotPoints::from(curve.raw));
                plot.line(raw.color(color.gamma_multiply(0.25)).width(1.0));
                let line = Line::new(name, PlotPoints::from(curve.smooth));
                plot.line(line.color(color).width(2.0));
            }
        });
    }
}

/// All lines of a grid are equally strong.
fn grid_marks((low, high): (f64, f64), values: Vec<f64>) -> Vec<GridMark> {
    let mark = |value| GridMark {
        value,
        step_size: high - low,
    };
    values.into_iter().map(mark).collect()
}

/// A value as it was before it went onto a logarithmic axis.
fn unscaled(value: f64, log: bool) -> f64 {
    if log { 10f64.powf(value) } else { value }
}

/// A point under the pointer: `Step 12: 114 tokens/s`.
fn point_words(step: f64, value: f64, unit: &str) -> String {
    format!("Step {step:.0}: {}", with_unit(value, unit))
}

/// Says in place of a plot why there is none yet; as tall as one, so that nothing jumps when it comes.
fn waiting_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let size = vec2(ui.available_width(), HEIGHT);
    ui.allocate_ui_with_layout(size, Layout::top_down(Align::Center), |ui| {
        ui.set_min_size(size);
        ui.add_space(0.4 * HEIGHT);
        ui.label(ctx.tokens.muted("Nothing was measured yet"));
    });
}

fn with_unit(value: f64, unit: &str) -> String {
    format!("{} {unit}", format::number(value))
        .trim_end()
        .to_owned()
}
