//! Attention of whole batches.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::panels::Instructions;
use super::super::{AttentionShape, Team};
use super::block::{Block, Piece};
use super::page::Page;

/// Queries of a sequence that are worked on at once.
const PIECE_QUERIES: usize = 32;

/// Short pieces of several sequences are worked on together up to this many queries.
const BLOCK_QUERIES: usize = 8;

/// Neighbouring rows of a batch that continue one sequence.
#[derive(Clone, Debug)]
pub struct Sequence<'a> {
    /// Rows of the batch.
    pub rows: Range<usize>,
    /// The position of the first row.
    pub position: usize,
    /// Keys and values, up to the last row at least.
    pub pages: &'a [Arc<Page>],
}

/// A row of the batch and the piece that begins with it.
type Placed<'a> = (usize, Piece<'a>);

/// `out = softmax(scale · q · kᵀ, causal) · v` for `q` and `out` `[rows, num_heads · head_dim]`. A row
/// sees the keys of its sequence up to and including its own.
pub fn attend(
    team: &Team,
    instructions: Instructions,
    shape: &AttentionShape,
    q: &[f32],
    sequences: &[Sequence<'_>],
    out: &mut [f32],
) {
    assert_eq!(q.len(), out.len(), "queries and output of one shape");
    let blocks = blocks(sequences);
    let num_tasks = blocks.len() * shape.num_kv_heads;
    let results: Vec<Mutex<Vec<f32>>> = (0..num_tasks).map(|_| Mutex::default()).collect();
    team.run(num_tasks, &|task| {
        // The longest sequences last in a batch of pieces: they are begun first.
        let block = &blocks[blocks.len() - 1 - task / shape.num_kv_heads];
        let result = compute(instructions, shape, q, block, task % shape.num_kv_heads);
        *results[task].lock().unwrap_or_else(PoisonError::into_inner) = result;
    });
    for (task, result) in results.into_iter().enumerate() {
        let block = &blocks[blocks.len() - 1 - task / shape.num_kv_heads];
        let result = result.into_inner().unwrap_or_else(PoisonError::into_inner);
        scatter(shape, block, task % shape.num_kv_heads, &result, out);
    }
}

/// Cuts sequences into pieces, and puts short ones together.
fn blocks<'a>(sequences: &[Sequence<'a>]) -> Vec<Vec<Placed<'a>>> {
    let mut blocks: Vec<Vec<Placed<'_>>> = Vec::new();
    let mut in_block = usize::MAX;
    for sequence in sequences {
        for first in sequence.rows.clone().step_by(PIECE_QUERIES) {
            let num_queries = PIECE_QUERIES.min(sequence.rows.end - first);
            let piece = Piece {
                pages: sequence.pages,
                position: sequence.position + first - sequence.rows.start,
                num_queries,
            };
            match blocks.last_mut() {
                Some(block) if in_block.saturating_add(num_queries) <= BLOCK_QUERIES => {
                    block.push((first, piece));
                    in_block += num_queries;
                }
                _ => {
                    blocks.push(vec![(first, piece)]);
                    in_block = num_queries;
                }
            }
        }
    }
    blocks
}

/// The attention of a block and a key-value head, `[rows, head_dim]`.
fn compute(
    instructions: Instructions,
    shape: &AttentionShape,
    q: &[f32],
    block: &[Placed<'_>],
    kv_head: usize,
) -> Vec<f32> {
    let width = shape.group() * shape.head_dim;
    let mut queries = Vec::new();
    for row in block.iter().flat_map(rows_of) {
        let start = row * shape.query_width() + kv_head * width;
        let heads = &q[start..start + width];
        queries.extend(heads.iter().map(|value| value * shape.scale));
    }
    let pieces: Vec<Piece<'_>> = block.iter().map(|(_, piece)| *piece).collect();
    let mut out = vec![0.0; queries.len()];
    let block = Block {
        shape,
        kv_head,
        pieces: &pieces,
        queries: &queries,
        out: &mut out,
    };
    block.compute(instructions);
    out
}

/// Puts the attention of a block and a key-value head where it belongs.
fn scatter(
    shape: &AttentionShape,
    block: &[Placed<'_>],
    kv_head: usize,
    result: &[f32],
    out: &mut [f32],
) {
    let width = shape.group() * shape.head_dim;
    let rows = block.iter().flat_map(rows_of);
    for (row, heads) in rows.zip(result.chunks_exact(width)) {
        let start = row * shape.query_width() + kv_head * width;
        out[start..start + width].copy_from_slice(heads);
    }
}

/// Rows of the batch.
fn rows_of((first, piece): &Placed<'_>) -> Range<usize> {
    *first..first + piece.num_queries
}
