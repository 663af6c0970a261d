//! The forward pass of every family, with a key-value cache.

mod active_adapter;
mod block;
mod kv_cache;
mod products;

use std::ops::Range;
use std::sync::Arc;

use anyhow::{Result, ensure};

use crate::kernels::linear::FEW_ROWS;
use crate::kernels::rms_norm;
use crate::{BaseModel, Rotations};

pub use active_adapter::ActiveAdapter;
pub use kv_cache::KvCache;
pub use products::Arithmetic;

use block::Scratch;
use products::Products;

/// Sequences that are decoded side by side at most. Up to this many rows, a row of a product does not
/// change with those beside it.
pub const MAX_LANES: usize = FEW_ROWS;

/// Tokens that are read at once at most; bounds the memory of activations.
const CHUNK: usize = 512;

/// Positions for which rotations are ready from the start.
const FIRST_POSITIONS: usize = 1024;

/// Runs a model. Holds what a forward pass needs beside the weights; sequences keep their own
/// [`KvCache`].
#[derive(Debug)]
pub struct Decoder {
    base: Arc<BaseModel>,
    products: Products,
    /// For each layer, of `num_positions` positions.
    rotations: Vec<Rotations>,
    num_positions: usize,
    scratch: Scratch,
}

/// Neighbouring rows of a batch that continue one sequence.
#[derive(Clone, Debug)]
struct Span {
    /// Rows of the batch.
    rows: Range<usize>,
    /// Which cache.
    cache: usize,
    /// The position of the first row.
    start: usize,
}

impl Decoder {
    /// A decoder for a model that computes exactly.
    pub fn new(base: Arc<BaseModel>) -> Self {
        Self::with_arithmetic(base, Arithmetic::Exact)
    }

    /// A decoder for a model that computes in this way.
    pub fn with_arithmetic(base: Arc<BaseModel>, arithmetic: Arithmetic) -> Self {
        let config = base.config();
        let num_positions = FIRST_POSITIONS.min(config.context_length);
        Self {
            products: Products::new(arithmetic),
            rotations: config.rotations(num_positions),
            num_positions,
            scratch: Scratch::default(),
            base,
        }
    }

    /// The model.
    pub fn base(&self) -> &Arc<BaseModel> {
        &self.base
    }

    /// Reads tokens behind those in the cache and gives the logits `[vocab]` of what follows the
    /// last one.
    pub fn forward(
        &mut self,
        tokens: &[u32],
        cache: &mut KvCache,
        adapter: Option<&ActiveAdapter>,
    ) -> Result<Vec<f32>> {
        self.forward_each(&[tokens], &mut [cache], adapter)
    }

    /// Reads tokens into each cache, some of all of them at once, and gives logits `[caches, vocab]` of
    /// what follows the last token of each.
    pub fn forward_each(
        &mut self,
        tokens: &[&[u32]],
        caches: &mut [&mut KvCache],
        adapter: Option<&ActiveAdapter>,
    ) -> Result<Vec<f32>> {
        let last = self.read_each(tokens, caches, adapter)?;
        Ok(self.logits(&last))
    }

    /// The same up to the hidden states `[caches, hidden]` behind the final norm, for
    /// [`Decoder::logits`].
    pub fn read_each(
        &mut self,
        tokens: &[&[u32]],
        caches: &mut [&mut KvCache],
        adapter: Option<&ActiveAdapter>,
    ) -> Result<Vec<f32>> {
        ensure!(
            tokens.iter().all(|tokens| !tokens.is_empty()),
            "There is nothing to read"
        );
        let hidden_size = self.base.config().hidden_size;
        let mut last = vec![0.0; tokens.len() * hidden_size];
        let mut rest: Vec<&[u32]> = tokens.to_vec();
        while rest.iter().any(|rest| !rest.is_empty()) {
            let (spans, batch) = next_batch(&mut rest, caches);
            let hidden = self.run(&batch, &spans, caches, adapter)?;
            for span in spans {
                caches[span.cache].advance(span.start + span.rows.len());
                let row = &hidden[(span.rows.end - 1) * hidden_size..span.rows.end * hidden_size];
                last[span.cache * hidden_size..(span.cache + 1) * hidden_size].copy_from_slice(row);
            }
        }
        Ok(last)
    }

    /// Reads tokens behind those in the cache and gives the hidden states `[tokens, hidden]` behind
    /// the final norm, for [`Decoder::logits`].
    pub fn forward_all(
        &mut self,
        tokens: &[u32],
        cache: &mut KvCache,
        adapter: Option<&ActiveAdapter>,
    ) -> Result<Vec<f32>> {
        let mut hidden = Vec::with_capacity(tokens.len() * self.base.config().hidden_size);
        for chunk in tokens.chunks(CHUNK) {
            hidden.extend(self.read(chunk, cache, adapter)?);
        }
        Ok(hidden)
    }

    /// Reads each branch behind the tokens in its cache, all of them at once. Gives the hidden states
    /// behind the final norm of all branches, one after the other.
    pub fn forward_branches(
        &mut self,
        branches: &[&[u32]],
        caches: &mut [KvCache],
        adapter: Option<&ActiveAdapter>,
    ) -> Result<Vec<f32>> {
        let mut end = 0;
        let spans: Vec<Span> = branches
            .iter()
            .enumerate()
            .map(|(index, branch)| {
                let rows = end..end + branch.len();
                end = rows.end;
                Span {
                    rows,
                    cache: index,
                    start: caches[index].len(),
                }
            })
            .collect();
        let mut caches: Vec<&mut KvCache> = caches.iter_mut().collect();
        let hidden = self.run(&branches.concat(), &spans, &mut caches, adapter)?;
        for (cache, span) in caches.iter_mut().zip(&spans) {
            cache.advance(span.start + span.rows.len());
        }
        Ok(hidden)
    }

    /// Reads one token into each cache and gives logits `[caches, vocab]`. A row does not depend on
    /// how many there are, as long as there are no more than [`crate::MAX_LANES`].
    pub fn step(
        &mut self,
        tokens: &[u32],
        caches: &mut [&mut KvCache],
        adapter: Option<&ActiveAdapter>,
    ) -> Result<Vec<f32>> {
        let tokens: Vec<&[u32]> = tokens.chunks(1).collect();
        self.forward_each(&tokens, caches, adapter)
    }

    /// Logits `[rows, vocab]` of hidden states `[rows, hidden]`.
    pub fn logits(&mut self, hidden: &[f32]) -> Vec<f32> {
        let head = self.base.weights.head();
        let rows = hidden.len() / head.cols;
        let mut logits = vec![0.0; rows * head.rows];
        let packed = self.base.packed.head.as_ref();
        self.products
            .matmul(hidden, head, packed, &mut logits, rows);
        if let Some(cap) = self.base.config().logit_cap {
            for logit in &mut logits {
                *logit = cap * (*logit / cap).tanh();
            }
        }
        logits
    }

    /// Reads a chunk of one sequence.
    fn read(
        &mut self,
        tokens: &[u32],
        cache: &mut KvCache,
        adapter: Option<&ActiveAdapter>,
    ) -> Result<Vec<f32>> {
        let start = cache.len();
        let span = Span {
            rows: 0..tokens.len(),
            cache: 0,
            start,
        };
        let hidden = self.run(tokens, &[span], &mut [&mut *cache], adapter)?;
        cache.advance(start + tokens.len());
        Ok(hidden)
    }

    /// The forward pass: hidden states behind the final norm. Caches receive keys and values, and
    /// the caller says how many of them count.
    fn run(
        &mut self,
        tokens: &[u32],
        spans: &[Span],
        caches: &mut [&mut KvCache],
        adapter: Option<&ActiveAdapter>,
    ) -> Result<Vec<f32>> {
        self.make_room(spans)?;
        let base = Arc::clone(&self.base);
        let config = base.config();
        let mut hidden = embed(&base, tokens)?;
        self.scratch.resize(config, tokens.len());
        for layer in 0..config.num_layers {
            self.block(layer, &mut hidden, spans, caches, adapter);
        }
        let mut normed = vec![0.0; hidden.len()];
        let norm = &base.weights.final_norm;
        rms_norm(&hidden, norm, config.norm_eps, &mut normed);
        Ok(normed)
    }

    /// Checks the length of the longest sequence and prepares its rotations.
    fn make_room(&mut self, spans: &[Span]) -> Result<()> {
        let ends = spans.iter().map(|span| span.start + span.rows.len());
        let end = ends.max().unwrap_or(0);
        let config = self.base.config();
        let limit = config.context_length;
        ensure!(
            end <= limit,
            "The text has {end} tokens, and the model takes at most {limit}"
        );
        if end > self.num_positions {
            self.num_positions = end.next_power_of_two().min(limit);
            self.rotations = config.rotations(self.num_positions);
        }
        Ok(())
    }
}

/// Takes up to [`CHUNK`] tokens from the beginnings of sequences, those of the first ones first.
fn next_batch(rest: &mut [&[u32]], caches: &[&mut KvCache]) -> (Vec<Span>, Vec<u32>) {
    let mut spans = Vec::new();
    let mut batch = Vec::new();
    for (cache, rest) in rest.iter_mut().enumerate() {
        let (now, later) = rest.split_at(rest.len().min(CHUNK - batch.len()));
        *rest = later;
        if !now.is_empty() {
            let rows = batch.len()..batch.len() + now.len();
            batch.extend_from_slice(now);
            spans.push(Span {
                rows,
                cache,
                start: caches[cache].len(),
            });
        }
    }
    (spans, batch)
}

/// The embeddings of tokens, `[tokens, hidden]`, scaled where the family does.
fn embed(base: &BaseModel, tokens: &[u32]) -> Result<Vec<f32>> {
    let embedding = &base.weights.embedding;
    let mut rows = Vec::with_capacity(tokens.len() * embedding.cols);
    for token in tokens {
        let index = *token as usize;
        ensure!(
            index < embedding.rows,
            "The tokenizer does not belong to the model: it knows token {index}, the model does not"
        );
        rows.extend_from_slice(&embedding.row(index));
    }
    // Not multiplied by one: that would cost a pass over the prompt for nothing.
    let scale = base.config().embedding_scale;
    if (scale - 1.0).abs() > f32::EPSILON {
        for value in &mut rows {
            *value *= scale;
        }
    }
    Ok(rows)
}
