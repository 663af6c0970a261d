//! From an experiment to its jobs.

use lore_core::{AdapterId, Arm, BankId, BankKeys, DatasetId, ExperimentSpec, JobId, MemoryMix};

use crate::{
    BankWork, CollectWork, EvaluateWork, JobSpec, PROTOCOL_VERSION, ReportWork, TrainWork, Trials,
    Work,
};

/// What every job of a plan shares.
#[derive(Clone, Debug)]
pub struct PlanContext {
    /// Now, in milliseconds since 1970.
    pub now_ms: u64,
    /// The version of the program.
    pub code_version: String,
    /// Processor threads.
    pub threads: usize,
}

/// The jobs of an experiment, in an order in which every job comes after those it waits for:
/// collect, remember, train once per recipe and seed, play once per arm and seed, report.
pub fn plan(spec: &ExperimentSpec, context: &PlanContext) -> Vec<JobSpec> {
    let mut planner = Planner {
        spec,
        context,
        jobs: Vec::new(),
    };
    let collect = planner.collect();
    let bank = planner.bank(&collect);
    let mut plays = Vec::new();
    for &seed in &spec.seeds {
        for with_memory in [false, true] {
            if spec
                .arms
                .iter()
                .any(|arm| arm.lora_with_memory == Some(with_memory))
            {
                planner.train(with_memory, seed, [&collect, &bank]);
            }
        }
        for arm in &spec.arms {
            plays.push(planner.evaluate(arm, seed, &bank));
        }
    }
    planner.push(
        "report",
        "Write the report".to_owned(),
        Work::Report(ReportWork {
            experiment: spec.id.clone(),
        }),
        plays,
    );
    planner.jobs
}

/// The data set of an experiment's expert episodes.
pub fn dataset_of(spec: &ExperimentSpec) -> DatasetId {
    DatasetId(format!("{}-episodes", spec.id))
}

/// The bank of an experiment.
pub fn bank_of(spec: &ExperimentSpec) -> BankId {
    BankId(format!("{}-bank", spec.id))
}

/// The adapter of an experiment's recipe and seed.
pub fn adapter_of(spec: &ExperimentSpec, with_memory: bool, seed: u64) -> AdapterId {
    let recipe = if with_memory { "exprag-lora" } else { "lora" };
    AdapterId(format!("{}-{recipe}-seed{seed}", spec.id))
}

struct Planner<'a> {
    spec: &'a ExperimentSpec,
    context: &'a PlanContext,
    jobs: Vec<JobSpec>,
}

impl Planner<'_> {
    /// Names are unique over all experiments: `<experiment>.<name>`.
    fn id(&self, name: &str) -> JobId {
        JobId(format!("{}.{name}", self.spec.id))
    }

    fn push(&mut self, name: &str, title: String, work: Work, after: Vec<JobId>) -> JobId {
        let id = self.id(name);
        self.jobs.push(JobSpec {
            version: PROTOCOL_VERSION,
            id: id.clone(),
            title,
            experiment: Some(self.spec.id.clone()),
            resources: work.resources(),
            work,
            after,
            created_ms: self.context.now_ms,
            code_version: self.context.code_version.clone(),
            threads: self.context.threads,
        });
        id
    }

    fn collect(&mut self) -> JobId {
        let spec = self.spec;
        let work = Work::Collect(CollectWork {
            world: spec.world.clone(),
            unseen_types: spec.unseen_types.clone(),
            per_type: spec.tasks.train_per_type,
            seed: spec.tasks.seed,
            max_steps: 50,
            dataset: dataset_of(spec),
            name: format!("Expert episodes of {}", spec.name),
        });
        self.push(
            "collect",
            "Collect expert episodes".into(),
            work,
            Vec::new(),
        )
    }

    fn bank(&mut self, collect: &JobId) -> JobId {
        let spec = self.spec;
        let key = spec.retrieval.selection.key(spec.retrieval.mode);
        let work = Work::BuildBank(BankWork {
            bank: bank_of(spec),
            name: format!("Bank of {}", spec.name),
            datasets: vec![dataset_of(spec)],
            embedder: spec.embedder.clone(),
            keys: BankKeys::for_key(key),
        });
        self.push(
            "bank",
            "Build the experience bank".into(),
            work,
            vec![collect.clone()],
        )
    }

    fn train(&mut self, with_memory: bool, seed: u64, after: [&JobId; 2]) {
        let spec = self.spec;
        let mut config = spec.train.clone();
        config.seed = seed;
        config.retrieval = with_memory.then(|| spec.retrieval.clone());
        if !with_memory {
            // Nothing is mixed where nothing is shown; the recipe says so.
            config.memory_mix = MemoryMix::default();
        }
        let recipe = if with_memory { "ExpRAG-LoRA" } else { "LoRA" };
        let work = Work::Train(TrainWork {
            adapter: adapter_of(spec, with_memory, seed),
            name: format!("{recipe}, {}, seed {seed}", spec.name),
            model: spec.model.clone(),
            config,
            dataset: dataset_of(spec),
            unseen_types: spec.unseen_types.clone(),
            bank: with_memory.then(|| bank_of(spec)),
            trials: (!spec.trials.is_off()).then(|| Trials {
                plan: spec.trials,
                world: spec.world.clone(),
                agent: spec.agent.clone(),
            }),
        });
        self.push(
            &train_name(with_memory, seed),
            format!("Train {recipe}, seed {seed}"),
            work,
            after.map(Clone::clone).to_vec(),
        );
    }

    fn evaluate(&mut self, arm: &Arm, seed: u64, bank: &JobId) -> JobId {
        let spec = self.spec;
        let work = Work::Evaluate(EvaluateWork {
            arm: arm.clone(),
            seed,
            model: spec.model.clone(),
            adapter: arm
                .lora_with_memory
                .map(|memory| adapter_of(spec, memory, seed)),
            bank: arm.retrieval.then(|| bank_of(spec)),
            retrieval: spec.retrieval.clone(),
            bank_at_test: spec.bank_at_test,
            agent: spec.agent.clone(),
            world: spec.world.clone(),
            unseen_types: spec.unseen_types.clone(),
            tasks: spec.tasks.clone(),
        });
        let adapter = arm
            .lora_with_memory
            .map(|memory| self.id(&train_name(memory, seed)));
        let after = arm
            .retrieval
            .then(|| bank.clone())
            .into_iter()
            .chain(adapter)
            .collect();
        let title = format!("Play with {}, seed {seed}", arm.name);
        self.push(&format!("{}-seed{seed}", arm.id), title, work, after)
    }
}

fn train_name(with_memory: bool, seed: u64) -> String {
    let recipe = if with_memory { "exprag-lora" } else { "lora" };
    format!("train-{recipe}-seed{seed}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::{KeyKind, Preset};

    fn context() -> PlanContext {
        PlanContext {
            now_ms: 0,
            code_version: "test".into(),
            threads: 1,
        }
    }

    #[test]
    fn every_job_comes_after_what_it_waits_for() {
        let jobs = plan(&ExperimentSpec::preset(Preset::Smoke), &context());
        for (index, job) in jobs.iter().enumerate() {
            for needed in &job.after {
                assert!(
                    jobs[..index].iter().any(|earlier| earlier.id == *needed),
                    "{} waits for {needed}, which comes later",
                    job.id
                );
            }
        }
    }

    #[test]
    fn five_arms_and_two_recipes() {
        let jobs = plan(&ExperimentSpec::preset(Preset::Smoke), &context());
        let count = |label| jobs.iter().filter(|job| job.work.label() == label).count();
        assert_eq!(count("train"), 2);
        assert_eq!(count("play test tasks"), 5);
        assert_eq!(count("report"), 1);
    }

    #[test]
    fn only_trainings_with_memories_mix_them() {
        let mut spec = ExperimentSpec::preset(Preset::Smoke);
        spec.train.memory_mix.without = 0.3;
        for job in plan(&spec, &context()) {
            if let Work::Train(work) = job.work {
                let is_mixed = !work.config.memory_mix.is_default();
                assert_eq!(is_mixed, work.config.retrieval.is_some());
            }
        }
    }

    #[test]
    fn the_bank_gets_the_keys_that_agents_ask_by() {
        for key in KeyKind::ALL {
            let mut spec = ExperimentSpec::preset(Preset::Smoke);
            spec.retrieval.selection.key = Some(key);
            let jobs = plan(&spec, &context());
            let keys = jobs.iter().find_map(|job| match &job.work {
                Work::BuildBank(work) => Some(work.keys),
                _ => None,
            });
            assert!(keys.is_some_and(|keys| keys.has(key)), "{key:?}");
        }
    }
}
