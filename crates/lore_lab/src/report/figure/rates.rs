//! Success rates as bars with whiskers: a row an arm, so that names and numbers of arms have room.

use anyhow::Result;
use plotters::prelude::{DrawingBackend, RGBColor};

use lore_core::{ArmSummary, DialPoint, ExperimentResults, Proportion};

use super::paint::{Anchor, Axis, Canvas, GRID, INK, QUIET, SEEN, UNSEEN};

const WIDTH: f64 = 900.0;
const LEFT: f64 = 250.0;
const RIGHT: f64 = 840.0;
const TOP: f64 = 52.0;
/// Height of an arm.
const ROW: f64 = 58.0;
/// Height of a bar.
const BAR: f64 = 18.0;
/// Below the rows: the axis.
const FOOT: f64 = 40.0;

/// Arms one below the other, seen above unseen types.
pub(in crate::report) struct Rates {
    rows: Vec<(String, Proportion, Proportion)>,
}

impl Rates {
    /// A row an arm.
    pub(super) fn new(results: &ExperimentResults) -> Self {
        let row = |it: &ArmSummary| (it.arm.name.clone(), it.seen, it.unseen);
        Self {
            rows: results.arms.iter().map(row).collect(),
        }
    }

    /// A row a setting of a dial.
    pub(super) fn turned(points: Vec<DialPoint<'_>>) -> Self {
        let row = |point: DialPoint<'_>| (point.label, point.arm.seen, point.arm.unseen);
        Self {
            rows: points.into_iter().map(row).collect(),
        }
    }

    pub(super) fn size(&self) -> (u32, u32) {
        (WIDTH as u32, (self.bottom() + FOOT) as u32)
    }

    fn bottom(&self) -> f64 {
        TOP + ROW * self.rows.len() as f64
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> Result<()>
    where
        DB::ErrorType: 'static,
    {
        let axis = Axis {
            values: (0.0, 1.0),
            places: (LEFT, RIGHT),
        };
        self.draw_axis(canvas, axis)?;
        for (index, (name, seen, unseen)) in self.rows.iter().enumerate() {
            let middle = TOP + ROW * (index as f64 + 0.5);
            canvas.text(name, (LEFT - 14.0, middle - 9.0), 14, INK, Anchor::Right)?;
            let counts = format!("n = {} + {}", seen.n, unseen.n);
            let below = (LEFT - 14.0, middle + 10.0);
            canvas.text(&counts, below, 12, QUIET, Anchor::Right)?;
            draw_bar(canvas, axis, seen, (middle - BAR - 1.0, middle - 1.0), SEEN)?;
            let below = (middle + 1.0, middle + BAR + 1.0);
            draw_bar(canvas, axis, unseen, below, UNSEEN)?;
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

    fn draw_axis<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>, axis: Axis) -> Result<()>
    where
        DB::ErrorType: 'static,
    {
        let bottom = self.bottom();
        for percent in [0u32, 20, 40, 60, 80, 100] {
            let x = axis.place(f64::from(percent) / 100.0);
            canvas.line(&[(x, TOP), (x, bottom)], &GRID, 1)?;
            let label = format!("{percent} %");
            canvas.text(&label, (x, bottom + 18.0), 14, QUIET, Anchor::Centre)?;
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
    let middle = f64::midpoint(from, to);
    let Some(rate) = proportion.rate() else {
        let place = (axis.place(0.0) + 8.0, middle);
        return canvas.text("not played", place, 12, QUIET, Anchor::Left);
    };
    canvas.rect((axis.place(0.0), from), (axis.place(rate), to), colour)?;
    let (low, high) = (axis.place(proportion.low), axis.place(proportion.high));
    canvas.line(&[(low, middle), (high, middle)], &INK, 2)?;
    for x in [low, high] {
        canvas.line(&[(x, middle - 5.0), (x, middle + 5.0)], &INK, 2)?;
    }
    let label = format!("{:.0} %", rate * 100.0);
    canvas.text(&label, (high + 8.0, middle), 13, INK, Anchor::Left)
}
