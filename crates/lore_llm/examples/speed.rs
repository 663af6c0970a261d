//! How fast a model reads and writes on this machine.
//!
//! ```sh
//! cargo run --release -p lore_llm --example speed -- MODEL [PROMPT_TOKENS] [NEW_TOKENS]
//! ```
//!
//! Prints one JSON object a line, in tokens per second: reading a prompt at once, writing one
//! sequence, and writing four side by side (tokens of all of them).

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use lore_llm::{Arithmetic, BaseModel, Decoder, KvCache, MAX_LANES};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.first().context("Name a model")?;
    let number = |index: usize, default: usize| -> Result<usize> {
        arguments
            .get(index)
            .map_or(Ok(default), |text| Ok(text.parse()?))
    };
    let (prompt_tokens, new_tokens) = (number(1, 512)?, number(2, 64)?);
    let base = BaseModel::load(Path::new(path))?;
    let mut decoder = Decoder::with_arithmetic(Arc::clone(&base), Arithmetic::Fast);
    let vocab = base.config().vocab_size;
    let prompt: Vec<u32> = (0..prompt_tokens)
        .map(|index| (index * 7919 % vocab) as u32)
        .collect();

    let mut cache = KvCache::new(base.config());
    decoder.forward(&prompt[..prompt_tokens.min(32)], &mut cache, None)?;
    for _ in 0..3 {
        cache.truncate(0);
        let start = Instant::now();
        decoder.forward(&prompt, &mut cache, None)?;
        report("prefill", prompt_tokens, start)?;
        for lanes in [1, MAX_LANES] {
            let mut caches = vec![cache.clone(); lanes];
            let start = Instant::now();
            for token in 0..new_tokens {
                let mut caches: Vec<&mut KvCache> = caches.iter_mut().collect();
                decoder.step(&vec![token as u32; lanes], &mut caches, None)?;
            }
            let name = if lanes == 1 { "decode" } else { "decode x4" };
            report(name, new_tokens * lanes, start)?;
        }
    }
    Ok(())
}

fn report(bench: &str, tokens: usize, start: Instant) -> Result<()> {
    let speed = tokens as f64 / start.elapsed().as_secs_f64();
    let line = serde_json::json!({ "bench": bench, "ours": speed, "unit": "tokens/s" });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}
