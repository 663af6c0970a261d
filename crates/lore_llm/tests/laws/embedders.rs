//! Embedders of every shape, against sentence-transformers.

use std::collections::BTreeMap;

use lore_core::{EmbedKind, Embedder as _, dot};
use lore_llm::{SentenceEmbedder, inspect};
use serde::Deserialize;

use crate::fixtures::{fixture, json};

/// See `tests/reference/make_tiny_embedders.py`.
#[derive(Deserialize)]
struct Embedded {
    text: String,
    key: Vec<f32>,
    query: Vec<f32>,
}

fn references() -> BTreeMap<String, Vec<Embedded>> {
    json("embedders.json")
}

fn texts(expected: &[Embedded]) -> Vec<String> {
    expected.iter().map(|e| e.text.clone()).collect()
}

#[test]
fn vectors_equal_those_of_sentence_transformers() {
    for (name, expected) in references() {
        let mut embedder = SentenceEmbedder::load(&fixture(&name)).unwrap();
        let texts = texts(&expected);
        let keys = embedder.embed(&texts, EmbedKind::Key).unwrap();
        let queries = embedder.embed(&texts, EmbedKind::Query).unwrap();
        for ((key, query), theirs) in keys.iter().zip(&queries).zip(&expected) {
            for (ours, theirs) in [(key, &theirs.key), (query, &theirs.query)] {
                assert_eq!(ours.len(), embedder.dim());
                assert!((dot(ours, ours) - 1.0).abs() < 1e-5, "of unit length");
                let cosine = dot(ours, theirs);
                assert!(cosine >= 0.9999, "{name}: {cosine}");
            }
        }
    }
}

/// The instruction is part of what is embedded.
#[test]
fn queries_differ_from_keys_where_the_model_wants_an_instruction() {
    for (name, expected) in references() {
        let mut embedder = SentenceEmbedder::load(&fixture(&name)).unwrap();
        let texts = texts(&expected);
        let keys = embedder.embed(&texts, EmbedKind::Key).unwrap();
        let queries = embedder.embed(&texts, EmbedKind::Query).unwrap();
        assert_eq!(keys == queries, name == "tiny-bert-mean", "{name}");
    }
}

#[test]
fn a_text_alone_has_the_vector_that_it_has_among_others() {
    for (name, expected) in references() {
        let mut embedder = SentenceEmbedder::load(&fixture(&name)).unwrap();
        let texts = texts(&expected);
        let together = embedder.embed(&texts, EmbedKind::Key).unwrap();
        for (text, theirs) in texts.iter().zip(&together) {
            let alone = embedder
                .embed(std::slice::from_ref(text), EmbedKind::Key)
                .unwrap();
            assert!(dot(&alone[0], theirs) > 0.999_999, "{name}: {text}");
        }
    }
}

#[test]
fn a_decoder_that_became_an_embedder_is_listed_as_one() {
    let info = inspect(&fixture("tiny-qwen3-embedding")).unwrap();
    assert_eq!(info.kind, lore_core::ModelKind::Embedder);
    assert_eq!((info.problem.as_str(), info.hidden_size), ("", 16));
}
