//! How fast tokens are written, by one sequence and by sixteen side by side, beside llama.cpp.
//!
//! ```sh
//! cargo xtask bench decode -- [MODEL.gguf] [--reference PYTHON_WITH_LLAMA_CPP [--server LLAMA_SERVER]]
//! ```
//!
//! Tokens a second are those of all sequences together. With `--server`, llama.cpp's server writes the same
//! sixteen once more, each in a slot of its own that has read the prompt before.

#[path = "llama_cpp/mod.rs"]
mod llama_cpp;

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use lore_llm::{Arithmetic, BaseModel, Decoder, KvCache};

use llama_cpp::{Bench, prompt};

/// Measurements of each case.
const SAMPLES: usize = 5;

/// Tokens that every sequence writes.
const STEPS: usize = 32;

fn main() -> Result<()> {
    let mut bench = Bench::from_args("decode")?;
    let base = BaseModel::load(&bench.model)?;
    let vocab_size = base.config().vocab_size;
    let mut reader = Decoder::with_arithmetic(Arc::clone(&base), Arithmetic::Fast);
    let mut decoder = Decoder::with_arithmetic(Arc::clone(&base), Arithmetic::Fast);
    let mut write = |read: &KvCache, lanes: usize| {
        let mut caches: Vec<KvCache> = vec![read.clone(); lanes];
        let mut caches: Vec<&mut KvCache> = caches.iter_mut().collect();
        let began = Instant::now();
        for step in 0..STEPS {
            let tokens = vec![(step * 31 % vocab_size) as u32; lanes];
            decoder.step(&tokens, &mut caches, None)?;
        }
        Ok(began.elapsed().as_secs_f64())
    };
    for (num_tokens, lanes) in [
        (32, 1),
        (512, 1),
        (512, 4),
        (512, 16),
        (2048, 1),
        (2048, 16),
    ] {
        let mut read = KvCache::new(base.config());
        reader.forward(&prompt(num_tokens, vocab_size), &mut read, None)?;
        let case = format!("{lanes} behind {num_tokens} tokens");
        let tokens = STEPS * lanes;
        let question = format!("decode {num_tokens} {STEPS} {lanes}");
        bench.compare(&case, &question, tokens, SAMPLES, || write(&read, lanes))?;
        if lanes == 16 {
            let case = format!("{case}, a server");
            let question = format!("serve {num_tokens} {STEPS} {lanes}");
            bench.compare(&case, &question, tokens, SAMPLES, || write(&read, lanes))?;
        }
    }
    Ok(())
}
