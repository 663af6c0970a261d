//! One configurable decoder: tokenizer, chat template, sampling, KV cache, adapters, embedder.

mod adapter;
mod config;
pub mod kernels;
mod numbers;
mod weights;

pub use adapter::{AdapterWeights, LoraPair, module_shape};
pub use config::{Family, ModelConfig};
pub use weights::{LayerWeights, Linear, Matrix, Vector, Weights};
