//! SmolLM2-135M-Instruct, Gemma 3 270M and all-MiniLM-L6-v2 against Hugging Face. Runs where
//! `LOREKEEPER_TEST_MODELS` names a folder that holds them.

use std::path::PathBuf;
use std::sync::Arc;

use lore_core::{
    EmbedKind, Embedder as _, GenerateRequest, LanguageModel as _, Message, Sampling, dot,
};
use lore_llm::{Arithmetic, BaseModel, ChatModel, Decoder, KvCache, SentenceEmbedder, inspect};
use serde::Deserialize;

use crate::fixtures::{all_logits, argmax, json};

/// The folder of a model, or `None` with a note that the test is skipped.
#[expect(clippy::print_stderr, reason = "says that a test was skipped")]
fn real_model(name: &str) -> Option<PathBuf> {
    let Some(models) = std::env::var_os("LOREKEEPER_TEST_MODELS") else {
        eprintln!("skipped: LOREKEEPER_TEST_MODELS is not set");
        return None;
    };
    let model = PathBuf::from(models).join(name);
    if !model.is_dir() {
        eprintln!("skipped: there is no {name}");
        return None;
    }
    Some(model)
}

#[derive(Deserialize)]
struct SmolLm2 {
    chat: Vec<Message>,
    text: String,
    ids: Vec<u32>,
    rows: Vec<Row>,
    greedy_text: String,
    tricky: Vec<Tricky>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "row")]
    position: usize,
    tokens: Vec<u32>,
    logits: Vec<f32>,
    mean_magnitude: f32,
    log_sum_exp: f32,
}

#[derive(Deserialize)]
struct Tricky {
    text: String,
    ids: Vec<u32>,
}

#[track_caller]
fn assert_within(ours: f32, theirs: f32, relative: f32) {
    assert!(
        (ours - theirs).abs() <= relative * theirs.abs(),
        "{ours} is not {theirs}"
    );
}

fn smollm2() -> Option<(Arc<BaseModel>, SmolLm2)> {
    let base = BaseModel::load(&real_model("smollm2-135m-instruct")?).unwrap();
    Some((base, json("smollm2.json")))
}

#[test]
fn smollm2_computes_what_hugging_face_computes() {
    let Some((base, expected)) = smollm2() else {
        return;
    };
    assert_rows(&base, &expected.ids, &expected.rows);
}

/// Holds the largest logits of some rows, and all of them on average, to the reference.
#[track_caller]
fn assert_rows(base: &Arc<BaseModel>, ids: &[u32], rows: &[Row]) {
    let logits = all_logits(base, ids);
    for row in rows {
        let ours = &logits[row.position];
        for (token, theirs) in row.tokens.iter().zip(&row.logits) {
            assert_within(ours[*token as usize], *theirs, 1e-3);
        }
        let magnitude = ours.iter().map(|x| x.abs()).sum::<f32>() / ours.len() as f32;
        assert_within(magnitude, row.mean_magnitude, 1e-3);
        let max = ours.iter().copied().fold(f32::MIN, f32::max);
        let sum: f32 = ours.iter().map(|x| (x - max).exp()).sum();
        assert_within(max + sum.ln(), row.log_sum_exp, 1e-3);
    }
}

/// Rounding activations to eight bits moves the predictions by less than the rounding of the weights
/// to four bits did.
#[test]
fn fast_arithmetic_predicts_nearly_the_same() {
    let Some((base, expected)) = smollm2() else {
        return;
    };
    let exact = all_logits(&base, &expected.ids);
    let mut decoder = Decoder::with_arithmetic(Arc::clone(&base), Arithmetic::Fast);
    let mut cache = KvCache::new(base.config());
    let hidden = decoder
        .forward_all(&expected.ids, &mut cache, None)
        .unwrap();
    let fast = decoder.logits(&hidden);
    let mut divergence = 0.0;
    for (exact, fast) in exact.iter().zip(fast.chunks(base.config().vocab_size)) {
        divergence += kullback_leibler(exact, fast) / f64::from(expected.ids.len() as u32);
    }
    assert!(divergence < 0.01, "{divergence} nats");
}

/// Between the softmaxes of two rows of logits, in nats.
fn kullback_leibler(expected: &[f32], ours: &[f32]) -> f64 {
    let log_sum = |logits: &[f32]| {
        let max = logits.iter().copied().fold(f32::MIN, f32::max);
        let sum: f64 = logits.iter().map(|x| f64::from(x - max).exp()).sum();
        f64::from(max) + sum.ln()
    };
    let (expected_sum, our_sum) = (log_sum(expected), log_sum(ours));
    let terms = expected.iter().zip(ours).map(|(expected, ours)| {
        let log = f64::from(*expected) - expected_sum;
        log.exp() * (log - f64::from(*ours) + our_sum)
    });
    terms.sum()
}

#[test]
fn smollm2_reads_and_says_what_hugging_face_does() {
    let Some((base, expected)) = smollm2() else {
        return;
    };
    let text = base.template.render(&expected.chat, true).unwrap();
    assert_eq!(text, expected.text);
    let ids = base.encoder().encode_prompt(&expected.chat).unwrap();
    assert_eq!(ids, expected.ids);
    for Tricky { text, ids } in &expected.tricky {
        assert_eq!(&base.tokenizer.encode(text).unwrap(), ids, "{text:?}");
    }
    let request = GenerateRequest {
        messages: expected.chat,
        sampling: Sampling {
            max_new_tokens: 24,
            ..Sampling::default()
        },
    };
    let model = ChatModel::new(base, None).unwrap();
    let mut model = model.with_arithmetic(Arithmetic::Exact);
    let completion = model.generate(&[request]).unwrap().remove(0);
    assert_eq!(completion.text, expected.greedy_text);
}

#[test]
fn smollm2_is_described() {
    let Some(dir) = real_model("smollm2-135m-instruct") else {
        return;
    };
    let info = inspect(&dir).unwrap();
    assert_eq!(info.name, "SmolLM2-135M-Instruct");
    assert_eq!(info.hub_name, "HuggingFaceTB/SmolLM2-135M-Instruct");
    assert_eq!(
        (info.precision.as_str(), info.context_length),
        ("Q4_1", 8192)
    );
    assert_eq!(info.num_parameters, 134_515_008);
}

/// See `tests/reference/gemma3.py`.
#[derive(Deserialize)]
struct Gemma3 {
    text: String,
    ids: Vec<u32>,
    rows: Vec<Row>,
    greedy: Vec<u32>,
    chat: Vec<Message>,
    chat_text: String,
    chat_ids: Vec<u32>,
    tricky: Vec<Tricky>,
}

/// In one test: the model takes seconds to load.
#[test]
fn gemma3_reads_and_says_what_hugging_face_does() {
    let Some(dir) = real_model("gemma3-270m") else {
        return;
    };
    let base = BaseModel::load(&dir).unwrap();
    let expected: Gemma3 = json("gemma3.json");
    assert_eq!(base.tokenizer.encode(&expected.text).unwrap(), expected.ids);
    for Tricky { text, ids } in &expected.tricky {
        assert_eq!(&base.tokenizer.encode(text).unwrap(), ids, "{text:?}");
        assert_eq!(&base.tokenizer.decode(ids).unwrap(), &without_turns(text));
    }
    let chat = base.template.render(&expected.chat, true).unwrap();
    assert_eq!(chat, expected.chat_text);
    let ids = base.encoder().encode_prompt(&expected.chat).unwrap();
    assert_eq!(ids, expected.chat_ids);
    assert_rows(&base, &expected.ids, &expected.rows);
    let mut decoder = Decoder::new(Arc::clone(&base));
    let mut cache = KvCache::new(base.config());
    let mut logits = decoder.forward(&expected.ids, &mut cache, None).unwrap();
    for token in expected.greedy {
        assert_eq!(argmax(&logits), token);
        logits = decoder.forward(&[token], &mut cache, None).unwrap();
    }
}

/// What decoding leaves of a text: everything but the names of special tokens.
fn without_turns(text: &str) -> String {
    ["<start_of_turn>", "<end_of_turn>"]
        .iter()
        .fold(text.to_owned(), |text, name| text.replace(name, ""))
}

#[derive(Deserialize)]
struct Embedded {
    text: String,
    vector: Vec<f32>,
}

#[test]
fn minilm_embeds_as_sentence_transformers_does() {
    let Some(dir) = real_model("all-minilm-l6-v2") else {
        return;
    };
    let mut embedder = SentenceEmbedder::load(&dir).unwrap();
    let expected: Vec<Embedded> = json("minilm.json");
    let texts: Vec<String> = expected.iter().map(|e| e.text.clone()).collect();
    let vectors = embedder.embed(&texts, EmbedKind::Key).unwrap();
    assert_eq!(embedder.dim(), 384);
    for (ours, theirs) in vectors.iter().zip(&expected) {
        assert!((dot(ours, ours) - 1.0).abs() < 1e-5, "of unit length");
        let cosine = dot(ours, &theirs.vector);
        assert!(cosine >= 0.9999, "{cosine} for {:?}", theirs.text);
    }
}
