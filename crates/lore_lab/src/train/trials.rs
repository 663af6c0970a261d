//! Trying an adapter while it is trained: it plays tasks of the kinds it learns, which it does not learn
//! from. The loss says how well it imitates; this says what it can do.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};

use lore_agent::Played;
use lore_core::{
    Arm, BankAtTest, DataDir, Split, SplitKind, StopToken, TaskId, TaskPlan, Trajectory, Trial,
    TrialPlan, Variation, Watcher as _,
};
use lore_env::{NumTasks, World, select_tasks};
use lore_llm::{AdapterWeights, BaseModel, ChatModel};
use lore_protocol::{EvaluateWork, JobEvent, TrainWork, Trials};

use crate::evaluate::{Player, TestTask};
use crate::events::Relay;
use crate::files::{read_json, recover_folder, replace_folder, write_json};
use crate::{Job, machine};

/// What trials are called in progress.
const STAGE: &str = "Try it on new tasks";

/// Everything that trials need.
pub(super) struct Trying<'a> {
    data: &'a DataDir,
    stop: &'a StopToken,
    plan: TrialPlan,
    /// A trial as an evaluation.
    work: EvaluateWork,
    base: Arc<BaseModel>,
    /// Its name in the adapter's files.
    base_name: String,
    world: Box<dyn World>,
    tasks: Vec<TestTask>,
    /// Holds `trials.json` and the adapter of the best trial.
    folder: PathBuf,
    done: Vec<Trial>,
}

impl<'a> Trying<'a> {
    /// Chooses the tasks and takes up the trials of an interrupted training.
    pub(super) fn open(
        job: &Job<'a>,
        work: &TrainWork,
        trials: &Trials,
        (base, base_name): (Arc<BaseModel>, &str),
        learned: &BTreeSet<TaskId>,
    ) -> Result<Self> {
        let world = lore_env::open_world(&trials.world, job.data)?;
        let work = as_evaluation(work, trials);
        let tasks = held_out(world.as_ref(), &work, trials.plan.num_tasks, learned);
        ensure!(
            !tasks.is_empty(),
            "The adapter cannot be tried while it is trained: the world has no tasks of the types that \
             training may see, or all of them are trained on. Start the training without trials, or choose \
             another world."
        );
        let folder = job.folder().join("trials");
        // Without a readable record they are played again.
        let done = read_json(&folder.join("trials.json")).unwrap_or_default();
        Ok(Self {
            data: job.data,
            stop: job.stop,
            plan: trials.plan,
            work,
            base,
            base_name: base_name.to_owned(),
            world,
            tasks,
            folder,
            done,
        })
    }

    /// Plays the tasks when it is time to.
    pub(super) fn stepped(
        &mut self,
        step: u64,
        num_steps: u64,
        adapter: &AdapterWeights,
        relay: &mut Relay<'_>,
    ) -> Result<()> {
        if !self.plan.is_due(step, num_steps) || self.has_tried(step) {
            return Ok(());
        }
        let Some(trial) = self.play(step, adapter, relay)? else {
            return Ok(());
        };
        self.keep(&trial, adapter)?;
        let rate = f64::from(trial.num_successes) / f64::from(trial.num_tasks);
        relay.metric("trial/success_rate", step, rate);
        relay.send(JobEvent::Trial { trial });
        Ok(())
    }

    /// True when the adapter was tried after this step.
    pub(super) fn has_tried(&self, step: u64) -> bool {
        self.done.iter().any(|trial| trial.step == step)
    }

    /// The best trial and its adapter, when that is the one to keep.
    pub(super) fn best(&self) -> Result<Option<(&Trial, AdapterWeights)>> {
        let Some(best) = Trial::best(&self.done).filter(|_| self.plan.keep_best) else {
            return Ok(None);
        };
        let folder = self.folder.join("best");
        recover_folder(&folder)?;
        let adapter = AdapterWeights::load_peft(&folder)
            .context("The adapter of the best trial cannot be read.")?;
        Ok(Some((best, adapter)))
    }

    /// Plays the tasks; `None` when a stop was asked for.
    fn play(
        &self,
        step: u64,
        adapter: &AdapterWeights,
        relay: &mut Relay<'_>,
    ) -> Result<Option<Trial>> {
        let model = ChatModel::new(Arc::clone(&self.base), Some(Arc::new(adapter.clone())))?;
        let model = model.with_cache_bytes(machine::prompt_cache_bytes());
        let mut player = Player::with_model(self.data, &self.work, model)?;
        let tests: Vec<&TestTask> = self.tasks.iter().collect();
        let max_steps = self.work.agent.max_steps as u64;
        let total = tests.len() as u64 * max_steps;
        let mut episodes: Vec<Trajectory> = Vec::new();
        relay.progress(STAGE, 0, total, "steps");
        let mut watch = |played| {
            let mut num_open = 0;
            match played {
                Played::Round { num_steps } => num_open = num_steps as u64,
                Played::Episode(trajectory) => episodes.push(*trajectory),
            }
            let done = episodes.len() as u64 * max_steps + num_open;
            relay.progress(STAGE, done.min(total), total, "steps");
            Ok(())
        };
        let finished = player.play(self.world.as_ref(), &tests, &mut watch, self.stop)?;
        Ok(finished.then(|| trial(step, &self.tasks[0].task.id, &episodes)))
    }

    /// Puts the trial on disk, ahead of it the adapter if none did better.
    fn keep(&mut self, trial: &Trial, adapter: &AdapterWeights) -> Result<()> {
        self.done.push(trial.clone());
        let is_best = Trial::best(&self.done).is_some_and(|best| best.step == trial.step);
        if self.plan.keep_best && is_best {
            replace_folder(&self.folder.join("best"), |fresh| {
                adapter.save_peft(fresh, &self.base_name)
            })?;
        }
        write_json(&self.folder.join("trials.json"), &self.done)
    }
}

/// A trial as an evaluation of the adapter: with the memories it is trained with, and no others.
fn as_evaluation(work: &TrainWork, trials: &Trials) -> EvaluateWork {
    let retrieval = work.config.retrieval.clone();
    EvaluateWork {
        arm: Arm {
            id: "trial".into(),
            name: "Trial".into(),
            retrieval: retrieval.is_some(),
            lora_with_memory: Some(retrieval.is_some()),
            variation: Variation::default(),
            model: None,
        },
        seed: work.config.seed,
        model: work.model.clone(),
        adapter: None,
        bank: work.bank.clone(),
        retrieval: retrieval.unwrap_or_default(),
        bank_at_test: BankAtTest::TrainingOnly,
        agent: trials.agent.clone(),
        world: trials.world.clone(),
        unseen_types: work.unseen_types.clone(),
        tasks: TaskPlan::default(),
    }
}

/// Tasks of the seen types for trials: of the world's validation part, or where it has none, training
/// tasks that are not trained on. Never test tasks: what is chosen by them could not be tested on them.
fn held_out(
    world: &dyn World,
    work: &EvaluateWork,
    num_tasks: usize,
    learned: &BTreeSet<TaskId>,
) -> Vec<TestTask> {
    let types: BTreeSet<&String> = world.tasks().iter().map(|task| &task.task_type).collect();
    let seen = types
        .into_iter()
        .filter(|name| !work.unseen_types.contains(name));
    let seen: Vec<String> = seen.cloned().collect();
    if seen.is_empty() {
        // To the selection, no types would mean all of them.
        return Vec::new();
    }
    let of = |split| {
        let all = select_tasks(
            world,
            split,
            &seen,
            NumTasks::PerType(usize::MAX),
            work.seed,
        );
        let fresh = all.into_iter().filter(|task| !learned.contains(&task.id));
        let tests = fresh.take(num_tasks).map(|task| TestTask {
            task,
            split: SplitKind::Seen,
        });
        tests.collect::<Vec<_>>()
    };
    let validation = of(Split::Validation);
    if validation.is_empty() {
        of(Split::Train)
    } else {
        validation
    }
}

/// What came out; the episode of task `shown` is told in full.
fn trial(step: u64, shown: &TaskId, episodes: &[Trajectory]) -> Trial {
    let successes = episodes.iter().filter(|episode| episode.is_success());
    let first = episodes.iter().find(|episode| episode.task.id == *shown);
    let steps = first.map_or(&[][..], |episode| &episode.steps);
    Trial {
        step,
        num_tasks: episodes.len() as u32,
        num_successes: successes.count() as u32,
        goal: first.map_or_else(String::new, |episode| episode.task.goal.clone()),
        steps: steps
            .iter()
            .map(|step| (step.action.clone(), step.observation.clone()))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::testing::{task, trajectory};
    use lore_core::{EpisodeEnd, ExperimentSpec, WorldSpec};
    use lore_env::GeneratedWorld;

    fn work(unseen_types: &[&str]) -> EvaluateWork {
        let spec = ExperimentSpec::default();
        EvaluateWork {
            arm: Arm::paper()[0].clone(),
            seed: 1,
            model: spec.model,
            adapter: None,
            bank: None,
            retrieval: spec.retrieval,
            bank_at_test: spec.bank_at_test,
            agent: spec.agent,
            world: WorldSpec::default(),
            unseen_types: unseen_types.iter().map(|&name| name.to_owned()).collect(),
            tasks: spec.tasks,
        }
    }

    #[test]
    fn trials_play_no_test_task_no_unseen_type_and_nothing_that_is_learned() {
        let world = GeneratedWorld::new(1, true);
        let unseen = ["pick_two_obj_and_place", "look_at_obj_in_light"];
        let first = held_out(&world, &work(&unseen), 8, &BTreeSet::new());
        let learned: BTreeSet<TaskId> = first.iter().map(|test| test.task.id.clone()).collect();
        let others = held_out(&world, &work(&unseen), 8, &learned);
        for test in first.iter().chain(&others) {
            assert_ne!(test.task.split, Split::Test);
            assert!(!unseen.contains(&test.task.task_type.as_str()));
        }
        assert_eq!((first.len(), others.len()), (8, 8));
        assert!(others.iter().all(|test| !learned.contains(&test.task.id)));
    }

    #[test]
    fn a_trial_counts_successes_and_shows_one_task() {
        let episode = |id, end| trajectory(task(id), &[("look", id)], end);
        let episodes = [
            episode("b", EpisodeEnd::Truncated),
            episode("a", EpisodeEnd::Success),
        ];
        let trial = trial(5, &TaskId::from("a"), &episodes);
        assert_eq!((trial.num_tasks, trial.num_successes), (2, 1));
        assert_eq!(trial.goal, "do a");
        assert_eq!(trial.steps, [("look".to_owned(), "a".to_owned())]);
    }
}
