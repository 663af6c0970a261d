//! Where keys and values lie.

use half::f16;
use half::slice::HalfFloatSliceExt as _;

use super::super::AttentionShape;
use super::halves;

/// Tokens in a page.
pub const PAGE: usize = 64;

/// How keys and values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As they are.
    Single,
    /// Rounded to half precision, as llama.cpp does: half the memory, and half the time to read it.
    Half,
}

/// Keys and values of [`PAGE`] neighbouring tokens of one layer.
#[derive(Clone, Debug)]
pub struct Page {
    head_dim: usize,
    /// `[kv_heads, head_dim, PAGE]`: the same number of all tokens lies side by side.
    keys: Numbers,
    /// `[kv_heads, PAGE, head_dim]`.
    values: Numbers,
}

#[derive(Clone, Debug)]
enum Numbers {
    Single(Vec<f32>),
    Half(Vec<f16>),
}

impl Page {
    /// An empty page.
    pub fn new(shape: &AttentionShape, precision: Precision) -> Self {
        let len = PAGE * shape.kv_width();
        let numbers = || match precision {
            Precision::Single => Numbers::Single(vec![0.0; len]),
            Precision::Half => Numbers::Half(vec![f16::ZERO; len]),
        };
        Self {
            head_dim: shape.head_dim,
            keys: numbers(),
            values: numbers(),
        }
    }

    /// Puts rows `[tokens, kv_heads · head_dim]` at `place` and behind it.
    pub fn write(&mut self, place: usize, keys: &[f32], values: &[f32]) {
        let dim = self.head_dim;
        let width = self.keys.len() / PAGE;
        assert_eq!(keys.len(), values.len(), "a key and a value for each token");
        assert!(place + keys.len() / width <= PAGE, "the page has room");
        let key_at = |token: usize, index: usize| index * PAGE + place + token;
        let value_at =
            |token: usize, index: usize| (index / dim * PAGE + place + token) * dim + index % dim;
        self.keys.write(keys, width, key_at);
        self.values.write(values, width, value_at);
    }

    /// Bytes of memory.
    pub fn num_bytes(&self) -> usize {
        let size = match self.keys {
            Numbers::Single(_) => size_of::<f32>(),
            Numbers::Half(_) => size_of::<f16>(),
        };
        2 * self.keys.len() * size
    }

    /// The keys `[head_dim, PAGE]` and values `[PAGE, head_dim]` of a head, in f32.
    pub(super) fn unpack(&self, head: usize, keys: &mut [f32], values: &mut [f32]) {
        self.keys.unpack(head, keys);
        self.values.unpack(head, values);
    }
}

impl Numbers {
    fn len(&self) -> usize {
        match self {
            Self::Single(numbers) => numbers.len(),
            Self::Half(numbers) => numbers.len(),
        }
    }

    /// Writes rows, the number `index` of row `token` at a place.
    fn write(&mut self, rows: &[f32], width: usize, place: impl Fn(usize, usize) -> usize) {
        match self {
            Self::Single(numbers) => {
                for (token, row) in rows.chunks_exact(width).enumerate() {
                    for (index, value) in row.iter().enumerate() {
                        numbers[place(token, index)] = *value;
                    }
                }
            }
            Self::Half(numbers) => {
                let mut rounded = vec![f16::ZERO; width];
                for (token, row) in rows.chunks_exact(width).enumerate() {
                    rounded.convert_from_f32_slice(row);
                    for (index, value) in rounded.iter().enumerate() {
                        numbers[place(token, index)] = *value;
                    }
                }
            }
        }
    }

    /// Copies as many numbers as there is room for, those of a head.
    fn unpack(&self, head: usize, to: &mut [f32]) {
        let range = head * to.len()..(head + 1) * to.len();
        match self {
            Self::Single(numbers) => to.copy_from_slice(&numbers[range]),
            Self::Half(numbers) => halves::unpack(&numbers[range], to),
        }
    }
}
