//! Success rates as a table of coloured cells: arms by task types.

use std::collections::BTreeMap;

use anyhow::Result;
use plotters::prelude::{DrawingBackend, RGBColor, WHITE};

use lore_core::{ExperimentResults, ExperimentSpec, Proportion};

use super::paint::{Anchor, Canvas, GRID, INK, QUIET};

const LABELS: f64 = 280.0;
/// Height of a line of an arm's name.
const LINE: f64 = 18.0;
const ROW: f64 = 46.0;
const COLUMN: f64 = 120.0;

/// The darkest cell, for a rate of one.
const FULL: (f64, f64, f64) = (0.0, 90.0, 150.0);

/// Rows are task types, seen ones first; columns are arms.
pub(in crate::report) struct Heat {
    arms: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    label: String,
    cells: Vec<Option<Proportion>>,
}

impl Heat {
    pub(super) fn new(spec: &ExperimentSpec, results: &ExperimentResults) -> Self {
        // Unseen types come last: `false` sorts before `true`.
        let mut cells: BTreeMap<(bool, String), Vec<Option<Proportion>>> = BTreeMap::new();
        for (column, arm) in results.arms.iter().enumerate() {
            for (name, rate) in &arm.by_type {
                let row = cells
                    .entry((spec.is_unseen(name), name.clone()))
                    .or_insert_with(|| vec![None; results.arms.len()]);
                row[column] = Some(*rate);
            }
        }
        let rows = cells
            .into_iter()
            .map(|((unseen, name), cells)| Row {
                label: format!(
                    "{}{}",
                    name.replace('_', " "),
                    if unseen { " *" } else { "" }
                ),
                cells,
            })
            .collect();
        Self {
            arms: results
                .arms
                .iter()
                .map(|arm| arm.arm.name.clone())
                .collect(),
            rows,
        }
    }

    pub(super) fn size(&self) -> (u32, u32) {
        let width = LABELS + COLUMN * self.arms.len() as f64 + 20.0;
        let height = self.head() + ROW * self.rows.len() as f64 + 20.0;
        (width as u32, height as u32)
    }

    /// Height of the names: a line for each part between commas.
    fn head(&self) -> f64 {
        let lines = self.arms.iter().map(|name| name.split(", ").count()).max();
        26.0 + LINE * lines.unwrap_or(1) as f64
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> Result<()>
    where
        DB::ErrorType: 'static,
    {
        for (column, name) in self.arms.iter().enumerate() {
            let x = LABELS + COLUMN * (column as f64 + 0.5);
            for (line, part) in name.split(", ").enumerate() {
                let y = 22.0 + LINE * line as f64;
                canvas.text(part, (x, y), 14, INK, Anchor::Centre)?;
            }
        }
        for (index, row) in self.rows.iter().enumerate() {
            let y = self.head() + ROW * index as f64;
            canvas.text(
                &row.label,
                (LABELS - 12.0, y + ROW / 2.0),
                13,
                INK,
                Anchor::Right,
            )?;
            for (column, cell) in row.cells.iter().enumerate() {
                let x = LABELS + COLUMN * column as f64;
                draw_cell(canvas, (x, y), cell.as_ref())?;
            }
        }
        Ok(())
    }
}

fn draw_cell<DB: DrawingBackend>(
    canvas: &Canvas<'_, DB>,
    (x, y): (f64, f64),
    cell: Option<&Proportion>,
) -> Result<()>
where
    DB::ErrorType: 'static,
{
    let (right, bottom) = (x + COLUMN - 2.0, y + ROW - 2.0);
    let centre = f64::midpoint(x, right);
    let played = cell.and_then(|cell| Some((cell.rate()?, cell)));
    let Some((rate, proportion)) = played else {
        canvas.rect((x, y), (right, bottom), GRID)?;
        return canvas.text("–", (centre, y + ROW / 2.0), 13, QUIET, Anchor::Centre);
    };
    canvas.rect((x, y), (right, bottom), shade(rate))?;
    let ink = if rate > 0.5 { WHITE } else { INK };
    let label = format!("{:.0} %", rate * 100.0);
    canvas.text(&label, (centre, y + 15.0), 14, ink, Anchor::Centre)?;
    let counts = format!("{} of {}", proportion.successes, proportion.n);
    canvas.text(&counts, (centre, y + 32.0), 11, ink, Anchor::Centre)
}

/// From nearly white at zero to [`FULL`] at one.
fn shade(rate: f64) -> RGBColor {
    let mix = |full: f64| (245.0 + (full - 245.0) * rate).round() as u8;
    RGBColor(mix(FULL.0), mix(FULL.1), mix(FULL.2))
}
