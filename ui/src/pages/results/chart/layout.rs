//! Where rows, marks and grid lines stand. Pure arithmetic.

use egui::{Pos2, Rect, pos2};
use lore_core::SplitKind;

use super::model::{Mark, Row};

/// Height of a row, in points.
const ROW: f32 = 44.0;
/// Room for the numbers under the grid.
const AXIS: f32 = 26.0;
/// Width of the names at least.
const NAMES: f32 = 132.0;
/// Width of a letter of a name, generously.
const LETTER: f32 = 8.0;
/// Between the two marks of a row.
const APART: f32 = 14.0;

/// Height of the whole chart.
pub(super) fn height(num_rows: usize) -> f32 {
    ROW * num_rows as f32 + AXIS
}

/// Where things stand.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    rect: Rect,
    /// The area of the marks, without names and numbers.
    plot: Rect,
}

impl Layout {
    /// A chart that fills `rect`.
    pub(super) fn new(rect: Rect, rows: &[Row]) -> Self {
        let letters = rows.iter().map(|row| row.name.chars().count()).max();
        let names = (LETTER * letters.unwrap_or(0) as f32 + 20.0).max(NAMES);
        let names = names.min(rect.width() / 3.0);
        let plot = Rect::from_min_max(
            pos2(rect.left() + names, rect.top()),
            pos2(rect.right() - 18.0, rect.top() + ROW * rows.len() as f32),
        );
        Self { rect, plot }
    }

    /// A row from edge to edge.
    pub(super) fn row(&self, index: usize) -> Rect {
        let top = self.rect.top() + ROW * index as f32;
        Rect::from_x_y_ranges(self.rect.x_range(), top..=top + ROW)
    }

    /// Where a row's name begins.
    pub(super) fn name(&self, index: usize) -> Pos2 {
        pos2(self.rect.left() + 8.0, self.row(index).center().y)
    }

    /// Room for a name.
    pub(super) fn name_width(&self) -> f32 {
        self.plot.left() - self.rect.left() - 20.0
    }

    /// The area of the marks.
    pub(super) fn plot(&self) -> Rect {
        self.plot
    }

    /// Where a share of the whole stands from left to right.
    pub(super) fn x(&self, share: f64) -> f32 {
        self.plot.left() + self.plot.width() * share as f32
    }

    /// The middle of a mark and the ends of its interval: seen above, unseen below.
    pub(super) fn mark(&self, index: usize, mark: &Mark) -> [Pos2; 3] {
        let offset = match mark.split {
            SplitKind::Seen => -APART / 2.0,
            SplitKind::Unseen => APART / 2.0,
        };
        let y = self.row(index).center().y + offset;
        [mark.rate, mark.interval[0], mark.interval[1]].map(|share| pos2(self.x(share), y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(num: usize) -> Vec<Row> {
        let row = Row {
            name: String::new(),
            marks: Vec::new(),
            words: String::new(),
        };
        vec![row; num]
    }

    #[test]
    fn marks_stay_within_their_row_and_interval() {
        let rect = Rect::from_min_max(pos2(10.0, 20.0), pos2(610.0, 20.0 + height(5)));
        let layout = Layout::new(rect, &rows(5));
        for split in [SplitKind::Seen, SplitKind::Unseen] {
            let mark = Mark {
                split,
                rate: 0.5,
                interval: [0.0, 1.0],
            };
            for index in 0..5 {
                let [middle, low, high] = layout.mark(index, &mark);
                assert!(layout.row(index).contains(middle));
                assert!(low.x < middle.x && middle.x < high.x);
                assert!(rect.contains(low) && rect.contains(high));
            }
        }
    }
}
