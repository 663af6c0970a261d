//! A tiny model, tiny examples, and doubles.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

use anyhow::Result;

use lore_core::testing::RecordingWatcher;
use lore_core::{
    Experience, GradientCertificate, Hit, Message, Role, StopToken, TrainConfig, Watcher,
};
use lore_llm::kernels::Activation;
use lore_llm::{
    AdapterWeights, EncodedChat, Family, LayerWeights, Linear, Matrix, ModelConfig, Rotary, Vector,
    Weights,
};

use crate::example::{ChatTokens, Example};
use crate::train::TrainWatcher;

const HIDDEN: usize = 16;
const VOCAB: usize = 40;

/// Two blocks of random weights, the same every time.
pub(crate) fn tiny_weights() -> Weights {
    let config = ModelConfig {
        architecture: Family::Llama,
        vocab_size: VOCAB,
        hidden_size: HIDDEN,
        intermediate_size: 24,
        num_layers: 2,
        num_heads: 4,
        num_kv_heads: 2,
        head_dim: 4,
        norm_eps: 1e-5,
        activation: Activation::Silu,
        attention_scale: 0.5,
        embedding_scale: 1.0,
        logit_cap: None,
        rotary: Rotary::plain(10_000.0),
        sliding: None,
        tie_embeddings: true,
        context_length: 256,
    };
    let ones = || -> Vector { Arc::new(vec![1.0; HIDDEN]) };
    let layers = (0..config.num_layers).map(|layer| {
        let linear = |out, into, salt: usize| Linear {
            weight: random_matrix(out, into, 10 * layer + salt),
            bias: None,
        };
        LayerWeights {
            input_norm: ones(),
            q: linear(HIDDEN, HIDDEN, 1),
            k: linear(HIDDEN / 2, HIDDEN, 2),
            v: linear(HIDDEN / 2, HIDDEN, 3),
            o: linear(HIDDEN, HIDDEN, 4),
            q_norm: None,
            k_norm: None,
            attention_out_norm: None,
            post_norm: ones(),
            gate: linear(24, HIDDEN, 5),
            up: linear(24, HIDDEN, 6),
            down: linear(HIDDEN, 24, 7),
            feed_forward_out_norm: None,
        }
    });
    Weights {
        layers: layers.collect(),
        config,
        embedding: random_matrix(VOCAB, HIDDEN, 0),
        final_norm: ones(),
        lm_head: None,
    }
}

fn random_matrix(rows: usize, cols: usize, salt: usize) -> Matrix {
    let numbers = (0..rows * cols).map(|i| ((i + 1_000 * salt) as f32 * 12.9898).sin() * 0.4);
    Matrix::new(rows, cols, numbers.collect())
}

/// Five chats of different lengths.
pub(crate) fn tiny_examples() -> Vec<Example> {
    (0..5)
        .map(|number: usize| {
            let len = 12 + 5 * number;
            Example {
                ids: (0..len)
                    .map(|i| ((i * 7 + number * 3) % VOCAB) as u32)
                    .collect(),
                loss_mask: (0..len).map(|i| i % 6 >= 4).collect(),
                ..Example::default()
            }
        })
        .collect()
}

/// Six steps of two examples, with dropout.
pub(crate) fn tiny_config() -> TrainConfig {
    TrainConfig {
        batch_size: 2,
        max_steps: 6,
        learning_rate: 1e-2,
        checkpoint_every: 2,
        max_tokens: 200,
        ..TrainConfig::default()
    }
}

/// Remembers what a training says.
#[derive(Default)]
pub(crate) struct Listener {
    pub(crate) inner: RecordingWatcher,
    pub(crate) certificates: usize,
    pub(crate) saved: Vec<u64>,
    /// Who is told once so many steps are taken.
    pub(crate) calls: Option<(u64, Sender<()>)>,
}

impl Listener {
    /// Asks for a stop once this many steps are done.
    pub(crate) fn stopping_at(step: u64, stop: &StopToken) -> Self {
        Self {
            inner: RecordingWatcher::stopping_at(step, stop),
            ..Self::default()
        }
    }
}

impl Watcher for Listener {
    fn progress(&mut self, stage: &str, done: u64, total: u64, unit: &str) {
        self.inner.progress(stage, done, total, unit);
    }

    fn metric(&mut self, name: &str, step: u64, value: f64) {
        self.inner.metric(name, step, value);
    }

    fn message(&mut self, text: &str) {
        self.inner.message(text);
    }
}

impl TrainWatcher for Listener {
    fn certified(&mut self, certificate: &GradientCertificate) {
        assert!(certificate.holds(), "only sound certificates are told");
        self.certificates += 1;
    }

    fn saved(&mut self, step: u64) {
        self.saved.push(step);
    }

    fn stepped(&mut self, step: u64, _: u64, _: &AdapterWeights) -> Result<()> {
        if let Some((_, call)) = self.calls.as_ref().filter(|(at, _)| *at == step) {
            call.send(())?;
        }
        Ok(())
    }
}

/// A memory.
pub(crate) fn hit(experience: Experience) -> Hit {
    Hit {
        experience,
        score: 0.5,
        rank: 0,
    }
}

/// A tokenizer of words; a turn is a role, words and an end.
#[derive(Default)]
pub(crate) struct WordTokens(Mutex<Vec<String>>);

impl WordTokens {
    fn id(&self, word: &str) -> u32 {
        let mut words = self.0.lock().expect("no test panics with the lock held");
        let known = words.iter().position(|known| known == word);
        known.unwrap_or_else(|| {
            words.push(word.to_owned());
            words.len() - 1
        }) as u32
    }
}

impl ChatTokens for WordTokens {
    fn encode_chat(&self, messages: &[Message]) -> Result<EncodedChat> {
        let mut chat = EncodedChat::default();
        for message in messages {
            let start = chat.ids.len();
            chat.ids.push(self.id(message.role.as_str()));
            chat.learned.push(false);
            for word in message.content.split_whitespace().chain(["<end>"]) {
                chat.ids.push(self.id(word));
                chat.learned.push(message.role == Role::Assistant);
            }
            chat.spans.push((message.role, start..chat.ids.len()));
        }
        Ok(chat)
    }

    fn count_tokens(&self, text: &str) -> Result<usize> {
        Ok(text.split_whitespace().count())
    }

    fn token_text(&self, id: u32) -> String {
        self.0.lock().expect("no test panics with the lock held")[id as usize].clone()
    }
}
