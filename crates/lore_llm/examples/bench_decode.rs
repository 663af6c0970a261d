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
    let mut decoder = Decoder::with_arithmetic(Arc::clone(&base), Arithmetic::Fast);
    for (num_tokens, lanes) in [
        (32, 1),
        (512, 1),
        (512, 4),
        (512, 16),
        (2048, 1),
        (2048, 16),
    ] {
        let mut read = KvCache::new(base.config());
        decoder.forward(&prompt(num_tokens, vocab_size), &mut read, None)?;
        let case = format!("{lanes} behind {num_tokens} tokens");
        let tokens = STEPS * lanes;
        let mut ours = || write(&mut decoder, &read, lanes);
        let question = format!("decode {num_tokens} {STEPS} {lanes}");
        bench.compare(&case, &question, tokens, SAMPLES, &mut ours)?;
        if lanes == 16 {
            let case = format!("{case}, a server");
            let question = format!("serve {num_tokens} {STEPS} {lanes}");
            bench.compare(&case, &question, tokens, SAMPLES, &mut ours)?;
        }
    }
    Ok(())
}

/// Seconds that all `lanes` take to write behind what was `read`.
fn write(decoder: &mut Decoder, read: &KvCache, lanes: usize) -> Result<f64> {
    let mut caches: Vec<KvCache> = vec![read.clone(); lanes];
    let mut caches: Vec<&mut KvCache> = caches.iter_mut().collect();
    let began = Instant::now();
    for step in 0..STEPS {
        // Which tokens does not matter; every vocabulary has these.
        let tokens = vec![step as u32 * 31; lanes];
        decoder.step(&tokens, &mut caches, None)?;
    }
    Ok(began.elapsed().as_secs_f64())
}
