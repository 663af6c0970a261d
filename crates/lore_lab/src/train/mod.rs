//! Training an adapter.

mod sources;
mod trials;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context as _, Result};

use lore_core::{
    Adapter, AdapterOrigin, DataDir, GradientCertificate, ModelInfo, TaskId, TrainConfig, Trial,
    Watcher,
};
use lore_llm::{AdapterWeights, BaseModel, WeightForm};
use lore_protocol::{JobEvent, TrainWork};
use lore_train::{
    BuiltExamples, Example, ExampleRecipe, ExampleSource, MixedExamples, MixedSource, TrainJob,
    TrainOutcome, TrainWatcher,
};

use crate::events::Relay;
use crate::files::{now_ms, replace_folder, write_json};
use crate::meeting::OpenMeeting;
use crate::{Job, Outcome, machine, models, names, templates};
use sources::Source;
pub(crate) use sources::learnable;
use trials::Trying;

/// Trains the adapter, from the last checkpoint if there is one, and puts it into the adapter folder.
pub(crate) fn run(job: &mut Job<'_>, work: &TrainWork) -> Result<Outcome> {
    names::check("an adapter", work.adapter.as_str())?;
    let meeting = OpenMeeting::of(job);
    job.relay.progress("Prepare", 0, 0, "episodes");
    let trajectories = sources::learnable(job.data, work)?;
    let data_hash = sources::data_hash(&trajectories);
    let found = sources::with_memories(job.data, work, trajectories, &mut job.relay, job.stop)?;
    let Some(found) = found else {
        return Ok(Outcome::Stopped { resumable: true });
    };
    let memory_budget = machine::memory_budget();
    let say = &mut |text: &str| job.relay.message(text);
    let (base, info) = base_model(job.data, work, memory_budget, say)?;
    let groups = by_templates(&found);
    let (examples, sources) = examples(&base, &work.config, &groups, &mut job.relay)?;
    let mixed = MixedExamples::new(&work.config, sources)?;
    let checkpoints = job.folder().join("checkpoints");
    let training = TrainJob {
        weights: &base.weights,
        base_name: models::hub_name(&info),
        examples: &examples,
        mixed: mixed.as_ref(),
        config: &work.config,
        checkpoints: &checkpoints,
        memory_budget,
        crew: meeting.as_ref().map(|meeting| &meeting.crew),
    };
    let trials = trials(job, work, (&base, training.base_name), &found)?;
    let mut listener = Listener {
        relay: &mut job.relay,
        trials,
    };
    let outcome = lore_train::train(&training, &mut listener, job.stop)?;
    let trials = listener.trials;
    match outcome {
        TrainOutcome::Stopped { .. } => Ok(Outcome::Stopped { resumable: true }),
        TrainOutcome::Finished { steps, .. }
            if trials.as_ref().is_some_and(|it| !it.has_tried(steps)) =>
        {
            // Stopped in the last trial.
            Ok(Outcome::Stopped { resumable: true })
        }
        TrainOutcome::Finished {
            adapter,
            certificate,
            losses,
            steps,
        } => {
            let mut trained = Trained {
                weights: adapter,
                certificate,
                losses,
                num_steps: steps,
                data_hash,
                trial: None,
            };
            if let Some((best, adapter)) = trials.as_ref().map(Trying::best).transpose()?.flatten()
            {
                trained.weights = adapter;
                trained.num_steps = best.step;
                trained.trial = Some(best.clone());
            }
            keep(job, work, &info, trained)
        }
    }
}

/// What trials need, when they are wanted.
fn trials<'a>(
    job: &Job<'a>,
    work: &TrainWork,
    (base, base_name): (&Arc<BaseModel>, &str),
    found: &[Source],
) -> Result<Option<Trying<'a>>> {
    let Some(wanted) = work.trials.as_ref().filter(|it| !it.plan.is_off()) else {
        return Ok(None);
    };
    let learned: BTreeSet<TaskId> = found
        .iter()
        .map(|source| source.trajectory.task.id.clone())
        .collect();
    let base = (Arc::clone(base), base_name);
    Trying::open(job, work, wanted, base, &learned).map(Some)
}

/// The base model, unpacked or as its file has it.
pub(crate) fn base_model(
    data: &DataDir,
    work: &TrainWork,
    memory_budget: u64,
    say: &mut dyn FnMut(&str),
) -> Result<(Arc<BaseModel>, ModelInfo)> {
    let form = |info: &ModelInfo| {
        if work.config.base.is_stored(info, memory_budget) {
            WeightForm::Stored
        } else {
            WeightForm::Unpacked
        }
    };
    let (base, info) = models::base_as(data, &work.model, form)?;
    if form(&info) == WeightForm::Stored {
        say("The base model stays as its file has it, to save memory.");
    }
    Ok((base, info))
}

/// Episodes by the action templates of their world: a mixed data set has several worlds.
type Groups<'a> = BTreeMap<Vec<String>, Vec<ExampleSource<'a>>>;

fn by_templates(found: &[Source]) -> Groups<'_> {
    let mut groups = Groups::new();
    for source in found {
        let group = groups.entry(templates::of(&source.trajectory)).or_default();
        group.push(ExampleSource {
            trajectory: &source.trajectory,
            memories: &source.memories,
        });
    }
    groups
}

/// Tokens with a loss mask, one example for each episode that fits, and what each was made from.
fn examples<'a>(
    base: &'a BaseModel,
    config: &'a TrainConfig,
    groups: &'a Groups<'a>,
    relay: &mut Relay<'_>,
) -> Result<(Vec<Example>, Vec<MixedSource<'a>>)> {
    let mut all = BuiltExamples::default();
    let mut made_from = Vec::new();
    for (action_templates, sources) in groups {
        let recipe = ExampleRecipe {
            tokens: base,
            action_templates,
            retrieval: config.retrieval.as_ref(),
            max_tokens: config.max_tokens,
        };
        let built = lore_train::build_examples(&recipe, sources.iter().copied())?;
        let sources = built.places.iter().map(|place| sources[*place]);
        made_from.extend(sources.map(|source| MixedSource { recipe, source }));
        all.examples.extend(built.examples);
        all.num_too_long += built.num_too_long;
        all.num_dropped_memories += built.num_dropped_memories;
    }
    tell(&all, config, relay);
    Ok((all.examples, made_from))
}

fn tell(all: &BuiltExamples, config: &TrainConfig, relay: &mut Relay<'_>) {
    relay.message(&format!("Learning from {} episodes.", all.examples.len()));
    if all.num_too_long > 0 {
        relay.warn(format!(
            "{} episodes are longer than {} tokens and were left out.",
            all.num_too_long, config.max_tokens
        ));
    }
    if all.num_dropped_memories > 0 {
        relay.warn(format!(
            "{} memories did not fit into their examples and were left out.",
            all.num_dropped_memories
        ));
    }
}

/// What a training made.
struct Trained {
    weights: AdapterWeights,
    certificate: GradientCertificate,
    /// Of every step.
    losses: Vec<f64>,
    /// Steps that went into the weights.
    num_steps: u64,
    data_hash: String,
    /// The trial that the weights were chosen by.
    trial: Option<Trial>,
}

impl Trained {
    /// The loss of the last step that went into the weights.
    fn final_loss(&self) -> f64 {
        let last = self.num_steps.checked_sub(1);
        let loss = last.and_then(|step| self.losses.get(step as usize));
        loss.copied().unwrap_or_default()
    }

    fn summary(&self) -> String {
        let loss = self.final_loss();
        match &self.trial {
            None => format!(
                "Trained for {} steps; the loss ended at {loss:.3}.",
                self.num_steps
            ),
            Some(trial) => format!(
                "Kept what it was after step {} of {}, where it reached the goal in {} of {} new tasks.",
                trial.step,
                self.losses.len(),
                trial.num_successes,
                trial.num_tasks
            ),
        }
    }
}

fn keep(job: &Job<'_>, work: &TrainWork, base: &ModelInfo, trained: Trained) -> Result<Outcome> {
    let (final_loss, summary) = (trained.final_loss(), trained.summary());
    let mut adapter = Adapter {
        id: work.adapter.clone(),
        name: work.name.clone(),
        base_model: work.model.clone(),
        base_digest: base.digest.clone(),
        lora: work.config.lora.clone(),
        origin: AdapterOrigin {
            job: Some(job.spec.id.clone()),
            experiment: job.spec.experiment.clone(),
            data_hash: trained.data_hash,
            seed: work.config.seed,
        },
        certificate: trained.certificate,
        num_steps: trained.num_steps,
        final_loss,
        with_retrieval: work.config.retrieval.is_some(),
        created_ms: now_ms(),
        weights_digest: String::new(),
    };
    replace_folder(&job.data.adapter(&work.adapter), |fresh| {
        trained.weights.save_peft(fresh, models::hub_name(base))?;
        adapter.weights_digest = models::adapter_digest(fresh)?;
        write_json(&fresh.join("adapter.json"), &adapter)
    })
    .context("The training finished, but its adapter could not be saved. Resume to try again.")?;
    Ok(Outcome::finished(summary))
}

/// Passes on what a training says, and tries its adapter.
struct Listener<'a, 'r> {
    relay: &'a mut Relay<'r>,
    trials: Option<Trying<'a>>,
}

impl Watcher for Listener<'_, '_> {
    fn progress(&mut self, stage: &str, done: u64, total: u64, unit: &str) {
        self.relay.progress(stage, done, total, unit);
    }

    fn metric(&mut self, name: &str, step: u64, value: f64) {
        self.relay.metric(name, step, value);
    }

    fn message(&mut self, text: &str) {
        self.relay.message(text);
    }
}

impl TrainWatcher for Listener<'_, '_> {
    fn certified(&mut self, certificate: &GradientCertificate) {
        self.relay.send(JobEvent::Gradients {
            certificate: certificate.clone(),
        });
    }

    fn saved(&mut self, step: u64) {
        self.relay.send(JobEvent::Checkpoint { step });
    }

    fn stepped(&mut self, step: u64, num_steps: u64, adapter: &AdapterWeights) -> Result<()> {
        match &mut self.trials {
            Some(trials) => trials.stepped(step, num_steps, adapter, self.relay),
            None => Ok(()),
        }
    }
}
