//! Products of a few rows.

use super::super::vector::Vector;

/// `out += a · b` for `a` `[R, k]`, `b` `[k, width]` and `out` `[R, width]`, each sum in order of `k`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see `Vector`")]
pub(super) fn add_product<V: Vector, const R: usize>(
    a: &[f32],
    b: &[f32],
    out: &mut [f32],
    width: usize,
) {
    let mut col = 0;
    while col + 4 * V::LEN <= width {
        add_columns::<V, R, 4>(a, b, out, width, col);
        col += 4 * V::LEN;
    }
    while col + V::LEN <= width {
        add_columns::<V, R, 1>(a, b, out, width, col);
        col += V::LEN;
    }
    let k = a.len() / R;
    for col in col..width {
        for (a, out) in a.chunks_exact(k).zip(out.chunks_exact_mut(width)) {
            for (a, b) in a.iter().zip(b.chunks_exact(width)) {
                out[col] += a * b[col];
            }
        }
    }
}

/// The part of [`add_product`] that `C` vectors hold.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see `Vector`")]
fn add_columns<V: Vector, const R: usize, const C: usize>(
    a: &[f32],
    b: &[f32],
    out: &mut [f32],
    width: usize,
    col: usize,
) {
    let k = a.len() / R;
    let rows: [&[f32]; R] = std::array::from_fn(|row| &a[row * k..(row + 1) * k]);
    let mut sums: [[V; C]; R] = std::array::from_fn(|row| {
        std::array::from_fn(|index| V::load(&out[row * width + col + index * V::LEN..]))
    });
    for (place, b) in b.chunks_exact(width).take(k).enumerate() {
        let b: [V; C] = std::array::from_fn(|index| V::load(&b[col + index * V::LEN..]));
        for (sums, row) in sums.iter_mut().zip(rows) {
            let factor = row[place];
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = sum.add_product(b, factor);
            }
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (index, sum) in sums.into_iter().enumerate() {
            sum.store(&mut out[row * width + col + index * V::LEN..]);
        }
    }
}
