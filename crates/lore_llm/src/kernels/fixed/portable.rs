//! The innermost loop of a fixed-point product, for every processor.

use super::PANEL;
use super::product::{Panel, Row};

/// Adds the product of a row with a panel to `out`: the very numbers that vector instructions give.
pub(super) fn add_product(
    (row, row_scales): Row<'_>,
    (panel, panel_scales): Panel<'_>,
    out: &mut [f32; PANEL],
) {
    let blocks = row
        .iter()
        .zip(row_scales)
        .zip(panel.iter().zip(panel_scales));
    for ((row, row_scale), (panel, panel_scales)) in blocks {
        let mut sums = [0i32; PANEL];
        for (pair, columns) in row.iter().zip(&panel.0) {
            for (sum, column) in sums.iter_mut().zip(columns) {
                let first = i32::from(pair[0]) * i32::from(column[0]);
                let second = i32::from(pair[1]) * i32::from(column[1]);
                // Only the whole sum is bound to fit into 32 bits.
                *sum = sum.wrapping_add(first.wrapping_add(second));
            }
        }
        for ((out, sum), scale) in out.iter_mut().zip(sums).zip(panel_scales) {
            *out = (sum as f32).mul_add(scale * row_scale, *out);
        }
    }
}
