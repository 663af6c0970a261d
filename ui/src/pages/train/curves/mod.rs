//! Curves over the steps of a training: loss, gradient, learning rate, speed.

mod model;

use egui::{Slider, Ui};
use egui_plot::{Corner, Legend, Line, Plot, PlotPoints};

use crate::JobRecord;
use crate::context::Ctx;
use crate::format;
use crate::widgets::{Card, columns, switch};
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
        for pair in CURVES.chunks(2) {
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
            let slider = Slider::new(&mut self.look.smoothing, 0.0..=0.98).show_value(false);
            ui.add(slider)
                .labelled_by(label.id)
                .on_hover_text("How much of the points before goes into each point");
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
            let log = self.look.log;
            let bounds = model::bounds(curves.iter().map(|(_, curve)| curve), self.look);
            let mut plot = Plot::new(metric)
                .height(HEIGHT)
                .show_grid([false, true])
                .grid_color(tokens.color.border.subtle)
                .allow_scroll(false)
                .allow_zoom(false)
                .allow_drag(false)
                .x_axis_formatter(|mark, _| format::count(mark.value.max(0.0) as u64))
                .y_axis_formatter(move |mark, _| {
                    format::number(if log {
                        10f64.powf(mark.value)
                    } else {
                        mark.value
                    })
                });
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
        });
    }
}

fn with_unit(value: f64, unit: &str) -> String {
    format!("{} {unit}", format::number(value))
        .trim_end()
        .to_owned()
}
