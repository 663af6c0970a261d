//! Where columns stand. Pure arithmetic.

use egui::{Rect, pos2};

use super::{Column, Width};

/// The width of each column: fixed ones as asked, the others share what is left.
pub(super) fn widths(columns: &[Column<'_>], available: f32, gap: f32) -> Vec<f32> {
    let gaps = gap * (columns.len() + 1) as f32;
    let mut left = available - gaps;
    let mut shares = 0.0;
    for column in columns {
        match column.width {
            Width::Exact(width) => left -= width,
            Width::Flex { share, .. } => shares += share,
        }
    }
    columns
        .iter()
        .map(|column| match column.width {
            Width::Exact(width) => width,
            Width::Flex { share, min } => (left * share / shares.max(f32::EPSILON)).max(min),
        })
        .collect()
}

/// The area of each column within a row.
pub(super) fn areas(row: Rect, widths: &[f32], gap: f32) -> impl Iterator<Item = Rect> {
    let mut x = row.left() + gap;
    widths.iter().map(move |width| {
        let area = Rect::from_min_max(pos2(x, row.top()), pos2(x + width, row.bottom()));
        x += width + gap;
        area
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_row_exactly() {
        let columns = [
            Column::flex("a", 2.0, 10.0),
            Column::exact("b", 50.0),
            Column::flex("c", 1.0, 10.0),
        ];
        let widths = widths(&columns, 400.0, 10.0);
        assert!((widths.iter().sum::<f32>() + 40.0 - 400.0).abs() < 0.1);
        assert!((widths[0] - 2.0 * widths[2]).abs() < 0.1);
    }
}
