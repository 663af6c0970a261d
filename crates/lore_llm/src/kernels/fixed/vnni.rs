//! The innermost loop of a fixed-point product, in AVX-512 VNNI.

use std::arch::x86_64::{
    __m512i, _mm512_cvtepi32_ps, _mm512_dpwssd_epi32, _mm512_fmadd_ps, _mm512_loadu_ps,
    _mm512_loadu_si512, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_si512,
    _mm512_storeu_ps,
};

use super::product::{Panel, Row};
use super::{PANEL, PanelBlock, RowBlock, Tile};

/// 32-bit numbers in a vector register.
const LANES: usize = 16;

/// Registers across a panel. Those of a tile's six rows are 24 of the 32 that there are.
const VECTORS: usize = PANEL / LANES;

/// True when the processor has the instructions.
pub(super) fn is_available() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512vnni")
}

/// Adds the product of some rows with a panel to the first `ROWS` rows of `tile`.
///
/// Panics without [`is_available`].
#[expect(
    unsafe_code,
    reason = "calling a function compiled for more instructions has no safe form"
)]
pub(super) fn add_product<const ROWS: usize>(
    rows: [Row<'_>; ROWS],
    panel: Panel<'_>,
    tile: &mut Tile,
) {
    assert!(is_available(), "the processor has AVX-512 VNNI");
    // SAFETY: the processor was just seen to have all that the function asks for.
    unsafe { add_product_vnni(rows, panel, tile) }
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn add_product_vnni<const ROWS: usize>(
    rows: [Row<'_>; ROWS],
    (panel, panel_scales): Panel<'_>,
    tile: &mut Tile,
) {
    for (index, panel) in panel.iter().zip(panel_scales).enumerate() {
        let rows = rows.map(|(blocks, scales)| (&blocks[index], scales[index]));
        add_block(rows, panel, tile);
    }
}

/// Adds the product of a block of some rows with a block of a panel.
///
/// Not inlined: seen together with the loop over blocks, the sums in `tile` are carried from one to the
/// next in registers that the products need, and a fifth of the time goes into spilling them.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512vnni")]
#[expect(unsafe_code, reason = "loads and stores of registers take pointers")]
fn add_block<const ROWS: usize>(
    rows: [(&RowBlock, f32); ROWS],
    (panel, panel_scales): (&PanelBlock, &[f32; PANEL]),
    tile: &mut Tile,
) {
    let sums = multiply_block(rows.map(|(row, _)| row), panel);
    for ((sums, (_, row_scale)), out) in sums.iter().zip(rows).zip(tile.iter_mut()) {
        let row_scale = _mm512_set1_ps(row_scale);
        let (panel_scales, _) = panel_scales.as_chunks::<LANES>();
        let (out, _) = out.as_chunks_mut::<LANES>();
        for ((sum, scale), out) in sums.iter().zip(panel_scales).zip(out) {
            // SAFETY: 16 numbers of 32 bits are what a register holds.
            let scale = unsafe { _mm512_loadu_ps(scale.as_ptr()) };
            // SAFETY: as above.
            let old = unsafe { _mm512_loadu_ps(out.as_ptr()) };
            let scale = _mm512_mul_ps(scale, row_scale);
            let new = _mm512_fmadd_ps(_mm512_cvtepi32_ps(*sum), scale, old);
            // SAFETY: as above, and `out` is borrowed mutably.
            unsafe { _mm512_storeu_ps(out.as_mut_ptr(), new) };
        }
    }
}

/// The exact product of a block of some rows with a block of a panel.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
#[expect(unsafe_code, reason = "loads of registers take pointers")]
fn multiply_block<const ROWS: usize>(
    rows: [&RowBlock; ROWS],
    panel: &PanelBlock,
) -> [[__m512i; VECTORS]; ROWS] {
    let mut sums = [[_mm512_setzero_si512(); VECTORS]; ROWS];
    for (index, columns) in panel.0.iter().enumerate() {
        let mut vectors = [_mm512_setzero_si512(); VECTORS];
        let (columns, _) = columns.as_chunks::<LANES>();
        for (vector, columns) in vectors.iter_mut().zip(columns) {
            // SAFETY: 16 pairs of 16 bits are what a register holds.
            *vector = unsafe { _mm512_loadu_si512(columns.as_ptr().cast()) };
        }
        for (sums, row) in sums.iter_mut().zip(rows) {
            let [first, second] = row[index].map(i16::to_le_bytes);
            let pair = i32::from_le_bytes([first[0], first[1], second[0], second[1]]);
            let pair = _mm512_set1_epi32(pair);
            for (sum, vector) in sums.iter_mut().zip(vectors) {
                *sum = _mm512_dpwssd_epi32(*sum, pair, vector);
            }
        }
    }
    sums
}
