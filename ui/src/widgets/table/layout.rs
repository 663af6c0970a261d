//! Where columns stand. Pure arithmetic.

use egui::{Rect, pos2};

use super::{Column, Width};

/// The width of each column: fixed ones as asked, the others share what is left. Optional columns
/// are left out, from the last on, until the rest fits; they have no width.
pub(super) fn widths(columns: &[Column<'_>], available: f32, gap: f32) -> Vec<Option<f32>> {
    let mut shown = vec![true; columns.len()];
    while narrowest(columns, &shown, gap) > available {
        let last = (0..columns.len()).rfind(|&index| shown[index] && columns[index].optional);
        let Some(last) = last else { break };
        shown[last] = false;
    }
    let num_shown = shown.iter().filter(|shown| **shown).count();
    let mut left = available - gap * (num_shown + 1) as f32;
    let mut shares = 0.0;
    for (column, _) in columns.iter().zip(&shown).filter(|(_, shown)| **shown) {
        match column.width {
            Width::Exact(width) => left -= width,
            Width::Flex { share, .. } => shares += share,
        }
    }
    let width = |column: &Column<'_>| match column.width {
        Width::Exact(width) => width,
        Width::Flex { share, min } => (left * share / shares.max(f32::EPSILON)).max(min),
    };
    columns
        .iter()
        .zip(shown)
        .map(|(column, shown)| shown.then(|| width(column)))
        .collect()
}

/// The least room the shown columns need.
fn narrowest(columns: &[Column<'_>], shown: &[bool], gap: f32) -> f32 {
    columns
        .iter()
        .zip(shown)
        .filter(|(_, shown)| **shown)
        .map(|(column, _)| match column.width {
            Width::Exact(width) => width + gap,
            Width::Flex { min, .. } => min + gap,
        })
        .sum::<f32>()
        + gap
}

/// The area of each column within a row; none for columns that are left out.
pub(super) fn areas(
    row: Rect,
    widths: &[Option<f32>],
    gap: f32,
) -> impl Iterator<Item = Option<Rect>> {
    let mut x = row.left() + gap;
    widths.iter().map(move |width| {
        let width = (*width)?;
        let area = Rect::from_min_max(pos2(x, row.top()), pos2(x + width, row.bottom()));
        x += width + gap;
        Some(area)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> [Column<'static>; 3] {
        [
            Column::flex("a", 2.0, 100.0),
            Column::exact("b", 50.0),
            Column::flex("c", 1.0, 100.0).optional(),
        ]
    }

    #[test]
    fn columns_fill_the_row_exactly() {
        let widths = widths(&columns(), 400.0, 10.0);
        let sum: f32 = widths.iter().flatten().sum();
        assert!((sum + 40.0 - 400.0).abs() < 0.1);
        assert!((widths[0].unwrap() - 2.0 * widths[2].unwrap()).abs() < 0.1);
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let widths = widths(&columns(), 260.0, 10.0);
        assert_eq!(widths[2], None);
        assert!((widths[0].unwrap() + 80.0 - 260.0).abs() < 0.1);
    }
}
