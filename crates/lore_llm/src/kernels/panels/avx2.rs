//! Tiles of products with AVX2: eight rows of a panel in each vector.

use std::arch::x86_64::{
    __m256, __m256i, _mm_loadu_si128, _mm256_abs_epi8, _mm256_add_epi16, _mm256_add_epi32,
    _mm256_and_si256, _mm256_cvtepi32_ps, _mm256_cvtph_ps, _mm256_fmadd_ps, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mul_ps, _mm256_set1_epi8, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256, _mm256_sign_epi8,
    _mm256_srli_epi16, _mm256_storeu_ps, _mm256_xor_si256,
};

use super::activations::{Block, Term};
use super::product::QuantPanel;
use super::{GROUP, Halves, Line, PANEL, QUAD, Width, portable};

/// Half a panel.
const LANES: usize = PANEL / 2;

/// Rows of activations times a panel of quants: products of eight bits are added up in 16 and 32 bits
/// within a group, and groups in f32.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn quants<const T: usize>(
    panel: &QuantPanel<'_>,
    blocks: &[Block],
    first: usize,
) -> [[f32; PANEL]; T] {
    let mut sums = [[_mm256_setzero_ps(); 2]; T];
    let lines = panel.lines.chunks_exact(panel.width.lines());
    for (group, (lines, block)) in lines.zip(blocks).enumerate() {
        for half in 0..2 {
            let scale = load_halves(&panel.scales[group], half);
            let rows = block.quads[first..first + T].iter();
            let terms = &block.terms[first..first + T];
            for (sums, (quads, term)) in sums.iter_mut().zip(rows.zip(terms)) {
                let dot = match panel.width {
                    Width::Nibble => nibble_dot(lines, half, quads, panel.offset, term),
                    Width::Byte => byte_dot(lines, half, quads),
                };
                let factor = _mm256_mul_ps(scale, _mm256_set1_ps(term.scale));
                let mut sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), factor, sums[half]);
                if let Some(shifts) = panel.shifts {
                    let shift = load_halves(&shifts[group], half);
                    sum = _mm256_fmadd_ps(shift, _mm256_set1_ps(term.sum), sum);
                }
                sums[half] = sum;
            }
        }
    }
    sums.map(|sum| store(sum))
}

/// Rows of activations times a panel of bf16.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn bf16<const T: usize>(panel: &[Halves], rows: [&[f32]; T]) -> [[f32; PANEL]; T] {
    portable::bf16::<T, true>(panel, rows)
}

/// The whole-number products of a group with half of the rows, less the offset.
#[target_feature(enable = "avx2")]
#[inline]
fn nibble_dot(lines: &[Line], half: usize, quads: &[i32], offset: u8, term: &Term) -> __m256i {
    let low = _mm256_set1_epi8(15);
    let (first, second) = quads.split_at(GROUP / QUAD / 2);
    // At most 16 products of 15 and 127: 16 bits hold the sum of a group.
    let mut sum = _mm256_setzero_si256();
    for (line, (first, second)) in lines.iter().zip(first.iter().zip(second)) {
        let both = load(line, half);
        let quants = _mm256_and_si256(both, low);
        let product = _mm256_maddubs_epi16(quants, _mm256_set1_epi32(*first));
        sum = _mm256_add_epi16(sum, product);
        let quants = _mm256_and_si256(_mm256_srli_epi16::<4>(both), low);
        let product = _mm256_maddubs_epi16(quants, _mm256_set1_epi32(*second));
        sum = _mm256_add_epi16(sum, product);
    }
    let dot = _mm256_madd_epi16(sum, _mm256_set1_epi16(1));
    _mm256_add_epi32(dot, _mm256_set1_epi32(i32::from(offset) * term.minus_count))
}

/// The whole-number products of a group of bytes with half of the rows.
#[target_feature(enable = "avx2")]
#[inline]
fn byte_dot(lines: &[Line], half: usize, quads: &[i32]) -> __m256i {
    let mut dot = _mm256_setzero_si256();
    for (line, quad) in lines.iter().zip(quads) {
        let quants = _mm256_xor_si256(load(line, half), _mm256_set1_epi8(-128));
        // The first factor has to be without sign: it moves to the second. Two products of 128 and
        // 127 fit into 16 bits.
        let value = _mm256_sign_epi8(_mm256_set1_epi32(*quad), quants);
        let product = _mm256_maddubs_epi16(_mm256_abs_epi8(quants), value);
        dot = _mm256_add_epi32(dot, _mm256_madd_epi16(product, _mm256_set1_epi16(1)));
    }
    dot
}

#[target_feature(enable = "avx2")]
#[inline]
#[expect(unsafe_code, reason = "vectors are loaded through pointers")]
fn load(line: &Line, half: usize) -> __m256i {
    let bytes: &[u8; QUAD * LANES] = &line.0.as_chunks().0[half];
    // SAFETY: these are 32 initialised bytes.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// Eight numbers of half precision.
#[target_feature(enable = "avx2,f16c")]
#[inline]
#[expect(unsafe_code, reason = "vectors are loaded through pointers")]
fn load_halves(halves: &Halves, half: usize) -> __m256 {
    let numbers: &[u16; LANES] = &halves.0.as_chunks().0[half];
    // SAFETY: these are 16 initialised bytes.
    let bits = unsafe { _mm_loadu_si128(numbers.as_ptr().cast()) };
    _mm256_cvtph_ps(bits)
}

#[target_feature(enable = "avx2")]
#[inline]
#[expect(unsafe_code, reason = "vectors are stored through pointers")]
fn store(sums: [__m256; 2]) -> [f32; PANEL] {
    let mut values = [0.0f32; PANEL];
    for (values, sum) in values.as_chunks_mut::<LANES>().0.iter_mut().zip(sums) {
        // SAFETY: there is room for eight numbers.
        unsafe { _mm256_storeu_ps(values.as_mut_ptr(), sum) };
    }
    values
}
