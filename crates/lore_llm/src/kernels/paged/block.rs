//! Attention of a few queries of one key-value head.

use std::ops::Range;
use std::ptr;
use std::sync::Arc;

use super::super::AttentionShape;
use super::super::dot::{max_lanes, sum_lanes};
use super::super::exp::exp;
use super::super::panels::Instructions;
use super::super::vector::Vector;
use super::page::{PAGE, Page};
use super::product::add_product;

/// Queries that belong together in one sequence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    /// The pages of its sequence.
    pub(super) pages: &'a [Arc<Page>],
    /// The position of the first query.
    pub(super) position: usize,
    /// Queries, each with the heads of its group.
    pub(super) num_queries: usize,
}

/// What is computed: rows are the heads of a group for each query of each piece.
pub(super) struct Block<'a> {
    pub(super) shape: &'a AttentionShape,
    pub(super) kv_head: usize,
    pub(super) pieces: &'a [Piece<'a>],
    /// Queries, already multiplied with the scale, `[rows, head_dim]`.
    pub(super) queries: &'a [f32],
    /// What comes out, `[rows, head_dim]`; zeros before.
    pub(super) out: &'a mut [f32],
}

impl Block<'_> {
    /// Computes the block with these instructions, which are there.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(
            unsafe_code,
            reason = "calling a function compiled for more instructions has no safe form"
        )
    )]
    pub(super) fn compute(self, instructions: Instructions) {
        assert!(
            instructions.are_there(),
            "the processor has no {instructions:?}"
        );
        match instructions {
            Instructions::Portable => self.run::<[f32; 4]>(),
            // SAFETY: the processor was just seen to have the instructions.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { with_avx2(self) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => unsafe { with_avx512(self) },
        }
    }

    /// Goes through the pages, and within a page through the pieces: those that share a page find it
    /// unpacked.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `Vector`")]
    fn run<V: Vector>(self) {
        let dim = self.shape.head_dim;
        let num_rows = self.queries.len() / dim;
        let mut rows = vec![Row::default(); num_rows];
        let mut scores = vec![0.0; num_rows * PAGE];
        let mut tile = Tile::new(dim);
        let most = self.pieces.iter().map(|piece| piece.pages.len()).max();
        for index in 0..most.unwrap_or(0) {
            let mut end = 0;
            for piece in self.pieces {
                let first = end;
                end += piece.num_queries * self.shape.group();
                let Some(page) = piece.pages.get(index) else {
                    continue;
                };
                if !piece.sees(self.shape, index) {
                    continue;
                }
                tile.unpack(page, self.kv_head);
                let step = Step {
                    shape: self.shape,
                    position: piece.position,
                    first_key: index * PAGE,
                    tile: &tile,
                };
                step.take::<V>(
                    &self.queries[first * dim..end * dim],
                    &mut scores[first * PAGE..end * PAGE],
                    &mut rows[first..end],
                    &mut self.out[first * dim..end * dim],
                );
            }
        }
        for (row, out) in rows.iter().zip(self.out.chunks_exact_mut(dim)) {
            let factor = 1.0 / row.sum;
            for value in out.iter_mut() {
                *value *= factor;
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_avx2(block: Block<'_>) {
    block.run::<std::arch::x86_64::__m256>();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn with_avx512(block: Block<'_>) {
    block.run::<std::arch::x86_64::__m512>();
}

impl Piece<'_> {
    /// True when a query sees a key of a page.
    fn sees(&self, shape: &AttentionShape, page: usize) -> bool {
        let first_key = page * PAGE;
        first_key < self.position + self.num_queries
            && shape.first_key(self.position) < first_key + PAGE
    }
}

/// The keys and values of one head in one page, in f32.
struct Tile<'a> {
    page: Option<&'a Page>,
    /// `[head_dim, PAGE]`.
    keys: Vec<f32>,
    /// `[PAGE, head_dim]`.
    values: Vec<f32>,
}

impl<'a> Tile<'a> {
    fn new(dim: usize) -> Self {
        Self {
            page: None,
            keys: vec![0.0; dim * PAGE],
            values: vec![0.0; dim * PAGE],
        }
    }

    fn unpack(&mut self, page: &'a Page, head: usize) {
        if self.page.is_none_or(|unpacked| !ptr::eq(unpacked, page)) {
            page.unpack(head, &mut self.keys, &mut self.values);
            self.page = Some(page);
        }
    }
}

/// The softmax of a row so far.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// The largest score.
    max: f32,
    /// The sum of `e^(score - max)`.
    sum: f32,
}

impl Default for Row {
    fn default() -> Self {
        Self {
            max: f32::NEG_INFINITY,
            sum: 0.0,
        }
    }
}

/// The queries of one piece and one page.
struct Step<'a> {
    shape: &'a AttentionShape,
    /// Of the first query.
    position: usize,
    /// The position of the page's first key.
    first_key: usize,
    tile: &'a Tile<'a>,
}

impl Step<'_> {
    /// Adds to `out` what the queries see in the page.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `Vector`")]
    fn take<V: Vector>(
        &self,
        queries: &[f32],
        scores: &mut [f32],
        rows: &mut [Row],
        out: &mut [f32],
    ) {
        let dim = self.shape.head_dim;
        scores.fill(0.0);
        add_rows::<V>(queries, &self.tile.keys, scores, PAGE);
        let group = self.shape.group();
        for (index, row) in rows.iter_mut().enumerate() {
            let position = self.position + index / group;
            let seen = self.shape.first_key(position).max(self.first_key)
                ..(position + 1).clamp(self.first_key, self.first_key + PAGE);
            row.take(
                &mut scores[index * PAGE..(index + 1) * PAGE],
                seen.start.min(seen.end) - self.first_key..seen.end - self.first_key,
                &mut out[index * dim..(index + 1) * dim],
            );
        }
        add_rows::<V>(scores, &self.tile.values, out, dim);
    }
}

impl Row {
    /// Turns scores into weights, those of unseen keys into zeros, and rescales what was added up
    /// with a smaller maximum.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `Vector`")]
    fn take(&mut self, scores: &mut [f32], seen: Range<usize>, out: &mut [f32]) {
        if seen.is_empty() {
            return scores.fill(0.0);
        }
        // Of unseen keys, before the whole page becomes weights at once.
        scores[..seen.start].fill(f32::NEG_INFINITY);
        scores[seen.end..].fill(f32::NEG_INFINITY);
        let max = self.max.max(max_lanes(scores));
        if max > self.max {
            let factor = exp(self.max - max);
            self.sum *= factor;
            for value in out.iter_mut() {
                *value *= factor;
            }
            self.max = max;
        }
        for score in scores.iter_mut() {
            *score = exp(*score - max);
        }
        scores[..seen.start].fill(0.0);
        scores[seen.end..].fill(0.0);
        self.sum += sum_lanes(scores);
    }
}

/// [`add_product`] for any number of rows.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see `Vector`")]
fn add_rows<V: Vector>(a: &[f32], b: &[f32], out: &mut [f32], width: usize) {
    let k = b.len() / width;
    let (mut a, mut out) = (a, out);
    macro_rules! rows {
        ($count:literal) => {{
            let (a_now, a_later) = a.split_at($count * k);
            let (out_now, out_later) = out.split_at_mut($count * width);
            add_product::<V, $count>(a_now, b, out_now, width);
            (a_later, out_later)
        }};
    }
    while !a.is_empty() {
        (a, out) = match a.len() / k {
            6.. => rows!(6),
            3.. => rows!(3),
            _ => rows!(1),
        };
    }
}
