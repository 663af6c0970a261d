//! One transformer block: attention, then the feed-forward part, each added to its input.

use lore_core::TargetModule;

use super::active_adapter::Update;
use super::products::Products;
use super::{ActiveAdapter, Decoder, KvCache, Span};
use crate::kernels::linear::add_bias;
use crate::kernels::paged::Sequence;
use crate::kernels::panels::PackedMatrix;
use crate::kernels::{
    AttentionShape, MatMut, MatRef, Rotation, Threads, Write, gated, gemm, matmul_nt, rms_norm,
    rms_norm_in_place,
};
use crate::{Linear, MAX_LANES, ModelConfig, Rotations, Vector};

/// Activations, kept between blocks and calls so that memory is asked for once.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    rows: usize,
    normed: Vec<f32>,
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    attended: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
    activated: Vec<f32>,
    /// What is added to the hidden state.
    update: Vec<f32>,
}

impl Scratch {
    /// Makes room for `rows` tokens.
    pub(super) fn resize(&mut self, config: &ModelConfig, rows: usize) {
        let Self {
            rows: current,
            normed,
            q,
            k,
            v,
            attended,
            gate,
            up,
            activated,
            update,
        } = self;
        *current = rows;
        for (buffer, width) in [
            (normed, config.hidden_size),
            (q, config.query_size()),
            (k, config.kv_size()),
            (v, config.kv_size()),
            (attended, config.query_size()),
            (gate, config.intermediate_size),
            (up, config.intermediate_size),
            (activated, config.intermediate_size),
            (update, config.hidden_size),
        ] {
            buffer.resize(rows * width, 0.0);
        }
    }
}

/// A projection of one layer, with its adapter.
#[derive(Clone, Copy)]
struct Projection<'a> {
    linear: &'a Linear,
    packed: Option<&'a PackedMatrix>,
    update: Option<Update<'a>>,
}

impl Projection<'_> {
    /// `y = outputs · (x · weightᵀ) + bias + scale · (x · aᵀ) · bᵀ`.
    fn apply(&self, products: &mut Products, x: &[f32], y: &mut [f32], rows: usize) {
        let weight = &self.linear.weight;
        let (into, out) = (weight.cols, weight.rows);
        products.matmul(x, weight, self.packed, y, rows);
        if let Some(outputs) = self.update.and_then(|update| update.outputs) {
            for row in y.chunks_exact_mut(out) {
                row.iter_mut().zip(outputs).for_each(|(y, by)| *y *= by);
            }
        }
        if let Some(bias) = &self.linear.bias {
            add_bias(y, bias);
        }
        let Some(Update {
            rank, a, b, scale, ..
        }) = self.update
        else {
            return;
        };
        let mut reduced = vec![0.0; rows * rank];
        matmul_nt(x, a, &mut reduced, rows, into, rank);
        if rows <= MAX_LANES {
            // The product that gives the same for every number of rows.
            let mut update = vec![0.0; rows * out];
            matmul_nt(&reduced, b, &mut update, rows, rank, out);
            for (y, update) in y.iter_mut().zip(update) {
                *y += scale * update;
            }
        } else {
            gemm(
                &mut MatMut::new(y, rows, out),
                Write::Add,
                scale,
                MatRef::new(&reduced, rows, rank),
                MatRef::new(b, out, rank).t(),
                Threads::All,
            );
        }
    }
}

impl Decoder {
    /// Adds what block `layer` computes to `hidden` `[rows, hidden]`.
    pub(super) fn block(
        &mut self,
        layer: usize,
        hidden: &mut [f32],
        spans: &[Span],
        caches: &mut [&mut KvCache],
        adapter: Option<&ActiveAdapter>,
    ) {
        let Self {
            base,
            rotations,
            products,
            scratch,
            ..
        } = self;
        let config = base.config();
        let eps = config.norm_eps;
        let weights = &base.weights.layers[layer];
        let projection = |module| Projection {
            linear: weights.linear(module),
            packed: base.packed.layers[layer][module as usize].as_ref(),
            update: adapter.and_then(|adapter| adapter.update(layer, module)),
        };
        let rows = scratch.rows;

        let normed = &mut scratch.normed;
        rms_norm(hidden, &weights.input_norm, eps, normed);
        projection(TargetModule::QProj).apply(products, normed, &mut scratch.q, rows);
        projection(TargetModule::KProj).apply(products, normed, &mut scratch.k, rows);
        projection(TargetModule::VProj).apply(products, normed, &mut scratch.v, rows);
        normalise(&mut scratch.q, weights.q_norm.as_ref(), eps);
        normalise(&mut scratch.k, weights.k_norm.as_ref(), eps);
        let shape = config.attention_shape(layer);
        let turns = &rotations[layer];
        scratch.attend(products, layer, &shape, turns, spans, caches);
        let update = &mut scratch.update;
        projection(TargetModule::OProj).apply(products, &scratch.attended, update, rows);
        normalise(update, weights.attention_out_norm.as_ref(), eps);
        add(hidden, update);

        let normed = &mut scratch.normed;
        rms_norm(hidden, &weights.post_norm, eps, normed);
        projection(TargetModule::GateProj).apply(products, normed, &mut scratch.gate, rows);
        projection(TargetModule::UpProj).apply(products, normed, &mut scratch.up, rows);
        let activated = &mut scratch.activated;
        gated(config.activation, &scratch.gate, &scratch.up, activated);
        projection(TargetModule::DownProj).apply(products, activated, update, rows);
        normalise(update, weights.feed_forward_out_norm.as_ref(), eps);
        add(hidden, update);
    }
}

impl Scratch {
    /// Rotates queries and keys, remembers keys and values, and fills `attended`.
    fn attend(
        &mut self,
        products: &mut Products,
        layer: usize,
        shape: &AttentionShape,
        rotations: &Rotations,
        spans: &[Span],
        caches: &mut [&mut KvCache],
    ) {
        let (query_width, kv_width) = (shape.query_width(), shape.kv_width());
        for span in spans {
            let queries = span.rows.start * query_width..span.rows.end * query_width;
            let keys = span.rows.start * kv_width..span.rows.end * kv_width;
            let q = &mut self.q[queries];
            let turn = Rotation::Forward;
            rotations.queries.apply(q, query_width, span.start, turn);
            let k = &mut self.k[keys.clone()];
            rotations.keys.apply(k, kv_width, span.start, turn);
            let rows = (&*k, &self.v[keys]);
            caches[span.cache].write(layer, span.start, shape, products.precision(), rows);
        }
        let sequences: Vec<Sequence<'_>> = spans
            .iter()
            .map(|span| Sequence {
                rows: span.rows.clone(),
                position: span.start,
                pages: caches[span.cache].layer(layer),
            })
            .collect();
        products.attend(shape, &self.q, &sequences, &mut self.attended);
    }
}

/// Normalises rows as long as the weight, if there is one.
fn normalise(x: &mut [f32], weight: Option<&Vector>, eps: f32) {
    if let Some(weight) = weight {
        rms_norm_in_place(x, weight, eps);
    }
}

fn add(hidden: &mut [f32], update: &[f32]) {
    for (hidden, update) in hidden.iter_mut().zip(update) {
        *hidden += update;
    }
}
