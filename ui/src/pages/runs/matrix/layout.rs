//! Where rows and cells stand. Pure arithmetic.

use egui::{Pos2, Rect, Vec2, pos2};

/// Height of a row, in points.
const ROW: f32 = 28.0;
/// Room for the headings above the rows.
const HEAD: f32 = 24.0;
/// Width of the names.
const NAMES: f32 = 150.0;
/// The largest cell, with its gap.
const CELL: f32 = 24.0;
/// Between seen and unseen tasks.
const GAP: f32 = 16.0;

/// Height of the whole matrix.
pub(super) fn height(num_rows: usize) -> f32 {
    HEAD + ROW * num_rows as f32
}

/// Where things stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    rect: Rect,
    num_seen: usize,
    /// A cell with its gap.
    pitch: f32,
    names: f32,
}

impl Layout {
    /// A matrix that fills `rect` with at most `CELL` points a cell.
    pub(super) fn new(rect: Rect, num_columns: [usize; 2]) -> Self {
        let names = NAMES.min(rect.width() / 3.0);
        let num = (num_columns[0] + num_columns[1]).max(1) as f32;
        let room = rect.width() - names - GAP;
        Self {
            rect,
            num_seen: num_columns[0],
            pitch: (room / num).min(CELL),
            names,
        }
    }

    /// The area of a cell.
    pub(super) fn cell(&self, row: usize, column: usize) -> Rect {
        let gap = (self.pitch / 6.0).clamp(1.0, 3.0);
        let side = self.pitch - gap;
        let center = pos2(self.left(column) + side / 2.0, self.middle(row));
        Rect::from_center_size(center, Vec2::splat(side))
    }

    /// Where a row's name begins.
    pub(super) fn name(&self, row: usize) -> Pos2 {
        pos2(self.rect.left(), self.middle(row))
    }

    /// Room for a name.
    pub(super) fn name_width(&self) -> f32 {
        self.names - 8.0
    }

    /// Where the heading of seen or unseen tasks begins.
    pub(super) fn heading(&self, unseen: bool) -> Pos2 {
        let column = if unseen { self.num_seen } else { 0 };
        pos2(self.left(column), self.rect.top())
    }

    fn left(&self, column: usize) -> f32 {
        let gap = if column >= self.num_seen { GAP } else { 0.0 };
        self.rect.left() + self.names + gap + self.pitch * column as f32
    }

    fn middle(&self, row: usize) -> f32 {
        self.rect.top() + HEAD + ROW * (row as f32 + 0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fit_and_do_not_overlap() {
        for num_columns in [[6, 6], [73, 61], [0, 3], [0, 0]] {
            let rect = Rect::from_min_size(pos2(5.0, 7.0), Vec2::new(760.0, height(5)));
            let layout = Layout::new(rect, num_columns);
            let num = num_columns[0] + num_columns[1];
            for column in 0..num {
                let cell = layout.cell(4, column);
                assert!(rect.contains_rect(cell), "{num_columns:?}, column {column}");
                assert!(cell.width() > 1.0);
                if column > 0 {
                    assert!(layout.cell(4, column - 1).right() <= cell.left());
                }
            }
        }
    }
}
