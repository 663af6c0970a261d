//! One configurable decoder: tokenizer, chat template, sampling, KV cache, adapters, embedder.
