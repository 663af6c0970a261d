//! What an experiment will take, and what stands in its way.

use std::collections::{BTreeMap, BTreeSet};

use lore_core::{Arm, ExperimentSpec, JobId, ModelInfo, ModelKind, WorldSpec};
use lore_protocol::{
    Answer, ApiError, ErrorCode, Estimate, JobState, MachineSpeed, Question, Work,
    estimate_experiment,
};

use crate::core::Core;
use crate::handlers::served;
use crate::supervisor::JobRecord;
use crate::{effects, machine, mentions, names, starters};

/// What the experiment will take. Measures the machine when it was not measured with this model.
pub(crate) fn estimate(core: &Core, spec: &ExperimentSpec) -> Estimate {
    let mut estimate = reckon(core, spec).unwrap_or_default();
    estimate.problems = obstacles(core, spec)
        .into_iter()
        .map(|problem| problem.summary)
        .chain(cautions(core, &estimate))
        .collect();
    estimate
}

/// What it will take; nothing can be said without the model.
fn reckon(core: &Core, spec: &ExperimentSpec) -> Option<Estimate> {
    let model = find(core, spec, ModelKind::Language);
    let speed = match &model {
        Some(model) => measured_speed(core, model),
        None if needs_own_model(spec) => return None,
        None => MachineSpeed::guess(0, core.threads()),
    };
    let num_parameters = model.map_or(0, |model| model.num_parameters);
    Some(estimate_experiment(spec, num_parameters, speed))
}

/// Seconds that the unfinished jobs will take, by what is known without measuring and by how long the
/// finished ones took.
pub(crate) fn secs_left(core: &Core, spec: &ExperimentSpec, jobs: &[JobRecord]) -> f64 {
    let model = find(core, spec, ModelKind::Language);
    let num_parameters = model.map_or(0, |model| model.num_parameters);
    let speed = effects::known_speed(&core.dir, &spec.model)
        .unwrap_or_else(|| MachineSpeed::guess(num_parameters, core.threads()));
    let estimate = estimate_experiment(spec, num_parameters, speed);
    let shares = shares(&estimate, jobs);
    let share = |job: &JobRecord| shares.get(job.id()).copied().unwrap_or_default();
    // What collecting takes is not reckoned but a constant, and says nothing about the machine.
    let is_reckoned = |job: &JobRecord| {
        matches!(job.info.spec.work, Work::Train(_) | Work::Evaluate(_)) && share(job) > 0.0
    };
    let finished = jobs
        .iter()
        .filter(|job| job.is_finished() && is_reckoned(job));
    let (took, expected) = finished.fold((0.0, 0.0), |(took, expected), job| {
        let secs = job.millis_spent(core.clock.now_ms()) as f64 / 1000.0;
        (took + secs, expected + share(job))
    });
    let pace = corrected_pace(took, expected);
    let left = |job: &JobRecord| {
        if !job.info.state.is_active() {
            return 0.0;
        }
        let own_words = job.info.progress.as_ref().and_then(|told| told.secs_left);
        own_words.unwrap_or_else(|| pace * share(job))
    };
    jobs.iter().map(left).sum()
}

/// By what to multiply expected times, given how long finished jobs took. Short ones say little, and a
/// machine that was busy with other things for a while need not stay so.
fn corrected_pace(took: f64, expected: f64) -> f64 {
    const WEIGHT_OF_EXPECTATION: f64 = 30.0;
    let pace = (took + WEIGHT_OF_EXPECTATION) / (expected + WEIGHT_OF_EXPECTATION);
    pace.clamp(0.25, 4.0)
}

/// Each part of the estimate, shared among the jobs it covers.
fn shares(estimate: &Estimate, jobs: &[JobRecord]) -> BTreeMap<JobId, f64> {
    let mut shares = BTreeMap::new();
    for part in &estimate.parts {
        let covered: Vec<&JobRecord> = jobs
            .iter()
            .filter(|job| part_of(&job.info.spec.work).as_deref() == Some(part.title.as_str()))
            .collect();
        for job in &covered {
            shares.insert(job.id().clone(), part.secs / covered.len() as f64);
        }
    }
    shares
}

/// The title of the estimate's part that covers the work.
fn part_of(work: &Work) -> Option<String> {
    match work {
        Work::Collect(_) | Work::BuildBank(_) => Some("Collect and remember".into()),
        Work::Train(work) if work.config.retrieval.is_some() => Some("Train ExpRAG-LoRA".into()),
        Work::Train(_) => Some("Train LoRA".into()),
        Work::Evaluate(work) => Some(format!("Play with {}", work.arm.name)),
        _ => None,
    }
}

/// How fast this machine runs the model: as seen before, or measured now, or guessed.
fn measured_speed(core: &Core, model: &ModelInfo) -> MachineSpeed {
    if let Some(speed) = effects::known_speed(&core.dir, &model.id) {
        return speed;
    }
    // Beside a job that keeps the processor busy every model looks slow.
    let is_busy = core.jobs.list().is_ok_and(|jobs| {
        let mut states = jobs.iter().map(|job| &job.info.state);
        states.any(|state| matches!(state, JobState::Running | JobState::Stopping))
    });
    if is_busy {
        return MachineSpeed::guess(model.num_parameters, core.threads());
    }
    core.while_measuring(|| {
        // Whoever was here first measured it.
        effects::known_speed(&core.dir, &model.id).unwrap_or_else(|| measure(core, model))
    })
}

/// How fast this machine runs the model now; a guess when that cannot be found out.
fn measure(core: &Core, model: &ModelInfo) -> MachineSpeed {
    let question = Question::Measure {
        model: model.id.clone(),
    };
    match core.measuring.ask(question) {
        Ok(Answer::Speed(speed)) => {
            effects::keep_speed_of(&core.dir, &model.id, speed);
            return speed;
        }
        Ok(_) => {}
        Err(error) => log::warn!("could not measure {}: {error:#}", model.id),
    }
    MachineSpeed::guess(model.num_parameters, core.threads())
}

fn find(core: &Core, spec: &ExperimentSpec, kind: ModelKind) -> Option<ModelInfo> {
    let wanted = match kind {
        ModelKind::Language => &spec.model,
        ModelKind::Embedder => &spec.embedder,
    };
    core.models()
        .into_iter()
        .find(|model| model.id == *wanted && model.kind == kind && model.problem.is_empty())
}

/// Why the experiment cannot be started.
pub(crate) fn obstacles(core: &Core, spec: &ExperimentSpec) -> Vec<ApiError> {
    let mut found: Vec<ApiError> = [
        (ModelKind::Language, "language model", &spec.model),
        (ModelKind::Embedder, "embedder", &spec.embedder),
    ]
    .into_iter()
    .filter(|(kind, ..)| *kind == ModelKind::Embedder || needs_own_model(spec))
    .filter(|(kind, ..)| find(core, spec, *kind).is_none())
    .map(|(_, what, id)| {
        let sentence = if starters::is_on_its_way(core, id) {
            format!("The {what} is being made ready; this takes a moment")
        } else {
            format!("The {what} {id:?} is not on this computer; get it on the Models page")
        };
        ApiError::with_code(ErrorCode::ModelMissing, sentence)
    })
    .collect();
    found.extend(missing_datasets(core, spec));
    found.extend(server_obstacles(core, spec));
    found.extend(faults(spec).into_iter().map(ApiError::precondition));
    found
}

/// True unless all of it is played by models on servers.
fn needs_own_model(spec: &ExperimentSpec) -> bool {
    let mut arms = spec.arms.iter();
    arms.any(|arm| arm.model.is_none() || arm.lora_with_memory.is_some())
}

/// Arms whose model on a server is not known, or cannot take the adapter that is trained for them.
fn server_obstacles(core: &Core, spec: &ExperimentSpec) -> Vec<ApiError> {
    if spec.arms.iter().all(|arm| arm.model.is_none()) {
        return Vec::new();
    }
    let known = match served::all(core) {
        Ok(known) => known,
        Err(error) => return vec![error.into()],
    };
    let obstacle = |arm: &Arm| {
        let id = arm.model.as_ref()?;
        let Some(server) = known.iter().find(|model| model.id == *id) else {
            let sentence = format!(
                "The model of {:?} is not among those on servers; add it on the Models page",
                arm.name
            );
            return Some(ApiError::with_code(ErrorCode::ModelMissing, sentence));
        };
        let is_trained = arm.lora_with_memory.is_some();
        (is_trained && !server.loads_adapters).then(|| {
            ApiError::precondition(format!(
                "{:?} is trained, but {} loads no adapters; choose an arm without training",
                arm.name, server.name
            ))
        })
    };
    spec.arms.iter().filter_map(obstacle).collect()
}

fn missing_datasets(core: &Core, spec: &ExperimentSpec) -> Vec<ApiError> {
    mentions::of_world(&spec.world)
        .into_iter()
        .filter(|(noun, name)| {
            let folder = core.dir.dataset(&(*name).into());
            noun.check(name).is_err() || !folder.join("dataset.json").exists()
        })
        .map(|(_, name)| ApiError::not_found(format!("The data set {name:?} is gone")))
        .collect()
}

/// The largest number in a specification that somebody can mean.
const MOST: usize = 1_000_000;

/// True when a number is so large that nothing could be planned with it.
fn is_absurd(spec: &ExperimentSpec) -> bool {
    let (tasks, train) = (&spec.tasks, &spec.train);
    let numbers = [
        tasks.train_per_type,
        tasks.seen_test,
        tasks.unseen_test,
        spec.agent.max_steps,
        spec.retrieval.k,
        spec.trials.num_tasks,
        train.batch_size,
        train.max_tokens,
        train.lora.rank,
        spec.arms.len(),
        spec.seeds.len(),
        spec.unseen_types.len(),
    ];
    let of_arms = spec.arms.iter().filter_map(|arm| arm.variation.k);
    let largest = numbers.into_iter().chain(of_arms).max();
    largest > Some(MOST) || train.epochs > MOST as f64
}

/// What is wrong with the specification itself, one sentence each.
fn faults(spec: &ExperimentSpec) -> Vec<String> {
    if is_absurd(spec) {
        let sentence = "A number is larger than a million; look through the experiment's settings";
        return vec![sentence.to_owned()];
    }
    let retrieves = spec.arms.iter().any(|arm| arm.retrieval);
    let trains = spec.arms.iter().any(|arm| arm.lora_with_memory.is_some());
    let arms: BTreeSet<&str> = spec.arms.iter().map(|arm| arm.id.as_str()).collect();
    let seeds: BTreeSet<u64> = spec.seeds.iter().copied().collect();
    let train = &spec.train;
    let checks = [
        (spec.arms.is_empty(), "Choose at least one arm to compare"),
        (
            arms.len() < spec.arms.len(),
            "Two arms have the same name on disk; choose each arm once",
        ),
        (
            arms.iter().any(|arm| names::check("an arm", arm).is_err()),
            "An arm has a name that cannot stand on disk; use small letters and digits",
        ),
        (spec.seeds.is_empty(), "Choose at least one seed"),
        (
            seeds.len() < spec.seeds.len(),
            "A seed stands there twice; choose each seed once",
        ),
        (
            spec.tasks.train_per_type == 0,
            "Choose at least one expert episode per task type",
        ),
        (
            spec.tasks.seen_test == 0 && spec.tasks.unseen_test == 0,
            "Choose at least one test task",
        ),
        (
            spec.tasks.unseen_test > 0 && spec.unseen_types.is_empty(),
            "No task type is kept unseen, so nothing can show how well learning carries over; \
             choose unseen types or no unseen test tasks",
        ),
        (
            spec.agent.max_steps == 0,
            "Allow at least one step per episode",
        ),
        (
            retrieves && (spec.retrieval.k == 0 || spec.arms.iter().any(asks_for_none)),
            "Arms with retrieval need at least one memory (K)",
        ),
        (
            trains && (train.lora.rank == 0 || train.lora.target_modules.is_empty()),
            "LoRA needs a rank of at least 1 and at least one module",
        ),
        (
            trains && (train.batch_size == 0 || train.max_tokens == 0),
            "Training needs a batch of at least 1 and room for tokens",
        ),
        (
            trains && !(train.learning_rate > 0.0 && train.learning_rate.is_finite()),
            "The learning rate must be greater than zero",
        ),
        (
            trains && train.max_steps == 0 && !(train.epochs > 0.0 && train.epochs.is_finite()),
            "Training needs more than zero epochs",
        ),
        (
            matches!(&spec.world, WorldSpec::Games { test: Some(test), train } if test == train),
            "Training and test use the same games; choose another data set for one of them",
        ),
    ];
    let faulty = checks.into_iter().filter(|(is_faulty, _)| *is_faulty);
    let sentences = faulty.map(|(_, sentence)| sentence);
    sentences
        .chain(spec.mix_problem())
        .map(str::to_owned)
        .collect()
}

fn asks_for_none(arm: &Arm) -> bool {
    arm.retrieval && arm.variation.k == Some(0)
}

/// Why the experiment had better not be started now.
fn cautions(core: &Core, estimate: &Estimate) -> Vec<String> {
    let mut found = Vec::new();
    let memory = machine::memory();
    if memory.total > 0 && estimate.memory_bytes > memory.total {
        found.push(format!(
            "It needs about {} of memory and this computer has {}; choose a smaller model or \
             shorter examples",
            in_words(estimate.memory_bytes),
            in_words(memory.total)
        ));
    } else if memory.available > 0 && estimate.memory_bytes > memory.available {
        found.push(format!(
            "It needs about {} of memory and {} are free; close other programs first",
            in_words(estimate.memory_bytes),
            in_words(memory.available)
        ));
    }
    if let Some(free) = machine::free_bytes(core.dir.root())
        && estimate.disk_bytes > free
    {
        found.push(format!(
            "It needs about {} on disk and {} are free; make room first",
            in_words(estimate.disk_bytes),
            in_words(free)
        ));
    }
    found
}

fn in_words(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib < 1000.0 {
        format!("{mib:.0} MB")
    } else {
        format!("{:.1} GB", mib / 1024.0)
    }
}

#[cfg(test)]
mod tests {
    use lore_core::{Arm, Preset};

    use super::*;

    #[test]
    fn finished_jobs_correct_what_is_expected_of_others() {
        assert!((corrected_pace(0.0, 0.0) - 1.0).abs() < 1e-12);
        assert!((corrected_pace(1.0, 2.0) - 1.0).abs() < 0.05);
        assert!((corrected_pace(120.0, 420.0) - 1.0 / 3.0).abs() < 0.01);
        assert!((corrected_pace(3000.0, 1000.0) - 2.9).abs() < 0.1);
        assert!((corrected_pace(1e6, 1.0) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn presets_have_no_faults() {
        for preset in Preset::ALL {
            assert_eq!(faults(&ExperimentSpec::preset(preset)), [""; 0]);
        }
    }

    #[test]
    fn faults_are_named() {
        #[track_caller]
        fn check(change: impl FnOnce(&mut ExperimentSpec), word: &str) {
            let mut spec = ExperimentSpec::default();
            change(&mut spec);
            let found = faults(&spec);
            assert!(found.iter().any(|fault| fault.contains(word)), "{found:?}");
        }
        check(|spec| spec.arms.clear(), "arm");
        check(|spec| spec.arms.extend(Arm::paper()), "same name");
        check(|spec| spec.arms[0].id = "../x".into(), "disk");
        check(|spec| spec.seeds.clear(), "seed");
        check(|spec| spec.seeds.push(2025), "twice");
        check(|spec| spec.unseen_types.clear(), "unseen");
        check(|spec| spec.train.learning_rate = f64::NAN, "learning rate");
        check(|spec| spec.retrieval.k = 0, "memory");
        check(|spec| spec.train.memory_mix.without = 2.0, "share");
    }
}
