//! The loops around a tile.

use rayon::prelude::*;

use super::super::gemm::Write;
use super::{BLOCK, FixedMatrix, FixedRows, PANEL, PanelBlock, RowBlock, TILE_ROWS, Tile};

/// Rows that one thread multiplies with the whole matrix at a time, at most: with the panel that is
/// at work they stay in the second-level cache.
const MAX_CHUNK: usize = 16 * TILE_ROWS;

/// `y = [y +] x · w` for `y` `[x.rows(), w.cols()]`.
pub fn product(x: &FixedRows, w: &FixedMatrix, write: Write, y: &mut [f32]) {
    assert_eq!(x.blocks(), w.inner().div_ceil(BLOCK), "inner dimension");
    assert_eq!(y.len(), x.rows() * w.cols(), "outer dimensions");
    // Enough chunks for every thread to get some; the cut changes no number.
    let chunk = x.rows().div_ceil(16).next_multiple_of(TILE_ROWS);
    let chunk = chunk.clamp(TILE_ROWS, MAX_CHUNK);
    y.par_chunks_mut(chunk * w.cols())
        .enumerate()
        .with_max_len(1)
        .for_each(|(index, y)| multiply_chunk(x, index * chunk, w, write, y));
}

/// The rows of the product from `first`, as many as fit into `y`.
fn multiply_chunk(x: &FixedRows, first: usize, w: &FixedMatrix, write: Write, y: &mut [f32]) {
    for (index, panel) in w.panels().enumerate() {
        let start = index * PANEL;
        let columns = start..(start + PANEL).min(w.cols());
        let width = columns.len();
        let mut row = first;
        for y in y.chunks_mut(TILE_ROWS * w.cols()) {
            let mut tile: Tile = [[0.0; PANEL]; TILE_ROWS];
            let rows = y.len() / w.cols();
            if write == Write::Add {
                for (tile, y) in tile.iter_mut().zip(y.chunks_exact(w.cols())) {
                    tile[..width].copy_from_slice(&y[columns.clone()]);
                }
            }
            add_product(x, row..row + rows, panel, &mut tile);
            for (tile, y) in tile.iter().zip(y.chunks_exact_mut(w.cols())) {
                y[columns.clone()].copy_from_slice(&tile[..width]);
            }
            row += rows;
        }
    }
}

/// A panel's blocks and their scales.
pub(super) type Panel<'a> = (&'a [PanelBlock], &'a [[f32; PANEL]]);

/// A row's blocks and their scales.
pub(super) type Row<'a> = (&'a [RowBlock], &'a [f32]);

/// Adds the product of at most [`TILE_ROWS`] rows with a panel to `tile`.
fn add_product(x: &FixedRows, rows: std::ops::Range<usize>, panel: Panel<'_>, tile: &mut Tile) {
    #[cfg(target_arch = "x86_64")]
    if super::vnni::is_available() {
        let at = |index: usize| x.row(rows.start + index);
        match rows.len() {
            6 => super::vnni::add_product::<6>(std::array::from_fn(at), panel, tile),
            5 => super::vnni::add_product::<5>(std::array::from_fn(at), panel, tile),
            4 => super::vnni::add_product::<4>(std::array::from_fn(at), panel, tile),
            3 => super::vnni::add_product::<3>(std::array::from_fn(at), panel, tile),
            2 => super::vnni::add_product::<2>(std::array::from_fn(at), panel, tile),
            _ => super::vnni::add_product::<1>(std::array::from_fn(at), panel, tile),
        }
        return;
    }
    for (row, tile) in rows.zip(tile) {
        super::portable::add_product(x.row(row), panel, tile);
    }
}

#[cfg(test)]
mod tests {
    use super::super::portable;
    use super::*;
    use crate::kernels::{MatMut, MatRef, Threads, gemm};

    fn noise(len: usize, salt: f32) -> Vec<f32> {
        (0..len)
            .map(|i| ((i as f32 + salt) * 12.989).sin() * ((i % 17) as f32).exp2())
            .collect()
    }

    fn relative_error(ours: &[f32], exact: &[f32]) -> f64 {
        let norm = |x: &mut dyn Iterator<Item = f32>| x.map(|x| f64::from(x).powi(2)).sum::<f64>();
        let mut difference = ours.iter().zip(exact).map(|(a, b)| a - b);
        (norm(&mut difference) / norm(&mut exact.iter().copied())).sqrt()
    }

    #[test]
    fn products_of_any_shape_agree_with_floating_point() {
        for (rows, inner, cols) in [(1, 64, 64), (7, 130, 65), (40, 48, 200), (203, 192, 64)] {
            let (x, w) = (noise(rows * inner, 0.1), noise(inner * cols, 0.7));
            let mut exact = noise(rows * cols, 0.3);
            let mut ours = exact.clone();
            let mut view = MatMut::new(&mut exact, rows, cols);
            let (x_mat, w_mat) = (MatRef::new(&x, rows, inner), MatRef::new(&w, inner, cols));
            gemm(&mut view, Write::Add, 1.0, x_mat, w_mat, Threads::One);
            let x = FixedRows::new(&x, inner);
            product(
                &x,
                &FixedMatrix::new(&w, inner, cols),
                Write::Add,
                &mut ours,
            );
            let error = relative_error(&ours, &exact);
            assert!(error < 2e-4, "{rows} x {inner} x {cols}: {error:e}");
            // The transposed matrix gives the same numbers.
            let turned: Vec<f32> = (0..inner * cols)
                .map(|i| w[i % inner * cols + i / inner])
                .collect();
            let turned = FixedMatrix::transposed(&turned, cols, inner);
            assert_eq!(turned, FixedMatrix::new(&w, inner, cols));
        }
    }

    #[test]
    fn every_processor_computes_the_same_numbers() {
        let (rows, inner, cols) = (9, 200, 70);
        let x = FixedRows::new(&noise(rows * inner, 0.2), inner);
        let w = FixedMatrix::new(&noise(inner * cols, 0.9), inner, cols);
        let mut ours = vec![0.0; rows * cols];
        product(&x, &w, Write::Set, &mut ours);
        for (index, panel) in w.panels().enumerate() {
            for row in 0..rows {
                let mut sums = [0.0; PANEL];
                portable::add_product(x.row(row), panel, &mut sums);
                for (lane, sum) in sums.iter().enumerate() {
                    let col = index * PANEL + lane;
                    if col < cols {
                        assert_eq!(ours[row * cols + col].to_bits(), sum.to_bits());
                    }
                }
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let (rows, inner, cols) = (500, 64, 64);
        let x = FixedRows::new(&noise(rows * inner, 0.2), inner);
        let w = FixedMatrix::new(&noise(inner * cols, 0.9), inner, cols);
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let mut y = vec![0.0; rows * cols];
            pool.unwrap()
                .install(|| product(&x, &w, Write::Set, &mut y));
            y
        };
        assert_eq!(on(1), on(3));
    }
}
