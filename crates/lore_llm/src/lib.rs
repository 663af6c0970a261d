//! One configurable decoder: tokenizer, chat template, sampling, KV cache, adapters, embedder.

mod adapter;
mod base_model;
mod chat;
mod chat_model;
mod config;
mod decoder;
mod export;
mod family;
mod inspect;
mod json;
pub mod kernels;
mod numbers;
pub mod ops;
mod rotary;
mod sentence;
mod source;
mod tokenizer;
mod weights;

pub use adapter::dora::row_norms;
pub use adapter::{AdapterWeights, LoraPair, module_shape};
pub use base_model::BaseModel;
pub use chat::{ChatEncoder, ChatTemplate, EncodedChat};
pub use chat_model::{ChatModel, Talks};
pub use config::{ModelConfig, SlidingLayers};
pub use decoder::{ActiveAdapter, Arithmetic, Decoder, KvCache, MAX_LANES};
pub use export::{FloatFormat, GgufFormat, MergedModel, Progress};
pub use family::Family;
pub use inspect::{check_memory, digest, inspect, required_memory};
pub use rotary::{QueryGrowth, Rotary, Rotations};
pub use sentence::SentenceEmbedder;
pub use tokenizer::{PlacedToken, TextTokenizer};
pub use weights::{LayerWeights, Linear, Matrix, Vector, WeightForm, Weights};
