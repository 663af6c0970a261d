//! An adapter is tried while it is trained, and the best is kept. Needs `LOREKEEPER_TEST_MODELS`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::fs;

use common::{Lab, test_models, tiny_experiment};
use lore_core::{Adapter, Arm, ExperimentSpec, StopToken, Trial, TrialPlan};
use lore_lab::Outcome;
use lore_protocol::plan::adapter_of;
use lore_protocol::{JobEvent, JobSpec, Work};

fn experiment() -> ExperimentSpec {
    let mut spec = tiny_experiment(&["lora"]);
    spec.trials = TrialPlan {
        num_tasks: 2,
        every_steps: 1,
        keep_best: true,
    };
    spec
}

/// The adapter's bytes and the trials that a training left.
fn left(lab: &Lab, spec: &ExperimentSpec) -> (Vec<u8>, Vec<Trial>, Adapter) {
    let adapter = lab
        .data
        .adapter(&adapter_of(spec, &Arm::paper()[2], 2025).unwrap());
    let trials = lab
        .data
        .runs(&spec.id)
        .join("train-lora-seed2025/trials/trials.json");
    (
        fs::read(adapter.join("adapter_model.safetensors")).unwrap(),
        common::read(&trials).unwrap(),
        common::read(&adapter.join("adapter.json")).unwrap(),
    )
}

/// Runs the training and asks it to stop when it has told its first trial.
fn stop_after_a_trial(lab: &Lab, job: &JobSpec) -> Outcome {
    let stop = StopToken::new();
    let asked = stop.clone();
    let mut sink = move |event: JobEvent| {
        if matches!(event, JobEvent::Trial { .. }) {
            asked.stop();
        }
    };
    lore_lab::run(job, &lab.data, &lab.options, &mut sink, &stop).unwrap()
}

#[test]
fn a_training_that_was_stopped_keeps_the_same_adapter_after_the_same_trials() {
    let Some(models) = test_models() else {
        return;
    };
    let (whole, stopped) = (Lab::new(models.clone()), Lab::new(models));
    let spec = experiment();
    for job in whole.plan(&spec) {
        let is_training = matches!(job.work, Work::Train(_));
        whole.finish(&job);
        if is_training {
            let outcome = stop_after_a_trial(&stopped, &job);
            assert_eq!(outcome, Outcome::Stopped { resumable: true });
        }
        stopped.finish(&job);
        if is_training {
            break;
        }
    }
    let (bytes, trials, adapter) = left(&whole, &spec);
    assert_eq!(
        trials.iter().map(|trial| trial.step).collect::<Vec<_>>(),
        [1, 2]
    );
    for trial in &trials {
        assert_eq!(trial.num_tasks, 2);
        assert!(!trial.goal.is_empty() && !trial.steps.is_empty());
    }
    let best = Trial::best(&trials).unwrap();
    assert_eq!(adapter.num_steps, best.step);
    let (again, trials_again, _) = left(&stopped, &spec);
    assert_eq!(trials, trials_again);
    assert!(bytes == again, "the adapters' bytes differ");
}
