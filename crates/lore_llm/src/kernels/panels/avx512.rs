//! Tiles of products with AVX-512: a row of a panel in each lane.

use std::arch::x86_64::{
    __m512, __m512i, _mm256_load_si256, _mm512_and_si512, _mm512_cvtepi32_ps, _mm512_cvtph_ps,
    _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_load_si512, _mm512_mul_ps, _mm512_set1_epi8,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512, _mm512_slli_epi32,
    _mm512_srli_epi16, _mm512_storeu_ps,
};

use super::activations::Block;
use super::product::QuantPanel;
use super::{GROUP, Halves, Line, PANEL, QUAD, Width, portable};

/// Rows of activations times a panel of quants: products of eight bits are added up in 32 bits
/// within a group, and groups in f32.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn quants<const T: usize>(
    panel: &QuantPanel<'_>,
    blocks: &[Block],
    first: usize,
) -> [[f32; PANEL]; T] {
    match (panel.width, panel.shifts) {
        (Width::Nibble, None) => shifted::<T, true, false>(panel, &[], blocks, first),
        (Width::Nibble, Some(shifts)) => shifted::<T, true, true>(panel, shifts, blocks, first),
        (Width::Byte, None) => shifted::<T, false, false>(panel, &[], blocks, first),
        (Width::Byte, Some(shifts)) => shifted::<T, false, true>(panel, shifts, blocks, first),
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn shifted<const T: usize, const NIBBLES: bool, const SHIFTED: bool>(
    panel: &QuantPanel<'_>,
    shifts: &[Halves],
    blocks: &[Block],
    first: usize,
) -> [[f32; PANEL]; T] {
    let per_group = panel.width.lines();
    let mut sums = [_mm512_setzero_ps(); T];
    let weights = panel.scales.iter().zip(panel.lines.chunks_exact(per_group));
    for (group, ((scale, lines), block)) in weights.zip(blocks).enumerate() {
        let quants = if NIBBLES {
            split_nibbles(lines)
        } else {
            std::array::from_fn(|place| load(&lines[place]))
        };
        let scale = load_halves(scale);
        let rows = block.quads[first..first + T].iter();
        let terms = &block.terms[first..first + T];
        for (sum, (quads, term)) in sums.iter_mut().zip(rows.zip(terms)) {
            let count = _mm512_set1_epi32(term.minus_count);
            let mut dot = match (NIBBLES, SHIFTED) {
                (true, true) => _mm512_setzero_si512(),
                (true, false) => _mm512_slli_epi32::<3>(count),
                (false, _) => _mm512_slli_epi32::<7>(count),
            };
            for (quants, quad) in quants.iter().zip(quads) {
                dot = _mm512_dpbusd_epi32(dot, *quants, _mm512_set1_epi32(*quad));
            }
            let factor = _mm512_mul_ps(scale, _mm512_set1_ps(term.scale));
            *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), factor, *sum);
            if SHIFTED {
                let shift = load_halves(&shifts[group]);
                *sum = _mm512_fmadd_ps(shift, _mm512_set1_ps(term.sum), *sum);
            }
        }
    }
    sums.map(|sum| store(sum))
}

/// Rows of activations times a panel of bf16.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn bf16<const T: usize>(panel: &[Halves], rows: [&[f32]; T]) -> [[f32; PANEL]; T] {
    portable::bf16::<T, true>(panel, rows)
}

/// The low nibbles of a group's lines, then the high ones.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn split_nibbles(lines: &[Line]) -> [__m512i; GROUP / QUAD] {
    let low = _mm512_set1_epi8(15);
    let half = GROUP / QUAD / 2;
    std::array::from_fn(|place| {
        let both = load(&lines[place % half]);
        if place < half {
            _mm512_and_si512(both, low)
        } else {
            _mm512_and_si512(_mm512_srli_epi16::<4>(both), low)
        }
    })
}

#[target_feature(enable = "avx512f")]
#[inline]
#[expect(unsafe_code, reason = "vectors are loaded through pointers")]
fn load(line: &Line) -> __m512i {
    // SAFETY: a line is 64 initialised bytes, aligned to 64.
    unsafe { _mm512_load_si512((&raw const line.0).cast()) }
}

/// Sixteen numbers of half precision.
#[target_feature(enable = "avx512f")]
#[inline]
#[expect(unsafe_code, reason = "vectors are loaded through pointers")]
fn load_halves(halves: &Halves) -> __m512 {
    // SAFETY: they are 32 initialised bytes, aligned to 32.
    let bits = unsafe { _mm256_load_si256((&raw const halves.0).cast()) };
    _mm512_cvtph_ps(bits)
}

#[target_feature(enable = "avx512f")]
#[inline]
#[expect(unsafe_code, reason = "vectors are stored through pointers")]
fn store(sum: __m512) -> [f32; PANEL] {
    let mut values = [0.0; PANEL];
    // SAFETY: there is room for sixteen numbers.
    unsafe { _mm512_storeu_ps(values.as_mut_ptr(), sum) };
    values
}
