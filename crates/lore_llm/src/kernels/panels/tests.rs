//! Products against the definition.

use super::super::team::Team;
use super::*;

const ROWS: usize = 70;
const COLS: usize = 5 * GROUP;

fn numbers(len: usize, step: f32) -> Vec<f32> {
    (0..len).map(|i| (i as f32 * step).sin() * 3.0).collect()
}

fn scale(index: usize) -> u16 {
    f16::from_f32(0.01 + index as f32 / 4096.0).to_bits()
}

fn nibbles(shifted: bool) -> PackedMatrix {
    let groups: Vec<NibbleGroup> = (0..ROWS * COLS / GROUP)
        .map(|group| NibbleGroup {
            quants: std::array::from_fn(|i| ((group * 16 + i) * 37 % 251) as u8),
            scale: scale(group),
            shift: f16::from_f32(-0.1 - group as f32 / 700.0).to_bits(),
        })
        .collect();
    PackedMatrix::from_nibbles(ROWS, COLS, &groups, shifted)
}

fn bytes() -> PackedMatrix {
    let groups: Vec<ByteGroup> = (0..ROWS * COLS / GROUP)
        .map(|group| ByteGroup {
            quants: std::array::from_fn(|i| ((group * 32 + i) * 37 % 256) as u8 as i8),
            scale: scale(group),
        })
        .collect();
    PackedMatrix::from_bytes(ROWS, COLS, &groups)
}

fn bf16() -> PackedMatrix {
    let numbers = numbers(ROWS * COLS, 0.3);
    let halves: Vec<u16> = numbers.iter().map(|x| (x.to_bits() >> 16) as u16).collect();
    PackedMatrix::from_bf16(ROWS, COLS, &halves)
}

fn all() -> [PackedMatrix; 4] {
    [nibbles(false), nibbles(true), bytes(), bf16()]
}

fn instructions() -> Vec<Instructions> {
    let mut there = vec![Instructions::Portable];
    #[cfg(target_arch = "x86_64")]
    there.extend([Instructions::Avx2, Instructions::Avx512]);
    there.retain(|instructions| instructions.are_there());
    there
}

fn product(
    matrix: &PackedMatrix,
    instructions: Instructions,
    x: &[f32],
    threads: usize,
) -> Vec<f32> {
    let mut y = vec![f32::NAN; x.len() / COLS * ROWS];
    let mut rounded = Activations::default();
    matrix.matmul(&Team::new(threads), instructions, x, &mut rounded, &mut y);
    y
}

/// The activations as a product with such weights sees them.
fn seen(matrix: &PackedMatrix, x: &[f32]) -> Vec<f32> {
    if !matrix.rounds_activations() {
        return x.to_vec();
    }
    let round = |group: &[f32]| {
        let step = group.iter().fold(0.0f32, |max, x| max.max(x.abs())) / 127.0;
        let rounded = group
            .iter()
            .map(move |x| (x / step).round_ties_even() * step);
        rounded.collect::<Vec<_>>()
    };
    x.chunks(GROUP).flat_map(round).collect()
}

/// With the activations rounded as they are, what is left is the error of f32 sums.
#[test]
fn products_are_those_of_the_unpacked_weights() {
    let x = numbers(21 * COLS, 0.37);
    for matrix in all() {
        let x = seen(&matrix, &x);
        for instructions in instructions() {
            let y = product(&matrix, instructions, &x, 2);
            for (x, y) in x.chunks(COLS).zip(y.chunks(ROWS)) {
                for (row, y) in y.iter().enumerate() {
                    let weights = matrix.row(row);
                    let terms = x.iter().zip(&weights).map(|(x, w)| f64::from(x * w));
                    let size: f64 = terms.clone().map(f64::abs).sum();
                    let error = (f64::from(*y) - terms.sum::<f64>()).abs();
                    assert!(
                        error < 2e-6 * size,
                        "{error:e} of {size} with {instructions:?}"
                    );
                }
            }
        }
    }
}

/// Eight bits for each activation: the error of a product stays below one per cent of its terms.
#[test]
fn rounding_activations_costs_little() {
    let x = numbers(4 * COLS, 0.37);
    for matrix in all() {
        let y = product(&matrix, Instructions::best(), &x, 1);
        for (x, y) in x.chunks(COLS).zip(y.chunks(ROWS)) {
            for (row, y) in y.iter().enumerate() {
                let weights = matrix.row(row);
                let terms = x.iter().zip(&weights).map(|(x, w)| x * w);
                let size = terms.clone().map(|term| term * term).sum::<f32>().sqrt();
                assert!((y - terms.sum::<f32>()).abs() < 0.01 * size);
            }
        }
    }
}

/// Bit for bit.
#[test]
fn a_row_does_not_depend_on_its_neighbours_nor_on_the_threads() {
    let x = numbers(150 * COLS, 0.11);
    for matrix in all() {
        for instructions in instructions() {
            let together = product(&matrix, instructions, &x, 3);
            for (x, expected) in x.chunks(COLS).zip(together.chunks(ROWS)).step_by(7) {
                assert_eq!(product(&matrix, instructions, x, 1), expected);
            }
        }
    }
}

#[test]
fn rows_are_reordered_whole() {
    let order: Vec<usize> = (0..ROWS).map(|row| row * 3 % ROWS).collect();
    for matrix in all() {
        let reordered = matrix.reordered(&order);
        for (row, source) in order.iter().enumerate() {
            assert_eq!(reordered.row(row), matrix.row(*source));
        }
    }
}

#[test]
fn zeros_stay_zeros() {
    for matrix in all() {
        assert_eq!(
            product(&matrix, Instructions::best(), &[0.0; COLS], 1),
            [0.0; ROWS]
        );
    }
}
