//! Models and adapters in the forms that other programs read.
//!
//! [`MergedModel`] goes through the files of a base model tensor by tensor, adds the adapter's update to
//! the projections it changes, and writes the result in another precision or another kind of file.
//! Whatever the adapter does not touch is passed on as it is stored, so that nothing of a base model is
//! lost that this program does not know. Only one tensor is in memory at a time.

mod encode;
mod gguf_file;
mod gguf_metadata;
mod gguf_model;
mod gguf_tokenizer;
mod hf_files;
mod merge;
mod names;
mod safetensors_file;
mod safetensors_model;
mod tensor_file;

use std::path::Path;

pub use encode::{FloatFormat, GgufFormat};
pub(crate) use gguf_file::{GgufTensor, GgufWriter};
pub use merge::MergedModel;
pub(crate) use names::{PermutedRows, gguf_architecture, gguf_stem};
pub(crate) use safetensors_file::{SafetensorsTensor, SafetensorsWriter};

/// Is told bytes done and bytes in all, and says whether to go on.
pub type Progress<'a> = dyn FnMut(u64, u64) -> bool + 'a;

/// The outermost sentence when a file could not be written.
fn cannot_write(path: &Path) -> String {
    format!(
        "Could not write {}; is there room on the disk?",
        path.display()
    )
}
