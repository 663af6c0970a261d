//! The arithmetic of a decoder on the processor: pure functions over slices of `f32`.
//!
//! Inference calls these directly; training wraps them into operations with a gradient
//! ([`crate::ops`]), so both compute a forward pass with the same instructions.
//!
//! Matrices are row-major and token-major: activations are `[tokens, features]`, heads lie next to
//! each other within a row, weights are `[out, in]`. Outputs are written into slices the caller
//! owns. Results do not depend on the number of threads.
//!
//! **Invariant:** no tensor, no tape, no file. Only `gemm.rs`, `simd.rs`, `team.rs`, `panels/`,
//! `paged/`, `fixed/`, `vector.rs` and `attention/` hold `unsafe`.

pub mod attention;
pub mod dot;
pub mod exp;
pub mod fixed;
pub mod gate;
pub mod gemm;
pub mod linear;
pub mod norm;
pub mod paged;
pub mod panels;
pub mod rope;
pub(crate) mod simd;
pub mod team;
pub(crate) mod vector;

pub use attention::{AttentionShape, attention};
pub use exp::{exp, log_sum_exp, softmax};
pub use gate::{Activation, gated};
pub use gemm::{MatMut, MatRef, Threads, Write, gemm};
pub use linear::{linear, matmul_nt};
pub use norm::{rms_norm, rms_norm_in_place};
pub use rope::{RopeTable, Rotation};
pub use team::Team;

/// Rows a parallel loop over rows hands to a thread at least, so that small inputs stay on one.
const MIN_ROWS_PER_TASK: usize = 16;
