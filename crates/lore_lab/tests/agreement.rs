//! Agents are asked what they would have done in recorded episodes. Needs `LOREKEEPER_TEST_MODELS`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Lab, job, lab, test_models, tiny_experiment};
use lore_core::{
    AGREEMENT_FILE, Agreement, AgreementLead, Arm, ExperimentSpec, JobId, RetrievalConfig,
    SplitKind, StopToken, TrajectoryId,
};
use lore_lab::Outcome;
use lore_protocol::plan::{adapter_of, bank_of, dataset_of};
use lore_protocol::{AgreementWork, JobEvent, JobSpec, Work};

/// What a tiny experiment makes first: its episodes, and of the rest what is `needed`. Training goes on
/// for long enough to learn how actions are spelt.
fn prepared(models: PathBuf, needed: fn(&Work) -> bool) -> (Lab, ExperimentSpec) {
    let lab = Lab::new(models);
    let mut spec = tiny_experiment(&["lora"]);
    spec.train.max_steps = 12;
    for job in lab.plan(&spec) {
        if matches!(job.work, Work::Collect(_)) || needed(&job.work) {
            lab.finish(&job);
        }
    }
    (lab, spec)
}

fn is_training(work: &Work) -> bool {
    matches!(work, Work::Train(_))
}

fn is_bank(work: &Work) -> bool {
    matches!(work, Work::BuildBank(_))
}

fn ask(spec: &ExperimentSpec, id: &str, max_trajectories: usize) -> JobSpec {
    let work = Work::Agreement(AgreementWork {
        model: spec.model.clone(),
        adapter: None,
        bank: None,
        retrieval: RetrievalConfig::default(),
        dataset: dataset_of(spec),
        max_trajectories,
        seed: 7,
    });
    JobSpec {
        id: JobId::from(id),
        ..job(work)
    }
}

/// The same about an agent with the adapter.
fn with_adapter(mut job: JobSpec, spec: &ExperimentSpec) -> JobSpec {
    if let Work::Agreement(work) = &mut job.work {
        work.adapter = adapter_of(spec, &Arm::paper()[2], 2025);
    }
    job
}

fn folder(lab: &Lab, job: &JobSpec) -> PathBuf {
    lab.data.job(None, &job.id)
}

fn result(lab: &Lab, job: &JobSpec) -> Agreement {
    common::read(&folder(lab, job).join(AGREEMENT_FILE)).unwrap()
}

fn ids(agreement: &Agreement) -> BTreeSet<TrajectoryId> {
    let all = agreement.trajectories.iter();
    all.map(|one| one.id.clone()).collect()
}

/// Led episodes: names and what each agent would have done.
fn led(folder: &Path) -> Vec<lore_core::Trajectory> {
    let text = fs::read_to_string(folder.join("trajectories.jsonl")).unwrap();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn an_agent_is_asked_in_every_step_and_not_about_what_it_learned() {
    let Some(models) = test_models() else {
        return;
    };
    let (lab, spec) = prepared(models, is_training);
    let base = ask(&spec, "base", 6);
    let events = lab.finish(&base);
    assert!(
        events.iter().any(
            |event| matches!(event, JobEvent::Metric { name, .. } if name == "agreement/rate")
        )
    );
    let of_base = result(&lab, &base);
    assert_eq!(of_base.by_type.len(), 6, "one of each type");
    assert_eq!(of_base.left_out.learned, Some(0));
    let steps: u32 = of_base.trajectories.iter().map(|one| one.num_steps).sum();
    assert_eq!(of_base.all.n, steps);
    assert_eq!(of_base.seen.n + of_base.unseen.n, steps);

    let tuned = with_adapter(ask(&spec, "tuned", 100), &spec);
    lab.finish(&tuned);
    let of_tuned = result(&lab, &tuned);
    assert_eq!(of_tuned.left_out.learned, Some(6), "two of each seen type");
    assert_eq!(of_tuned.seen.n, 0);
    assert_eq!(of_tuned.trajectories.len(), 6);
    let is_unseen = |one: &lore_core::TrajectoryAgreement| one.split == SplitKind::Unseen;
    assert!(of_tuned.trajectories.iter().all(is_unseen));
    assert!(
        of_tuned.unseen.rate() > of_base.unseen.rate(),
        "training teaches how actions are spelt: {of_tuned:?} {of_base:?}"
    );
    let AgreementLead {
        num_trajectories,
        lead,
        ..
    } = of_tuned.lead_over(&of_base).unwrap();
    assert_eq!(
        num_trajectories, 3,
        "of unseen types the base model was asked"
    );
    assert!(lead.value > 0.0);
    check_held_out(&lab, &spec);
}

#[test]
fn memories_are_shown_and_an_episode_is_never_its_own() {
    let Some(models) = test_models() else {
        return;
    };
    let (lab, spec) = prepared(models, is_bank);
    let mut reminded = ask(&spec, "reminded", 3);
    if let Work::Agreement(work) = &mut reminded.work {
        work.bank = Some(bank_of(&spec));
    }
    lab.finish(&reminded);
    let agreement = result(&lab, &reminded);
    assert_eq!(ids(&agreement).len(), 3);
    for episode in led(&folder(&lab, &reminded)) {
        let trace = episode.trace.unwrap();
        assert_eq!(trace.memories.len(), 2);
        assert!(trace.system_prompt.contains("# Past episodes"));
        let is_own = |id: &str| id == episode.id.as_str();
        assert!(
            !trace
                .memories
                .iter()
                .any(|memory| is_own(memory.experience.as_str()))
        );
    }
}

#[test]
fn a_job_that_was_stopped_and_killed_asks_only_about_the_rest() {
    let Some(models) = test_models() else {
        return;
    };
    let (lab, spec) = prepared(models, |_| false);
    let whole = ask(&spec, "whole", 6);
    lab.finish(&whole);
    let stopped = ask(&spec, "stopped", 6);
    let (stop, mut num_told) = (StopToken::new(), 0);
    let asked = stop.clone();
    let mut sink = |event: JobEvent| {
        if matches!(event, JobEvent::Metric { .. }) {
            num_told += 1;
            asked.stop();
        }
    };
    let outcome = lore_lab::run(&stopped, &lab.data, &lab.options, &mut sink, &stop);
    assert_eq!(outcome.unwrap(), Outcome::Stopped { resumable: true });
    let log = folder(&lab, &stopped).join("trajectories.jsonl");
    let written = fs::read(&log).unwrap();
    let num_lines = written.split_inclusive(|byte| *byte == b'\n').count();
    assert!(num_lines == num_told && num_told < 6, "{num_told} of 6");
    // The last line broke off in the middle.
    fs::write(&log, &written[..written.len() - 40]).unwrap();
    let events = lab.finish(&stopped);
    let is_metric = |event: &&JobEvent| matches!(event, JobEvent::Metric { .. });
    let num_asked = events.iter().filter(is_metric).count();
    assert_eq!(num_asked, 6 - (num_lines - 1), "only the rest");
    assert_eq!(result(&lab, &stopped), result(&lab, &whole));
    let total = events.iter().rev().find_map(|event| match event {
        JobEvent::Progress(progress) => Some((progress.done, progress.total)),
        _ => None,
    });
    let steps = u64::from(result(&lab, &whole).all.n);
    assert_eq!(total, Some((steps, steps)), "progress ends at its end");
}

/// A copy of what was learned is known, too; and the split that counts is the one of the training.
fn check_held_out(lab: &Lab, spec: &ExperimentSpec) {
    let mut dataset = lore_data::Dataset::open(&lab.data, &dataset_of(spec)).unwrap();
    let file = dataset.trajectories().unwrap();
    let all = file.read_all().unwrap().map(Result::unwrap);
    let learned = all.filter(|one| !spec.is_unseen(&one.task.task_type));
    let copy = lore_data::NewDataset {
        data: lab.data.clone(),
        id: "copy".into(),
        name: "Copy".into(),
        source: String::new(),
        unseen_types: None,
        created_ms: 1,
    };
    lore_data::write_dataset(&copy, learned.map(Ok).collect::<Vec<_>>()).unwrap();
    let mut asked = with_adapter(ask(spec, "copied", 6), spec);
    if let Work::Agreement(work) = &mut asked.work {
        work.dataset = "copy".into();
    }
    let (outcome, _) = lab_run(lab, &asked);
    let refusal = outcome.unwrap_err().to_string();
    assert!(refusal.contains("learned from every"), "{refusal}");
    // The split that counts is the one it was trained under.
    dataset.set_unseen(&[]).unwrap();
    let tuned = with_adapter(ask(spec, "tuned", 100), spec);
    lab.finish(&tuned);
    assert_eq!(result(lab, &tuned).trajectories.len(), 6);
}

fn lab_run(lab_of: &Lab, job: &JobSpec) -> (anyhow::Result<Outcome>, Vec<JobEvent>) {
    lab(job, &lab_of.data, &lab_of.options, &StopToken::new())
}
