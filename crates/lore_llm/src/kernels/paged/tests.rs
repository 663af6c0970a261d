//! Attention against the definition.

use std::sync::Arc;

use super::*;
use crate::kernels::panels::Instructions;
use crate::kernels::{AttentionShape, Team, attention};

const LEN: usize = 3 * PAGE + 17;

fn numbers(len: usize, step: f32) -> Vec<f32> {
    (0..len).map(|i| (i as f32 * step).sin()).collect()
}

fn shapes() -> Vec<AttentionShape> {
    let windowed = AttentionShape {
        window: Some(70),
        ..AttentionShape::new(6, 2, 24)
    };
    vec![
        AttentionShape::new(9, 3, 64),
        AttentionShape::new(4, 4, 8),
        windowed,
    ]
}

fn instructions() -> Vec<Instructions> {
    let mut there = vec![Instructions::Portable];
    #[cfg(target_arch = "x86_64")]
    there.extend([Instructions::Avx2, Instructions::Avx512]);
    there.retain(|instructions| instructions.are_there());
    there
}

fn pages(shape: &AttentionShape, precision: Precision, k: &[f32], v: &[f32]) -> Vec<Arc<Page>> {
    let page = PAGE * shape.kv_width();
    let pages = k.chunks(page).zip(v.chunks(page)).map(|(k, v)| {
        let mut page = Page::new(shape, precision);
        page.write(0, k, v);
        Arc::new(page)
    });
    pages.collect()
}

struct Case {
    shape: AttentionShape,
    q: Vec<f32>,
    pages: Vec<Arc<Page>>,
    expected: Vec<f32>,
}

fn case(shape: AttentionShape, precision: Precision) -> Case {
    let q = numbers(LEN * shape.query_width(), 0.13);
    let k = numbers(LEN * shape.kv_width(), 0.29);
    let v = numbers(LEN * shape.kv_width(), 0.71);
    let mut expected = vec![0.0; q.len()];
    attention(&shape, &q, &k, &v, 0, &mut expected);
    Case {
        pages: pages(&shape, precision, &k, &v),
        shape,
        q,
        expected,
    }
}

impl Case {
    /// Attention of rows `first..end` alone.
    fn attend(&self, instructions: Instructions, first: usize, end: usize) -> Vec<f32> {
        let width = self.shape.query_width();
        let mut out = vec![f32::NAN; (end - first) * width];
        let sequence = Sequence {
            rows: 0..end - first,
            position: first,
            pages: &self.pages,
        };
        let q = &self.q[first * width..end * width];
        attend(
            &Team::new(2),
            instructions,
            &self.shape,
            q,
            &[sequence],
            &mut out,
        );
        out
    }
}

#[test]
fn pages_give_the_same_as_whole_sequences() {
    for (precision, tolerance) in [(Precision::Single, 1e-5), (Precision::Half, 2e-3)] {
        for shape in shapes() {
            let case = case(shape, precision);
            for instructions in instructions() {
                let ours = case.attend(instructions, 0, LEN);
                for (ours, expected) in ours.iter().zip(&case.expected) {
                    assert!((ours - expected).abs() < tolerance, "{ours} {expected}");
                }
            }
        }
    }
}

/// Bit for bit.
#[test]
fn a_query_does_not_depend_on_what_was_read_before() {
    for shape in shapes() {
        let width = shape.query_width();
        let case = case(shape, Precision::Half);
        for instructions in instructions() {
            let whole = case.attend(instructions, 0, LEN);
            for (first, end) in [(0, 1), (63, 66), (100, 190), (LEN - 1, LEN)] {
                let part = case.attend(instructions, first, end);
                assert_eq!(part, whole[first * width..end * width]);
            }
        }
    }
}

/// Bit for bit, with shared pages and without.
#[test]
fn sequences_side_by_side_equal_each_alone() {
    let shape = shapes()[0];
    let width = shape.query_width();
    let case = case(shape, Precision::Half);
    let positions = [150, 3, LEN - 1, 64, 63, 100, 120, 199, 200, 130];
    let sequences: Vec<Sequence<'_>> = positions
        .iter()
        .enumerate()
        .map(|(row, position)| Sequence {
            rows: row..row + 1,
            position: *position,
            pages: &case.pages,
        })
        .collect();
    let rows = positions.map(|position| &case.q[position * width..(position + 1) * width]);
    let mut out = vec![f32::NAN; positions.len() * width];
    let team = Team::new(2);
    attend(
        &team,
        Instructions::best(),
        &shape,
        &rows.concat(),
        &sequences,
        &mut out,
    );
    for (position, out) in positions.iter().zip(out.chunks(width)) {
        assert_eq!(
            case.attend(Instructions::best(), *position, position + 1),
            out
        );
    }
}
