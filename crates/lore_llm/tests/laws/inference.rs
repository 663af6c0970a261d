//! The forward pass.

use std::sync::Arc;

use lore_llm::{BaseModel, Decoder, KvCache};

use crate::fixtures::{all_logits, argmax, assert_close, load, reference};

const TINY: [&str; 7] = [
    "tiny-llama",
    "tiny-qwen2",
    "tiny-llama3-rope",
    "tiny-mistral",
    "tiny-qwen3",
    "tiny-gemma3",
    "tiny-ministral3",
];

#[test]
fn logits_equal_those_of_hugging_face() {
    for name in TINY {
        let expected = reference(name);
        let logits = all_logits(&load(name), &expected.ids);
        for (row, theirs) in expected.rows.iter().zip(&expected.logits) {
            assert_close(&logits[*row], theirs, 1e-4);
        }
    }
}

#[test]
fn greedy_tokens_equal_those_of_hugging_face() {
    for name in TINY {
        let base = load(name);
        let expected = reference(name);
        let mut decoder = Decoder::new(Arc::clone(&base));
        let mut cache = KvCache::new(base.config());
        let mut logits = decoder.forward(&expected.ids, &mut cache, None).unwrap();
        for token in expected.greedy {
            assert_eq!(argmax(&logits), token, "{name}");
            logits = decoder.forward(&[token], &mut cache, None).unwrap();
        }
    }
}

#[test]
fn reading_in_chunks_equals_reading_at_once() {
    for name in TINY {
        let base = load(name);
        let ids = reference(name).ids;
        let whole = all_logits(&base, &ids);
        for size in [1, 2, 7] {
            let mut decoder = Decoder::new(Arc::clone(&base));
            let mut cache = KvCache::new(base.config());
            let mut end = 0;
            for chunk in ids.chunks(size) {
                let logits = decoder.forward(chunk, &mut cache, None).unwrap();
                end += chunk.len();
                assert_close(&logits, &whole[end - 1], 1e-4);
            }
            assert_eq!(cache.len(), ids.len());
        }
    }
}

#[test]
fn a_cut_cache_continues_as_if_the_rest_had_never_been_read() {
    let base = load("tiny-llama");
    let ids = reference("tiny-llama").ids;
    let whole = all_logits(&base, &ids);
    let mut decoder = Decoder::new(Arc::clone(&base));
    let mut cache = KvCache::new(base.config());
    decoder.forward(&ids[..20], &mut cache, None).unwrap();
    decoder.forward(&[5, 6, 7], &mut cache, None).unwrap();
    let mut copy = cache.prefix(20);
    cache.truncate(20);
    for cache in [&mut cache, &mut copy] {
        let logits = decoder.forward(&ids[20..], cache, None).unwrap();
        assert_close(&logits, &whole[ids.len() - 1], 1e-4);
    }
}

#[test]
fn branches_do_not_see_each_other() {
    let base = load("tiny-qwen2");
    let ids = reference("tiny-qwen2").ids;
    let mut decoder = Decoder::new(Arc::clone(&base));
    let mut cache = KvCache::new(base.config());
    decoder.forward(&ids[..10], &mut cache, None).unwrap();
    let branches: [&[u32]; 3] = [&[3, 4, 5], &[9], &[3, 8, 250, 17]];
    let mut caches = vec![cache.clone(); branches.len()];
    let hidden = decoder
        .forward_branches(&branches, &mut caches, None)
        .unwrap();
    let lengths: Vec<usize> = caches.iter().map(KvCache::len).collect();
    assert_eq!((cache.len(), lengths), (10, vec![13, 11, 14]));
    let mut rows = hidden.chunks(base.config().hidden_size);
    for branch in branches {
        let mut alone = cache.prefix(10);
        let expected = decoder.forward_all(branch, &mut alone, None).unwrap();
        for row in expected.chunks(base.config().hidden_size) {
            assert_close(rows.next().unwrap(), row, 1e-5);
        }
    }
}

/// Bit for bit: what an agent does must not depend on which episodes run beside it.
#[test]
fn sequences_side_by_side_equal_each_alone() {
    for name in TINY {
        let base = load(name);
        let ids = reference(name).ids;
        let mut decoder = Decoder::new(Arc::clone(&base));
        let mut caches: Vec<KvCache> = [5, 11, 20, 33]
            .iter()
            .map(|len| read(&mut decoder, &base, &ids[..*len]))
            .collect();
        let mut alone = Vec::new();
        for (cache, token) in caches.iter().zip(40..) {
            let mut cache = cache.clone();
            alone.extend(decoder.step(&[token], &mut [&mut cache], None).unwrap());
        }
        let mut together: Vec<&mut KvCache> = caches.iter_mut().collect();
        let logits = decoder.step(&[40, 41, 42, 43], &mut together, None);
        assert_eq!(logits.unwrap(), alone, "{name}");
    }
}

#[test]
fn more_than_the_context_is_refused() {
    let base = load("tiny-llama");
    let limit = base.config().context_length;
    let mut decoder = Decoder::new(Arc::clone(&base));
    let mut cache = KvCache::new(base.config());
    let ids = vec![3; limit];
    decoder.forward(&ids, &mut cache, None).unwrap();
    let error = decoder.forward(&[3], &mut cache, None).unwrap_err();
    assert!(error.to_string().contains("takes at most 256"), "{error}");
    assert!(
        decoder
            .forward(&[300], &mut KvCache::new(base.config()), None)
            .is_err()
    );
}

fn read(decoder: &mut Decoder, base: &Arc<BaseModel>, ids: &[u32]) -> KvCache {
    let mut cache = KvCache::new(base.config());
    decoder.forward(ids, &mut cache, None).unwrap();
    cache
}
