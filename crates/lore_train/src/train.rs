//! The training loop.

use std::borrow::Cow;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};

use lore_core::{BaseForm, GradientCertificate, StopToken, TrainConfig, Watcher, content_hash};
use lore_llm::{AdapterWeights, Weights};

use crate::buffers::LoraBuffers;
use crate::checkpoint::{CheckpointStore, TrainState};
use crate::crew::Crew;
use crate::example::Example;
use crate::gradient::PassGradient;
use crate::init::init_adapter;
use crate::mixed::MixedExamples;
use crate::model::{LossGradient, TrainableModel};
use crate::order::{Order, Place};
use crate::packing::pack;
use crate::pass::Pass;
use crate::recipe::check_recipe;
use crate::schedule::learning_rate;
use crate::seeds::{Purpose, derive};

#[cfg(test)]
mod tests;

/// How many steps before a resume are told again.
const TOLD_AGAIN: u64 = 64;

/// What is trained, on what, and how.
#[derive(Clone, Copy, Debug)]
pub struct TrainJob<'a> {
    /// The base model; stays as it is.
    pub weights: &'a Weights,
    /// Its name in the adapter's files.
    pub base_name: &'a str,
    /// What is learned.
    pub examples: &'a [Example],
    /// The same examples as every pass shows them, when passes differ.
    pub mixed: Option<&'a MixedExamples<'a>>,
    /// The recipe.
    pub config: &'a TrainConfig,
    /// Where checkpoints are, of this training and no other. It goes on from the newest.
    pub checkpoints: &'a Path,
    /// Bytes that the training may take, the model included. Less makes it slower, not different;
    /// `u64::MAX` for no limit. See [`crate::estimate_memory`].
    pub memory_budget: u64,
    /// Other computers that take over passes, if there are any. They make it faster, not different.
    pub crew: Option<&'a Crew>,
}

/// Listens to a training.
pub trait TrainWatcher: Watcher {
    /// Every matrix was seen to receive a gradient.
    fn certified(&mut self, certificate: &GradientCertificate);

    /// The state after this many optimiser steps was saved.
    fn saved(&mut self, step: u64);

    /// The adapter as it is after `step` of `num_steps`; told after each, and again for the step that a
    /// training goes on from. An error ends the training.
    fn stepped(&mut self, step: u64, num_steps: u64, adapter: &AdapterWeights) -> Result<()> {
        let _ = (step, num_steps, adapter);
        Ok(())
    }
}

/// How a training ended.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainOutcome {
    /// All steps were taken.
    Finished {
        /// What was learned.
        adapter: AdapterWeights,
        /// The proof that every matrix learned; incomplete after fewer than two steps.
        certificate: GradientCertificate,
        /// The loss of every step, in nats per learned token.
        losses: Vec<f64>,
        /// Optimiser steps.
        steps: u64,
    },
    /// It was asked to stop, and has saved.
    Stopped {
        /// Optimiser steps taken.
        step: u64,
    },
}

/// Trains an adapter, from the newest checkpoint if there is one.
///
/// Gradients are averaged over the learned tokens of the whole batch, as Hugging Face's trainer does:
/// a long trajectory counts for more than a short one. The recipe's seed decides everything that
/// is random; interrupting and resuming changes nothing in the result.
pub fn train(
    job: &TrainJob<'_>,
    watcher: &mut dyn TrainWatcher,
    stop: &StopToken,
) -> Result<TrainOutcome> {
    let model =
        TrainableModel::new(job.weights, job.memory_budget).with_moments(job.config.moments);
    train_with(&model, job, watcher, stop)
}

/// [`train`] with any source of gradients.
pub(crate) fn train_with(
    model: &dyn LossGradient,
    job: &TrainJob<'_>,
    watcher: &mut dyn TrainWatcher,
    stop: &StopToken,
) -> Result<TrainOutcome> {
    check_recipe(job.config, &job.weights.config)?;
    let has_mask = |example: &Example| example.num_learned() > 0;
    ensure!(
        !job.examples.is_empty() && job.examples.iter().all(has_mask),
        "Every example must hold a token to learn; without one, training would change nothing"
    );
    ensure!(
        job.mixed
            .is_none_or(|mixed| mixed.len() == job.examples.len()),
        "Passes over the data must show the examples they are made of"
    );
    let order = Order::new(job.config, job.examples.len());
    let fresh = init_adapter(
        job.weights,
        &job.config.lora,
        job.config.seed,
        job.base_name,
    );
    let fresh = TrainState::new(fresh, job.config.moments);
    let store = CheckpointStore::new(job.checkpoints, fingerprint(job)?);
    let resumed = store.load_latest(&fresh, &mut |text| watcher.message(text))?;
    if let Some(state) = &resumed {
        watcher.message(&format!("Going on after step {}", state.step()));
    }
    let mut run = Run {
        model,
        job,
        order,
        store,
        state: resumed.unwrap_or(fresh),
    };
    run.finish(watcher, stop)
}

/// Hash of everything that decides the result of a training, but for the base model's numbers.
fn fingerprint(job: &TrainJob<'_>) -> Result<String> {
    // How often a checkpoint is made, and how the base model is kept, changes no number.
    let recipe = TrainConfig {
        checkpoint_every: 0,
        base: BaseForm::Automatic,
        ..job.config.clone()
    };
    let mut parts = vec![serde_json::to_string(&recipe)?, job.base_name.to_owned()];
    for example in job.examples {
        parts.push(serde_json::to_string(&(&example.ids, &example.loss_mask))?);
    }
    parts.extend(job.mixed.map(MixedExamples::fingerprint));
    Ok(content_hash(parts.iter().map(String::as_str)))
}

/// A training on its way.
struct Run<'a> {
    model: &'a dyn LossGradient,
    job: &'a TrainJob<'a>,
    order: Order,
    store: CheckpointStore,
    state: TrainState,
}

/// A batch's gradient.
struct BatchGradient {
    gradients: LoraBuffers,
    /// Mean over the learned tokens.
    loss: f64,
    num_tokens: usize,
    num_learned: usize,
}

/// Examples that share a pass, and the seed of dropout of each.
struct Group<'a> {
    examples: Vec<&'a Example>,
    seeds: Vec<u64>,
}

/// The sum over `passes`; `None` when asked to stop.
fn sum_alone(
    model: &dyn LossGradient,
    adapter: &AdapterWeights,
    passes: &[Pass<'_>],
    stop: &StopToken,
) -> Result<Option<PassGradient>> {
    let mut sum = PassGradient::zeros(adapter);
    for pass in passes {
        if stop.is_stopped() {
            return Ok(None);
        }
        sum.loss += model.add_gradient(adapter, pass, &mut sum.gradients)?;
    }
    Ok(Some(sum))
}

impl Run<'_> {
    /// Takes the remaining steps.
    fn finish(&mut self, watcher: &mut dyn TrainWatcher, stop: &StopToken) -> Result<TrainOutcome> {
        let num_steps = self.order.num_steps();
        watcher.progress("Training", self.state.step(), num_steps, "steps");
        self.tell_again(watcher);
        if self.state.step() > 0 {
            watcher.stepped(self.state.step(), num_steps, &self.state.adapter)?;
        }
        while self.state.step() < num_steps {
            let started = Instant::now();
            let batch = self.batch_gradient(stop)?;
            for text in self.job.crew.into_iter().flat_map(Crew::news) {
                watcher.message(&text);
            }
            let Some(batch) = batch else {
                self.save(watcher)?;
                let step = self.state.step();
                return Ok(TrainOutcome::Stopped { step });
            };
            self.step(batch, started, watcher)?;
            let step = self.state.step();
            let every = self.job.config.checkpoint_every.max(1);
            if step.is_multiple_of(every) || step == num_steps {
                self.save(watcher)?;
            }
            watcher.stepped(step, num_steps, &self.state.adapter)?;
            watcher.progress("Training", step, num_steps, "steps");
        }
        Ok(TrainOutcome::Finished {
            adapter: self.state.adapter.clone(),
            certificate: self.state.inspection.certificate().clone(),
            losses: self.state.losses.clone(),
            steps: self.state.step(),
        })
    }

    /// The gradient of the next step's batch; `None` when asked to stop. What was computed of the
    /// batch until then is lost, and computed again after a resume.
    fn batch_gradient(&self, stop: &StopToken) -> Result<Option<BatchGradient>> {
        let step = self.state.step() + 1;
        let shown = self.examples(step)?;
        let batch: Vec<&Example> = shown.iter().map(AsRef::as_ref).collect();
        let num_learned: usize = batch.iter().map(|example| example.num_learned()).sum();
        let groups = self.groups(step, &batch);
        let passes: Vec<Pass<'_>> = groups
            .iter()
            .map(|group| Pass {
                examples: &group.examples,
                weight: 1.0 / num_learned as f64,
                dropout_seeds: Some(&group.seeds),
            })
            .collect();
        let adapter = &self.state.adapter;
        let sum = match self.job.crew {
            Some(crew) => crew.sum(self.model, (step, adapter), &passes, stop)?,
            None => sum_alone(self.model, adapter, &passes, stop)?,
        };
        let Some(PassGradient { gradients, loss }) = sum else {
            return Ok(None);
        };
        Ok(Some(BatchGradient {
            gradients,
            loss,
            num_tokens: batch.iter().map(|example| example.ids.len()).sum(),
            num_learned,
        }))
    }

    /// The examples of a step, as its pass over the data shows them.
    fn examples(&self, step: u64) -> Result<Vec<Cow<'_, Example>>> {
        let places = self.order.batch(step).into_iter();
        let example = |place: Place| match self.job.mixed {
            Some(mixed) => mixed.example(place).map(Cow::Owned),
            None => Ok(Cow::Borrowed(&self.job.examples[place.index])),
        };
        places.map(example).collect()
    }

    /// Which examples of a batch go through the model together.
    fn groups<'e>(&self, step: u64, batch: &[&'e Example]) -> Vec<Group<'e>> {
        let config = self.job.config;
        let lengths: Vec<usize> = batch.iter().map(|example| example.ids.len()).collect();
        let budget = if config.packing { config.max_tokens } else { 0 };
        let seed = |place: &usize| {
            let path = [step, *place as u64];
            derive(config.seed, Purpose::Dropout, &path)
        };
        let groups = pack(&lengths, budget).into_iter();
        groups
            .map(|places| Group {
                examples: places.iter().map(|place| batch[*place]).collect(),
                seeds: places.iter().map(seed).collect(),
            })
            .collect()
    }

    /// Moves the adapter and tells about it.
    fn step(
        &mut self,
        batch: BatchGradient,
        started: Instant,
        watcher: &mut dyn TrainWatcher,
    ) -> Result<()> {
        let config = self.job.config;
        let step = self.state.step() + 1;
        let mut gradients = batch.gradients;
        if self
            .state
            .inspection
            .look(step, &self.state.adapter, &gradients)?
        {
            watcher.certified(self.state.inspection.certificate());
        }
        let norm = gradients.norm();
        ensure!(
            batch.loss.is_finite() && norm.is_finite(),
            "The training became unstable at step {step}: its loss is no longer a number. Start again \
             with a lower learning rate"
        );
        gradients.clip(norm, config.max_grad_norm);
        let rate = learning_rate(config, step, self.order.num_steps());
        let TrainState {
            adapter, optimizer, ..
        } = &mut self.state;
        optimizer.step(config, rate, &gradients, adapter);
        self.state.losses.push(batch.loss);
        self.state.norms.push(norm);
        self.tell(step, watcher);
        let secs = started.elapsed().as_secs_f64().max(f64::MIN_POSITIVE);
        let speed = |num_tokens: usize| num_tokens as f64 / secs;
        let learned = speed(batch.num_learned);
        watcher.metric("train/tokens_per_sec", step, speed(batch.num_tokens));
        watcher.metric("train/learned_tokens_per_sec", step, learned);
        Ok(())
    }

    /// Tells the last steps before a resume once more: they may have been saved when nobody listened any more.
    fn tell_again(&self, watcher: &mut dyn TrainWatcher) {
        let last = self.state.step();
        for step in last.saturating_sub(TOLD_AGAIN) + 1..=last {
            self.tell(step, watcher);
        }
    }

    /// Tells what the recipe made of a step that was taken; its speed is told when it is taken.
    fn tell(&self, step: u64, watcher: &mut dyn TrainWatcher) {
        let place = step as usize - 1;
        let rate = learning_rate(self.job.config, step, self.order.num_steps());
        for (name, value) in [
            ("train/loss", self.state.losses[place]),
            ("train/learning_rate", rate),
            ("train/grad_norm", self.state.norms[place]),
            ("train/epoch", self.order.epochs_done(step)),
        ] {
            watcher.metric(name, step, value);
        }
    }

    fn save(&self, watcher: &mut dyn TrainWatcher) -> Result<()> {
        let step = self.state.step();
        if step > 0 {
            self.store.save(&self.state)?;
            watcher.saved(step);
        }
        Ok(())
    }
}
