//! How fast a prompt is read, beside llama.cpp.
//!
//! ```sh
//! cargo xtask bench prefill -- [MODEL.gguf] [--reference PYTHON_WITH_LLAMA_CPP]
//! ```

#[path = "llama_cpp/mod.rs"]
mod llama_cpp;

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use lore_llm::{Arithmetic, BaseModel, Decoder, KvCache};

use llama_cpp::{Bench, prompt};

/// Measurements of each case.
const SAMPLES: usize = 5;

fn main() -> Result<()> {
    let mut bench = Bench::from_args("prefill")?;
    let base = BaseModel::load(&bench.model)?;
    let vocab_size = base.config().vocab_size;
    let mut decoder = Decoder::with_arithmetic(Arc::clone(&base), Arithmetic::Fast);
    for num_tokens in [512, 2048] {
        let prompt = prompt(num_tokens, vocab_size);
        let (case, question) = (
            format!("{num_tokens} tokens"),
            format!("prefill {num_tokens}"),
        );
        bench.compare(&case, &question, num_tokens, SAMPLES, || {
            let mut cache = KvCache::new(base.config());
            let began = Instant::now();
            decoder.forward(&prompt, &mut cache, None)?;
            Ok(began.elapsed().as_secs_f64())
        })?;
    }
    Ok(())
}
