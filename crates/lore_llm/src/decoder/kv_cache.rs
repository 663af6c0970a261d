//! What a decoder remembers of the tokens it has read.

use std::sync::Arc;

use crate::ModelConfig;
use crate::kernels::AttentionShape;
use crate::kernels::paged::{PAGE, Page, Precision};

/// Keys and values of one sequence, for every layer. Copies share the pages they have in common.
#[derive(Clone, Debug, Default)]
pub struct KvCache {
    layers: Vec<Vec<Arc<Page>>>,
    len: usize,
}

impl KvCache {
    /// An empty cache for a model of this shape.
    pub fn new(config: &ModelConfig) -> Self {
        Self {
            layers: vec![Vec::new(); config.num_layers],
            len: 0,
        }
    }

    /// Tokens in the cache.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when nothing was read yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets the tokens behind the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        for pages in &mut self.layers {
            pages.truncate(self.len.div_ceil(PAGE));
        }
    }

    /// The first `len` tokens. Takes no memory until one of both grows.
    pub fn prefix(&self, len: usize) -> Self {
        let len = self.len.min(len);
        let kept = |pages: &Vec<Arc<Page>>| pages[..len.div_ceil(PAGE)].to_vec();
        Self {
            layers: self.layers.iter().map(kept).collect(),
            len,
        }
    }

    /// What tells the cache's pages from those of other caches, and the bytes of all layers behind
    /// each: for counting pages once that several caches share.
    pub(crate) fn pages(&self) -> impl Iterator<Item = (*const Page, usize)> {
        let num_layers = self.layers.len();
        let first = self.layers.iter().take(1).flatten();
        // Every layer shares the same pages with the same caches.
        first.map(move |page| (Arc::as_ptr(page), page.num_bytes() * num_layers))
    }

    /// Puts rows `[tokens, kv_heads · head_dim]` behind the first `start` tokens of one layer, in
    /// place of what stood there. [`KvCache::advance`] follows once every layer is done.
    pub(super) fn write(
        &mut self,
        layer: usize,
        start: usize,
        shape: &AttentionShape,
        precision: Precision,
        (keys, values): (&[f32], &[f32]),
    ) {
        let pages = &mut self.layers[layer];
        let width = shape.kv_width();
        let num_tokens = keys.len() / width;
        let mut done = 0;
        while done < num_tokens {
            let (page, place) = ((start + done) / PAGE, (start + done) % PAGE);
            let count = (PAGE - place).min(num_tokens - done);
            let rows = done * width..(done + count) * width;
            pages.truncate(page + 1);
            if page == pages.len() {
                pages.push(Arc::new(Page::new(shape, precision)));
            }
            Arc::make_mut(&mut pages[page]).write(place, &keys[rows.clone()], &values[rows]);
            done += count;
        }
    }

    /// The pages of a layer.
    pub(super) fn layer(&self, layer: usize) -> &[Arc<Page>] {
        &self.layers[layer]
    }

    /// Declares that every layer holds `len` tokens or more.
    pub(super) fn advance(&mut self, len: usize) {
        self.len = len;
    }
}
