//! One transformer block: attention, then the feed-forward part, each added to its input.

use lore_core::TargetModule;

use super::products::Products;
use super::{ActiveAdapter, Decoder, KvCache, Span};
use crate::kernels::linear::add_bias;
use crate::kernels::paged::Sequence;
use crate::kernels::panels::PackedMatrix;
use crate::kernels::{
    MatMut, MatRef, Rotation, Threads, Write, gemm, matmul_nt, rms_norm, silu_gate,
};
use crate::{Linear, LoraPair, MAX_LANES, ModelConfig};

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
    pair: Option<(&'a LoraPair, &'a ActiveAdapter)>,
}

impl Projection<'_> {
    /// `y = x · weightᵀ + bias + scale · (x · aᵀ) · bᵀ`.
    fn apply(&self, products: &mut Products, x: &[f32], y: &mut [f32], rows: usize) {
        let weight = &self.linear.weight;
        let (into, out) = (weight.cols, weight.rows);
        products.matmul(x, weight, self.packed, y, rows);
        if let Some(bias) = &self.linear.bias {
            add_bias(y, bias);
        }
        let Some((pair, adapter)) = self.pair else {
            return;
        };
        let rank = adapter.rank();
        let mut reduced = vec![0.0; rows * rank];
        matmul_nt(x, &pair.a, &mut reduced, rows, into, rank);
        if rows <= MAX_LANES {
            // The product that gives the same for every number of rows.
            let mut update = vec![0.0; rows * out];
            matmul_nt(&reduced, &pair.b, &mut update, rows, rank, out);
            for (y, update) in y.iter_mut().zip(update) {
                *y += adapter.scale() * update;
            }
        } else {
            gemm(
                &mut MatMut::new(y, rows, out),
                Write::Add,
                adapter.scale(),
                MatRef::new(&reduced, rows, rank),
                MatRef::new(&pair.b, out, rank).t(),
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
            rope,
            attention: shape,
            products,
            scratch,
        } = self;
        let eps = base.config().norm_eps;
        let weights = &base.weights.layers[layer];
        let projection = |module| Projection {
            linear: weights.linear(module),
            packed: base.packed.layers[layer][module as usize].as_ref(),
            pair: adapter.and_then(|adapter| Some((adapter.pair(layer, module)?, adapter))),
        };
        let rows = scratch.rows;

        rms_norm(hidden, &weights.input_norm, eps, &mut scratch.normed);
        projection(TargetModule::QProj).apply(products, &scratch.normed, &mut scratch.q, rows);
        projection(TargetModule::KProj).apply(products, &scratch.normed, &mut scratch.k, rows);
        projection(TargetModule::VProj).apply(products, &scratch.normed, &mut scratch.v, rows);
        let (query_width, kv_width) = (shape.query_width(), shape.kv_width());
        for span in spans {
            let queries = span.rows.start * query_width..span.rows.end * query_width;
            let keys = span.rows.start * kv_width..span.rows.end * kv_width;
            let q = &mut scratch.q[queries];
            rope.apply(q, query_width, span.start, Rotation::Forward);
            let k = &mut scratch.k[keys.clone()];
            rope.apply(k, kv_width, span.start, Rotation::Forward);
            let rows = (&*k, &scratch.v[keys]);
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
        products.attend(shape, &scratch.q, &sequences, &mut scratch.attended);
        projection(TargetModule::OProj).apply(
            products,
            &scratch.attended,
            &mut scratch.update,
            rows,
        );
        add(hidden, &scratch.update);

        rms_norm(hidden, &weights.post_norm, eps, &mut scratch.normed);
        projection(TargetModule::GateProj).apply(
            products,
            &scratch.normed,
            &mut scratch.gate,
            rows,
        );
        projection(TargetModule::UpProj).apply(products, &scratch.normed, &mut scratch.up, rows);
        silu_gate(&scratch.gate, &scratch.up, &mut scratch.activated);
        projection(TargetModule::DownProj).apply(
            products,
            &scratch.activated,
            &mut scratch.update,
            rows,
        );
        add(hidden, &scratch.update);
    }
}

fn add(hidden: &mut [f32], update: &[f32]) {
    for (hidden, update) in hidden.iter_mut().zip(update) {
        *hidden += update;
    }
}
