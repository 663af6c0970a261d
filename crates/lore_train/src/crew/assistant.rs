//! The assistant's side: holds the base model, and computes what the leader asks.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use lore_core::{Secret, StopToken, TrainConfig};
use lore_llm::{AdapterWeights, Weights};

use super::frames::{Limits, ToAssistant, ToLeader, VERSION, encode};
use super::numbers::{Shape, bytes_of_gradient, put_into, read_examples};
use super::wire::{Waited, Wire};
use crate::buffers::LoraBuffers;
use crate::example::Example;
use crate::init::init_adapter;
use crate::model::{LossGradient, TrainableModel};
use crate::pass::Pass;
use crate::recipe::check_recipe;

/// How long a leader may say nothing: several times what it takes between two words.
const SILENCE: Duration = Duration::from_mins(2);

/// Computes passes for a training that another computer leads.
pub struct Assistant<'a> {
    model: Box<dyn LossGradient + 'a>,
    adapter: AdapterWeights,
    /// Tokens of a pass at most.
    max_tokens: usize,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// The training has no more to compute.
    Over,
    /// The one who leads expects another token.
    Refused,
    /// Nothing is heard any more of the one who leads; why, in words.
    Broken(String),
    /// It was asked to stop.
    Stopped,
}

/// What the leader said, taken apart.
enum Heard {
    Nothing,
    Pass(Box<Asked>),
    End(Farewell),
}

/// A pass to compute.
struct Asked {
    step: u64,
    pass: usize,
    weight: f64,
    examples: Vec<Example>,
    seeds: Option<Vec<u64>>,
}

impl<'a> Assistant<'a> {
    /// Prepares the model for a training with the recipe `config`, within `memory_budget` bytes.
    pub fn new(weights: &'a Weights, config: &TrainConfig, memory_budget: u64) -> Result<Self> {
        check_recipe(config, &weights.config)?;
        let model = TrainableModel::new(weights, memory_budget).with_moments(config.moments);
        Ok(Self::with_model(Box::new(model), weights, config))
    }

    /// The same with any source of gradients.
    pub(super) fn with_model(
        model: Box<dyn LossGradient + 'a>,
        weights: &Weights,
        config: &TrainConfig,
    ) -> Self {
        Self {
            model,
            // Only its shape counts: the numbers are sent.
            adapter: init_adapter(weights, &config.lora, 0, ""),
            max_tokens: weights.config.context_length,
        }
    }

    /// Computes for the training at the other end of `stream` until it is over.
    ///
    /// # Errors
    /// When this computer cannot compute what it is asked, or is told to leave for its numbers.
    pub fn serve(
        &mut self,
        stream: TcpStream,
        token: &Secret,
        stop: &StopToken,
    ) -> Result<Farewell> {
        let broken = |error: anyhow::Error| Farewell::Broken(format!("{error:#}"));
        let wire = match greet(stream, token) {
            Ok(wire) => wire,
            Err(error) => return Ok(broken(error)),
        };
        let mut held = None;
        loop {
            let heard = match listen(&wire, stop) {
                Ok(None) => self.hear(&wire, &mut held),
                Ok(Some(end)) => return Ok(end),
                Err(error) => Err(error),
            };
            let asked = match heard {
                Ok(Heard::Nothing) => continue,
                Ok(Heard::Pass(asked)) => asked,
                Ok(Heard::End(end)) => return Ok(end),
                Err(error) if error.is::<Dismissed>() => return Err(error),
                Err(error) => return Ok(broken(error)),
            };
            let answer = self.compute(&asked)?;
            if let Err(error) = wire.send(&answer) {
                return Ok(broken(error));
            }
        }
    }

    /// Takes in one message; `held` is the step whose adapter is here.
    fn hear(&mut self, wire: &Wire, held: &mut Option<u64>) -> Result<Heard> {
        let adapter = Shape::of(&self.adapter).num_bytes();
        let tokens = (self.max_tokens * size_of::<u32>()) as u64;
        let (message, bytes) = wire.read(Limits::carrying(adapter.max(tokens)))?;
        Ok(match message {
            ToAssistant::Adapter { step } => {
                *held = None;
                put_into(&mut self.adapter, &bytes)?;
                *held = Some(step);
                Heard::Nothing
            }
            ToAssistant::Pass {
                step,
                pass,
                weight,
                lengths,
                seeds,
            } => {
                ensure!(*held == Some(step), "The adapter of step {step} is missing");
                let examples = read_examples(&lengths, &bytes)?;
                Heard::Pass(Box::new(Asked {
                    step,
                    pass,
                    weight,
                    examples,
                    seeds,
                }))
            }
            ToAssistant::Still {} => Heard::Nothing,
            ToAssistant::Goodbye {} => Heard::End(Farewell::Over),
            ToAssistant::Refused {} => Heard::End(Farewell::Refused),
            ToAssistant::Dismissed { why } => return Err(Dismissed(why).into()),
        })
    }

    /// The answer to a pass.
    fn compute(&self, asked: &Asked) -> Result<Vec<u8>> {
        let examples: Vec<&Example> = asked.examples.iter().collect();
        let pass = Pass {
            examples: &examples,
            weight: asked.weight,
            dropout_seeds: asked.seeds.as_deref(),
        };
        let mut gradients = LoraBuffers::zeros(&self.adapter);
        let loss = self
            .model
            .add_gradient(&self.adapter, &pass, &mut gradients)
            .context("What was asked could not be computed")?;
        let part = ToLeader::Part {
            step: asked.step,
            pass: asked.pass,
            loss,
        };
        encode(&part, &bytes_of_gradient(&gradients))
    }
}

fn greet(stream: TcpStream, token: &Secret) -> Result<Wire> {
    let wire = Wire::new(stream)?;
    wire.say(&ToLeader::Hello {
        version: VERSION,
        token: token.clone(),
    })?;
    Ok(wire)
}

/// Waits for a message; how it ended when none comes.
fn listen(wire: &Wire, stop: &StopToken) -> Result<Option<Farewell>> {
    let since = Instant::now();
    let waited = wire.wait(|| stop.is_stopped() || since.elapsed() > SILENCE)?;
    Ok(match waited {
        _ if stop.is_stopped() => Some(Farewell::Stopped),
        Waited::Coming => None,
        Waited::Gone => Some(Farewell::Broken("The connection was closed".to_owned())),
        Waited::Enough => Some(Farewell::Broken("The connection is dead".to_owned())),
    })
}

/// The leader has no use for this assistant.
#[derive(Debug)]
struct Dismissed(String);

impl std::fmt::Display for Dismissed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "The training has no use for this worker: {}", self.0)
    }
}

impl std::error::Error for Dismissed {}
