//! From an experiment to its jobs.

use std::collections::BTreeSet;

use lore_core::{
    AdapterId, Arm, BankId, BankKeys, DatasetId, ExperimentSpec, Filter, JobId, MemoryMix,
    RetrievalConfig,
};

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

/// The name of the job that writes the report.
const REPORT: &str = "report";

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
    // What the experiment asks first is answered first, seed by seed; variants follow.
    for are_variants in [false, true] {
        for &seed in &spec.seeds {
            let arms = || {
                let arms = spec.arms.iter();
                arms.filter(move |arm| arm.is_variant() == are_variants)
            };
            for arm in arms().filter(|arm| arm.lora_with_memory.is_some()) {
                planner.train(arm, seed, [&collect, &bank]);
            }
            for arm in arms().filter(|arm| spec.seeds_of(arm).contains(&seed)) {
                plays.push(planner.evaluate(arm, seed, &bank));
            }
        }
    }
    planner.push(
        REPORT,
        "Write the report".to_owned(),
        Work::Report(ReportWork {
            experiment: spec.id.clone(),
        }),
        plays,
    );
    planner.jobs
}

/// The jobs that an experiment needs beyond those it has, after arms or seeds were added to it, and another
/// report behind all of them; nothing when it has everything.
pub fn missing(
    spec: &ExperimentSpec,
    context: &PlanContext,
    known: &BTreeSet<JobId>,
) -> Vec<JobSpec> {
    let is_report = |id: &JobId| id.as_str().starts_with(&format!("{}.{REPORT}", spec.id));
    let mut jobs = plan(spec, context);
    jobs.retain(|job| is_report(&job.id) || !known.contains(&job.id));
    if jobs.iter().all(|job| is_report(&job.id)) {
        return Vec::new();
    }
    let num_reports = known.iter().filter(|id| is_report(id)).count();
    for job in jobs.iter_mut().filter(|job| is_report(&job.id)) {
        if num_reports > 0 {
            job.id = JobId(format!("{}-{}", job.id, num_reports + 1));
        }
    }
    jobs
}

/// The data set of an experiment's expert episodes.
pub fn dataset_of(spec: &ExperimentSpec) -> DatasetId {
    DatasetId(format!("{}-episodes", spec.id))
}

/// The bank of an experiment.
pub fn bank_of(spec: &ExperimentSpec) -> BankId {
    BankId(format!("{}-bank", spec.id))
}

/// The adapter with which an arm plays, if any.
pub fn adapter_of(spec: &ExperimentSpec, arm: &Arm, seed: u64) -> Option<AdapterId> {
    let recipe = recipe_of(spec, arm)?;
    Some(AdapterId(format!("{}-{recipe}-seed{seed}", spec.id)))
}

/// The name of a recipe on disk: `lora`, `exprag-lora`, or the first arm's that mixes memories so.
fn recipe_of(spec: &ExperimentSpec, arm: &Arm) -> Option<String> {
    let with_memory = arm.lora_with_memory?;
    if arm.variation.memory_mix.is_none() || !with_memory {
        return Some(if with_memory { "exprag-lora" } else { "lora" }.to_owned());
    }
    let first = spec.arms.iter().find(|other| other.shares_adapter(arm));
    Some(first.unwrap_or(arm).id.replace('_', "-"))
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
        let job = JobSpec {
            version: PROTOCOL_VERSION,
            id: id.clone(),
            title,
            experiment: Some(self.spec.id.clone()),
            resources: work.resources(),
            work,
            cluster: None,
            after,
            created_ms: self.context.now_ms,
            code_version: self.context.code_version.clone(),
            threads: self.context.threads,
            assistants: 0,
        };
        self.jobs.push(job.done_by(self.spec.cluster.as_ref()));
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

    /// A job that trains an arm's adapter, unless another arm's job does.
    fn train(&mut self, arm: &Arm, seed: u64, after: [&JobId; 2]) {
        let spec = self.spec;
        let (Some(adapter), Some(name)) =
            (adapter_of(spec, arm, seed), train_name(spec, arm, seed))
        else {
            return;
        };
        if self.jobs.iter().any(|job| job.id == self.id(&name)) {
            return;
        }
        let with_memory = arm.lora_with_memory == Some(true);
        let mut config = spec.train.clone();
        config.seed = seed;
        config.retrieval = with_memory.then(|| spec.retrieval.clone());
        // Nothing is mixed where nothing is shown; the recipe says so.
        config.memory_mix = if with_memory {
            *spec.memory_mix_of(arm)
        } else {
            MemoryMix::default()
        };
        let recipe = match (with_memory, arm.variation.memory_mix) {
            (true, Some(_)) => "ExpRAG-LoRA with mixed memories",
            (true, None) => "ExpRAG-LoRA",
            (false, _) => "LoRA",
        };
        let work = Work::Train(TrainWork {
            adapter,
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
            &name,
            format!("Train {recipe}, seed {seed}"),
            work,
            after.map(Clone::clone).to_vec(),
        );
    }

    fn evaluate(&mut self, arm: &Arm, seed: u64, bank: &JobId) -> JobId {
        let spec = self.spec;
        let variation = arm.variation;
        let work = Work::Evaluate(EvaluateWork {
            arm: arm.clone(),
            seed,
            model: arm.model.as_ref().unwrap_or(&spec.model).clone(),
            adapter: adapter_of(spec, arm, seed),
            bank: arm.retrieval.then(|| bank_of(spec)),
            retrieval: RetrievalConfig {
                k: variation.k.unwrap_or(spec.retrieval.k),
                filter: Filter {
                    percent: variation.bank_percent.or(spec.retrieval.filter.percent),
                    ..spec.retrieval.filter.clone()
                },
                ..spec.retrieval.clone()
            },
            bank_at_test: variation.bank_at_test.unwrap_or(spec.bank_at_test),
            agent: spec.agent.clone(),
            world: spec.world.clone(),
            unseen_types: spec.unseen_types.clone(),
            tasks: spec.tasks.clone(),
        });
        let adapter = train_name(spec, arm, seed).map(|name| self.id(&name));
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

/// The name of the job that trains an arm's adapter, if any.
fn train_name(spec: &ExperimentSpec, arm: &Arm, seed: u64) -> Option<String> {
    let recipe = recipe_of(spec, arm)?;
    Some(format!("train-{recipe}-seed{seed}"))
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
    fn a_cluster_trains_and_plays_and_leaves_the_rest_here() {
        let spec = ExperimentSpec {
            cluster: Some("lab".into()),
            ..ExperimentSpec::preset(Preset::Smoke)
        };
        for job in plan(&spec, &context()) {
            let elsewhere = matches!(job.work, Work::Train(_) | Work::Evaluate(_));
            assert_eq!(job.cluster.is_some(), elsewhere, "{}", job.id);
            assert!(
                !elsewhere || job.resources.is_empty(),
                "this computer is free"
            );
        }
    }

    /// All arms there are, with three seeds.
    fn large() -> Vec<JobSpec> {
        let mut spec = ExperimentSpec::preset(Preset::Laptop);
        spec.arms.extend(Arm::variants());
        plan(&spec, &context())
    }

    #[test]
    fn arms_that_share_a_recipe_share_its_training() {
        let jobs = large();
        let trainings: Vec<&str> = jobs
            .iter()
            .filter(|job| matches!(job.work, Work::Train(_)))
            .map(|job| job.id.as_str())
            .filter(|id| id.ends_with("2025"))
            .collect();
        assert_eq!(
            trainings,
            [
                ".train-lora-seed2025",
                ".train-exprag-lora-seed2025",
                ".train-exprag-lora-dropout-seed2025"
            ]
        );
        for job in &jobs {
            let Work::Evaluate(work) = &job.work else {
                continue;
            };
            let dropout = work.arm.variation.memory_mix.is_some();
            let name = work.adapter.as_ref().map_or("", |id| id.as_str());
            assert_eq!(name.contains("dropout"), dropout, "{}", job.id);
            let waits = job.after.iter().any(|id| id.as_str().contains("dropout"));
            assert_eq!(waits, dropout, "{}", job.id);
        }
    }

    #[test]
    fn what_no_seed_changes_is_played_once_and_variants_come_last() {
        let jobs = large();
        let plays: Vec<&EvaluateWork> = jobs
            .iter()
            .filter_map(|job| match &job.work {
                Work::Evaluate(work) => Some(work),
                _ => None,
            })
            .collect();
        let count = |id| plays.iter().filter(|work| work.arm.id == id).count();
        assert_eq!((count("base"), count("exprag"), count("lora")), (1, 1, 3));
        let first = plays.iter().position(|work| work.arm.is_variant());
        assert_eq!(first, Some(1 + 1 + 3 * 3));
        assert!(plays[11..].iter().all(|work| work.arm.is_variant()));
        let fewer = plays.iter().find(|work| work.arm.id == "exprag_lora_k1");
        assert_eq!(fewer.map(|work| work.retrieval.k), Some(1));
    }

    #[test]
    fn an_experiment_that_grows_needs_only_what_is_new() {
        let mut spec = ExperimentSpec::preset(Preset::Smoke);
        spec.id = "e".into();
        let mut known: BTreeSet<JobId> = BTreeSet::new();
        known.extend(plan(&spec, &context()).into_iter().map(|job| job.id));
        assert_eq!(missing(&spec, &context(), &known), []);
        spec.arms.push(Arm::variants().remove(0));
        for (seed, report) in [(7, "e.report-2"), (8, "e.report-3")] {
            spec.seeds.push(seed);
            let jobs = missing(&spec, &context(), &known);
            let (last, new) = jobs.split_last().expect("there is more to do");
            assert_eq!(last.id.as_str(), report);
            assert!(
                new.iter()
                    .all(|job| last.after.contains(&job.id) || matches!(job.work, Work::Train(_)))
            );
            assert!(jobs.iter().all(|job| !known.contains(&job.id)));
            known.extend(jobs.into_iter().map(|job| job.id));
        }
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
