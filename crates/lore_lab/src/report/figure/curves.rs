//! Training loss over optimiser steps.

use anyhow::Result;
use plotters::prelude::{Color as _, DrawingBackend};

use super::super::gather::LossCurve;
use super::paint::{Anchor, Axis, CURVES, Canvas, GRID, INK, QUIET};

const LEFT: f64 = 64.0;
const RIGHT: f64 = 880.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 400.0;

/// One line for each training.
pub(in crate::report) struct Curves {
    curves: Vec<LossCurve>,
}

impl Curves {
    pub(super) fn new(curves: Vec<LossCurve>) -> Self {
        Self { curves }
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> Result<()>
    where
        DB::ErrorType: 'static,
    {
        let (horizontal, vertical) = self.axes();
        draw_grid(canvas, horizontal, vertical)?;
        for (index, curve) in self.curves.iter().enumerate() {
            let colour = CURVES[index % CURVES.len()];
            let place = |(step, loss): (f64, f64)| (horizontal.place(step), vertical.place(loss));
            let raw: Vec<(f64, f64)> = curve
                .points
                .iter()
                .map(|(step, loss)| (*step as f64, *loss))
                .collect();
            let thin: Vec<_> = raw.iter().copied().map(place).collect();
            let thick: Vec<_> = running_mean(&raw).into_iter().map(place).collect();
            canvas.line(&thin, &colour.mix(0.35), 1)?;
            canvas.line(&thick, &colour, 3)?;
            let y = TOP + 14.0 + 22.0 * index as f64;
            canvas.line(&[(RIGHT - 26.0, y), (RIGHT, y)], &colour, 3)?;
            canvas.text(&curve.name, (RIGHT - 34.0, y), 13, INK, Anchor::Right)?;
        }
        Ok(())
    }

    fn axes(&self) -> (Axis, Axis) {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let last = points().map(|(step, _)| *step).max().unwrap_or(1).max(2);
        let highest = points().map(|(_, loss)| *loss).fold(0.0, f64::max);
        let horizontal = Axis {
            values: (1.0, last as f64),
            places: (LEFT, RIGHT),
        };
        let vertical = Axis {
            values: (0.0, highest.max(1e-3)),
            places: (BOTTOM, TOP + 16.0),
        };
        (horizontal, vertical)
    }
}

fn draw_grid<DB: DrawingBackend>(
    canvas: &Canvas<'_, DB>,
    horizontal: Axis,
    vertical: Axis,
) -> Result<()>
where
    DB::ErrorType: 'static,
{
    for loss in ticks(vertical.values) {
        let y = vertical.place(loss);
        canvas.line(&[(LEFT, y), (RIGHT, y)], &GRID, 1)?;
        // Rounded, so that a sum of steps is not written with its rounding error.
        let label = (loss * 1e6).round() / 1e6;
        canvas.text(
            &label.to_string(),
            (LEFT - 10.0, y),
            14,
            QUIET,
            Anchor::Right,
        )?;
    }
    for step in ticks(horizontal.values) {
        let x = horizontal.place(step);
        canvas.text(
            &step.to_string(),
            (x, BOTTOM + 20.0),
            14,
            QUIET,
            Anchor::Centre,
        )?;
    }
    let middle = f64::midpoint(LEFT, RIGHT);
    canvas.text(
        "optimiser step",
        (middle, BOTTOM + 44.0),
        14,
        QUIET,
        Anchor::Centre,
    )
}

/// Round values between both ends: multiples of 1, 2 or 5 times a power of ten, about five of them.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let rough = (high - low) / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|factor| factor * power >= rough)
        .unwrap_or(10.0);
    let step = factor * power;
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last).map(|index| index as f64 * step).collect()
}

/// The mean of up to a tenth of the curve before each point.
fn running_mean(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let window = (points.len() / 10).max(1);
    (0..points.len())
        .map(|end| {
            let recent = &points[end.saturating_sub(window - 1)..=end];
            let sum: f64 = recent.iter().map(|(_, loss)| loss).sum();
            (points[end].0, sum / recent.len() as f64)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks((1.0, 24.0)), [5.0, 10.0, 15.0, 20.0]);
        assert_eq!(ticks((0.0, 3.0)), [0.0, 1.0, 2.0, 3.0]);
        assert!(ticks((0.0, 0.37)).len() >= 3);
    }
}
