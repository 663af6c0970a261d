//! What a decoder remembers of the tokens it has read.

use crate::ModelConfig;

/// Keys and values of one sequence, for every layer.
#[derive(Clone, Debug, Default)]
pub struct KvCache {
    layers: Vec<LayerCache>,
    /// Numbers in one key (and in one value).
    width: usize,
    len: usize,
}

/// Keys and values of one layer, `[tokens, width]`.
#[derive(Clone, Debug, Default)]
struct LayerCache {
    keys: Vec<f32>,
    values: Vec<f32>,
}

impl KvCache {
    /// An empty cache for a model of this shape.
    pub fn new(config: &ModelConfig) -> Self {
        Self {
            layers: vec![LayerCache::default(); config.num_layers],
            width: config.kv_size(),
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
        let numbers = self.len * self.width;
        for layer in &mut self.layers {
            layer.keys.truncate(numbers);
            layer.values.truncate(numbers);
        }
    }

    /// A copy of the first `len` tokens.
    pub fn prefix(&self, len: usize) -> Self {
        let len = self.len.min(len);
        let numbers = len * self.width;
        let layers = self.layers.iter().map(|layer| LayerCache {
            keys: layer.keys[..numbers].to_vec(),
            values: layer.values[..numbers].to_vec(),
        });
        Self {
            layers: layers.collect(),
            width: self.width,
            len,
        }
    }

    /// Bytes of memory held.
    pub fn num_bytes(&self) -> usize {
        let held = |layer: &LayerCache| layer.keys.capacity() + layer.values.capacity();
        self.layers.iter().map(held).sum::<usize>() * size_of::<f32>()
    }

    /// Puts rows behind the first `start` tokens of one layer, in place of what stood there, and
    /// gives all keys and values of the layer. [`KvCache::advance`] follows once every layer is done.
    pub(super) fn write(
        &mut self,
        layer: usize,
        start: usize,
        keys: &[f32],
        values: &[f32],
    ) -> (&[f32], &[f32]) {
        let layer = &mut self.layers[layer];
        layer.keys.truncate(start * self.width);
        layer.values.truncate(start * self.width);
        layer.keys.extend_from_slice(keys);
        layer.values.extend_from_slice(values);
        (&layer.keys, &layer.values)
    }

    /// Declares that every layer holds `len` tokens or more.
    pub(super) fn advance(&mut self, len: usize) {
        self.len = len;
    }
}
