//! Success rates as bars with whiskers.

use anyhow::Result;
use plotters::prelude::{DrawingBackend, RGBColor};

use lore_core::{ExperimentResults, Proportion};

use super::paint::{Anchor, Axis, Canvas, GRID, INK, QUIET, SEEN, UNSEEN};

const LEFT: f64 = 64.0;
const RIGHT: f64 = 880.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 390.0;
const BAR: f64 = 44.0;

/// Arms side by side, seen beside unseen types.
pub(in crate::report) struct Rates {
    arms: Vec<(String, Proportion, Proportion)>,
}

impl Rates {
    pub(super) fn new(results: &ExperimentResults) -> Self {
        let arms = results
            .arms
            .iter()
            .map(|arm| (arm.arm.name.clone(), arm.seen, arm.unseen))
            .collect();
        Self { arms }
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> Result<()>
    where
        DB::ErrorType: 'static,
    {
        let axis = Axis {
            values: (0.0, 1.0),
            places: (BOTTOM, TOP),
        };
        for percent in [0u32, 20, 40, 60, 80, 100] {
            let y = axis.place(f64::from(percent) / 100.0);
            canvas.line(&[(LEFT, y), (RIGHT, y)], &GRID, 1)?;
            canvas.text(
                &format!("{percent} %"),
                (LEFT - 10.0, y),
                14,
                QUIET,
                Anchor::Right,
            )?;
        }
        let width = (RIGHT - LEFT) / self.arms.len().max(1) as f64;
        let bar = BAR.min(width * 0.36);
        for (index, (name, seen, unseen)) in self.arms.iter().enumerate() {
            let centre = LEFT + width * (index as f64 + 0.5);
            draw_bar(canvas, axis, seen, (centre - bar - 2.0, centre - 2.0), SEEN)?;
            draw_bar(
                canvas,
                axis,
                unseen,
                (centre + 2.0, centre + bar + 2.0),
                UNSEEN,
            )?;
            canvas.text(name, (centre, BOTTOM + 20.0), 15, INK, Anchor::Centre)?;
            let counts = format!("n = {} + {}", seen.n, unseen.n);
            canvas.text(&counts, (centre, BOTTOM + 42.0), 12, QUIET, Anchor::Centre)?;
        }
        for (x, colour, label) in [
            (LEFT, SEEN, "seen types"),
            (LEFT + 130.0, UNSEEN, "unseen types"),
        ] {
            canvas.rect((x, 18.0), (x + 14.0, 32.0), colour)?;
            canvas.text(label, (x + 22.0, 25.0), 14, INK, Anchor::Left)?;
        }
        Ok(())
    }
}

fn draw_bar<DB: DrawingBackend>(
    canvas: &Canvas<'_, DB>,
    axis: Axis,
    proportion: &Proportion,
    (from, to): (f64, f64),
    colour: RGBColor,
) -> Result<()>
where
    DB::ErrorType: 'static,
{
    let Some(rate) = proportion.rate() else {
        return canvas.text(
            "–",
            (f64::midpoint(from, to), BOTTOM - 10.0),
            14,
            QUIET,
            Anchor::Centre,
        );
    };
    canvas.rect((from, axis.place(rate)), (to, BOTTOM), colour)?;
    let middle = f64::midpoint(from, to);
    let (low, high) = (axis.place(proportion.low), axis.place(proportion.high));
    canvas.line(&[(middle, low), (middle, high)], &INK, 2)?;
    for y in [low, high] {
        canvas.line(&[(middle - 6.0, y), (middle + 6.0, y)], &INK, 2)?;
    }
    let label = format!("{:.0} %", rate * 100.0);
    canvas.text(&label, (middle, high - 12.0), 13, INK, Anchor::Centre)
}
