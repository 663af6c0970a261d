//! Jobs: one at work, one waiting, some that ended in every way.

use lore_core::{
    EpisodeEnd, EpisodeSummary, GradientCertificate, JobId, SplitKind, TrainConfig, Trial,
    WorldSpec,
};
use lore_protocol::{
    ApiError, BankWork, CollectWork, Elsewhere, ErrorCode, EvaluateWork, JobEvent, JobInfo,
    JobLine, JobSpec, JobState, Level, MetricPoint, PROTOCOL_VERSION, Progress, TrainWork, Work,
};

use super::clusters::LAB;
use super::datasets::UNSEEN;

const START_MS: u64 = 1_795_300_000_000;

pub(super) fn jobs() -> Vec<JobInfo> {
    let mut waiting = job(
        "exprag_lora-seed2025",
        "Play with ExpRAG-LoRA, seed 2025",
        evaluate("exprag_lora", 4),
    );
    waiting.state = JobState::Queued;
    waiting.last_seq = 0;
    waiting.started_ms = None;
    waiting.ended_ms = None;

    let mut crashed = job(
        "lora-seed2025",
        "Play with LoRA, seed 2025",
        evaluate("lora", 2),
    );
    crashed.has_checkpoint = true;
    crashed.state = JobState::Failed {
        error: ApiError {
            details: "signal 9\nworker: episode 7 of 12".into(),
            ..ApiError::with_code(
                ErrorCode::WorkerCrashed,
                "The worker ended without a word, perhaps because memory ran out. Resume goes on from where it was.",
            )
        },
    };

    let done = |name: &str, title: &str, work, summary: &str| {
        let mut job = job(name, title, work);
        job.state = JobState::Finished {
            summary: summary.to_owned(),
        };
        job
    };
    vec![
        under_way(),
        waiting,
        crashed,
        done(
            "base-seed2025",
            "Play with Base model, seed 2025",
            evaluate("base", 0),
            "12 episodes played, 3 reached their goal",
        ),
        done("bank", "Build the bank", bank(), "48 episodes remembered"),
        done(
            "collect",
            "Collect expert episodes",
            collect(),
            "48 episodes collected, all reached their goal",
        ),
    ]
}

pub(super) fn job(name: &str, title: &str, work: Work) -> JobInfo {
    JobInfo {
        spec: JobSpec {
            version: PROTOCOL_VERSION,
            id: JobId(format!("sample-1.{name}")),
            title: title.to_owned(),
            experiment: Some("sample-1".into()),
            resources: work.resources(),
            work,
            cluster: None,
            after: Vec::new(),
            created_ms: START_MS - 60_000,
            code_version: "0.1.0".into(),
            threads: 7,
            assistants: 0,
        },
        state: JobState::Queued,
        progress: None,
        started_ms: Some(START_MS),
        ended_ms: Some(START_MS + 74_000),
        // As many as `lines` holds: what they say is known already.
        last_seq: 15,
        metrics: Vec::new(),
        certificate: None,
        trials: Vec::new(),
        has_checkpoint: false,
        elsewhere: None,
    }
}

/// A training in its middle.
fn under_way() -> JobInfo {
    let mut training = job(
        "train-exprag-lora-seed2025",
        "Train ExpRAG-LoRA, seed 2025",
        train(),
    );
    training.state = JobState::Running;
    training.spec.cluster = Some(LAB.into());
    training.elsewhere = Some(Elsewhere::Working);
    training.progress = Some(Progress {
        stage: "Training".into(),
        done: 14,
        total: 24,
        unit: "steps".into(),
        secs_left: Some(178.0),
    });
    training.ended_ms = None;
    training.has_checkpoint = true;
    training.last_seq = 40;
    training.metrics = [
        "train/grad_norm",
        "train/learning_rate",
        "train/loss",
        "train/tokens_per_sec",
    ]
    .map(str::to_owned)
    .to_vec();
    training.certificate = Some(GradientCertificate {
        num_matrices: 240,
        min_b_norm: 0.0021,
        min_a_norm: 0.0004,
        complete: true,
        ..GradientCertificate::default()
    });

    training.trials = vec![trial(5, 1), trial(10, 3)];
    training
}

/// How the adapter did after a step.
fn trial(step: u64, num_successes: u32) -> Trial {
    let said = [
        ("go to fridge 1", "The fridge 1 is closed."),
        ("open fridge 1", "In it, you see a mug 1."),
    ];
    Trial {
        step,
        num_tasks: 6,
        num_successes,
        goal: "put a clean mug in coffeemachine.".into(),
        steps: said
            .map(|(action, observation)| (action.to_owned(), observation.to_owned()))
            .to_vec(),
    }
}

fn unseen() -> Vec<String> {
    UNSEEN.map(str::to_owned).to_vec()
}

fn train() -> Work {
    let spec = lore_core::ExperimentSpec::preset(lore_core::Preset::Smoke);
    Work::Train(TrainWork {
        adapter: "sample-1-exprag-lora-seed2025".into(),
        name: "ExpRAG-LoRA of the sample".into(),
        model: "smollm2-135m-instruct".into(),
        config: TrainConfig {
            retrieval: Some(spec.retrieval),
            ..spec.train
        },
        dataset: "sample-1-episodes".into(),
        unseen_types: unseen(),
        bank: Some("sample-1-bank".into()),
        trials: None,
    })
}

fn evaluate(arm: &str, index: usize) -> Work {
    let spec = lore_core::ExperimentSpec::preset(lore_core::Preset::Smoke);
    debug_assert_eq!(spec.arms[index].id, arm, "arms stand in the paper's order");
    Work::Evaluate(EvaluateWork {
        arm: spec.arms[index].clone(),
        seed: 2025,
        model: spec.model,
        adapter: None,
        bank: Some("sample-1-bank".into()),
        retrieval: spec.retrieval,
        bank_at_test: spec.bank_at_test,
        agent: spec.agent,
        world: spec.world,
        unseen_types: unseen(),
        tasks: spec.tasks,
    })
}

fn bank() -> Work {
    Work::BuildBank(BankWork {
        bank: "sample-1-bank".into(),
        name: "Bank of the sample".into(),
        datasets: vec!["sample-1-episodes".into()],
        embedder: "all-minilm-l6-v2".into(),
        keys: lore_core::BankKeys::default(),
    })
}

fn collect() -> Work {
    Work::Collect(CollectWork {
        world: WorldSpec::default(),
        unseen_types: unseen(),
        per_type: 8,
        seed: 7,
        max_steps: 50,
        dataset: "sample-1-episodes".into(),
        name: "Expert episodes of the sample".into(),
    })
}

/// A falling loss, a wobbling gradient, a constant rate.
pub(super) fn series(name: &str) -> Vec<MetricPoint> {
    (1..=14u64)
        .map(|step| {
            let t = step as f64;
            let value = match name {
                "train/loss" => 2.4 * (-t / 9.0).exp() + 0.22 + 0.08 * (t * 1.7).sin(),
                "train/grad_norm" => 0.9 + 0.5 * (t * 0.9).cos().abs(),
                "train/learning_rate" => 5e-4,
                _ => 410.0 + 12.0 * (t * 0.7).sin(),
            };
            MetricPoint { step, value }
        })
        .collect()
}

/// What a job said.
pub(super) fn lines() -> Vec<JobLine> {
    let mut events = vec![
        JobEvent::Hello {
            protocol: PROTOCOL_VERSION,
            pid: 4242,
            build: "0.1.0".into(),
        },
        JobEvent::Message {
            level: Level::Info,
            text: "24 of 48 episodes are of seen types and are trained on".into(),
        },
    ];
    events.extend((0..12usize).map(|index| JobEvent::Episode {
        episode: episode(index, index % 3 != 2),
    }));
    events.push(JobEvent::Checkpoint { step: 10 });
    events
        .into_iter()
        .enumerate()
        .map(|(index, event)| JobLine {
            seq: index as u64 + 1,
            ms: START_MS + 2_000 * index as u64,
            event,
        })
        .collect()
}

/// An episode that was played at test.
pub(super) fn episode(index: usize, success: bool) -> EpisodeSummary {
    let trajectories = super::trajectories::trajectories();
    let trajectory = &trajectories[index % trajectories.len()];
    let split = if UNSEEN.contains(&trajectory.task.task_type.as_str()) {
        SplitKind::Unseen
    } else {
        SplitKind::Seen
    };
    EpisodeSummary {
        trajectory: trajectory.id.clone(),
        task: trajectory.task.id.clone(),
        task_type: trajectory.task.task_type.clone(),
        split,
        goal: trajectory.task.goal.clone(),
        end: if success {
            EpisodeEnd::Success
        } else {
            EpisodeEnd::Truncated
        },
        num_steps: trajectory.steps.len() as u32,
        prompt_tokens: 8200,
        completion_tokens: 71,
        millis: 4700,
        num_memories: 2,
    }
}
