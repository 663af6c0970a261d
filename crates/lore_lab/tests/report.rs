//! A report from runs that were made up.

mod common;

use std::fs;

use common::{job_of, lab};
use lore_core::{
    Arm, DataDir, EpisodeEnd, EpisodeSummary, ExperimentId, ExperimentResults, ExperimentSpec,
    JobId, Preset, RunSummary, SplitKind, StopToken, TaskId, TrainConfig,
};
use lore_lab::{LabOptions, Outcome};
use lore_protocol::{JobEvent, JobLine, ReportWork, TrainWork, Work};

const NUM_TASKS: u32 = 12;

/// Arm number `strength` wins the first `strength * 3` tasks of each split.
fn run_summary(arm: &Arm, strength: u32) -> RunSummary {
    let splits = [SplitKind::Seen, SplitKind::Unseen];
    let episodes = splits.into_iter().flat_map(|split| {
        (0..NUM_TASKS).map(move |task| EpisodeSummary {
            task: TaskId(format!("{split:?}-{task}")),
            task_type: match split {
                SplitKind::Seen => "pick_and_place_simple".to_owned(),
                SplitKind::Unseen => "pick_heat_then_place_in_recep".to_owned(),
            },
            split,
            end: if task < strength * 3 {
                EpisodeEnd::Success
            } else {
                EpisodeEnd::Truncated
            },
            num_steps: 9,
            prompt_tokens: 500,
            completion_tokens: 40,
            millis: 1500,
            ..EpisodeSummary::default()
        })
    });
    RunSummary {
        job: JobId(arm.id.clone()),
        arm: arm.clone(),
        seed: 1,
        episodes: episodes.collect(),
        prices: None,
    }
}

fn write(path: &std::path::Path, text: &str) {
    fs::create_dir_all(path.parent().expect("below the data folder")).expect("writable");
    fs::write(path, text).expect("writable");
}

/// An experiment with a run of every arm and a training.
fn experiment(data: &DataDir) -> ExperimentSpec {
    let mut spec = ExperimentSpec::preset(Preset::Smoke);
    spec.id = ExperimentId::from("sample");
    "Sample <with> markup & more".clone_into(&mut spec.name);
    let folder = data.experiment(&spec.id);
    write(
        &folder.join("experiment.json"),
        &serde_json::to_string(&spec).expect("plain data"),
    );
    for (strength, arm) in spec.arms.iter().enumerate() {
        let summary = run_summary(arm, strength as u32);
        let path = data.runs(&spec.id).join(&arm.id).join("summary.json");
        write(&path, &serde_json::to_string(&summary).expect("plain data"));
    }
    training(data, &spec);
    spec
}

fn training(data: &DataDir, spec: &ExperimentSpec) {
    let work = Work::Train(TrainWork {
        adapter: "a".into(),
        name: "a".into(),
        model: "m".into(),
        config: TrainConfig::default(),
        dataset: "d".into(),
        unseen_types: Vec::new(),
        bank: None,
        trials: None,
    });
    let folder = data.runs(&spec.id).join("train-lora-seed1");
    let job = job_of(&spec.id, "train-lora-seed1", work);
    write(
        &folder.join("job.json"),
        &serde_json::to_string(&job).expect("plain data"),
    );
    let mut lines = String::from("this line is damaged\n");
    for step in 1..=20u64 {
        let line = JobLine {
            seq: step,
            ms: step,
            event: JobEvent::Metric {
                name: "train/loss".into(),
                step,
                value: 3.0 / step as f64,
            },
        };
        lines.push_str(&serde_json::to_string(&line).expect("plain data"));
        lines.push('\n');
    }
    write(&folder.join("events.jsonl"), &lines);
}

fn report(data: &DataDir, spec: &ExperimentSpec) -> (anyhow::Result<Outcome>, Vec<JobEvent>) {
    let work = Work::Report(ReportWork {
        experiment: spec.id.clone(),
    });
    let job = job_of(&spec.id, "report", work);
    lab(&job, data, &LabOptions::default(), &StopToken::new())
}

#[test]
fn numbers_figures_tables_and_page_are_written() {
    let root = tempfile::tempdir().unwrap();
    let data = DataDir::new(root.path());
    let spec = experiment(&data);
    let (outcome, _) = report(&data, &spec);
    let Outcome::Finished { summary } = outcome.unwrap() else {
        panic!("nobody asked to stop");
    };
    assert!(
        summary.contains("ExpRAG-LoRA: 100 % (12 of 12) on seen types"),
        "{summary}"
    );

    let folder = data.experiment(&spec.id);
    let text = fs::read_to_string(folder.join("results.json")).unwrap();
    let results: ExperimentResults = serde_json::from_str(&text).unwrap();
    assert_eq!(results.arms.len(), 5);
    assert_eq!(results.arms[2].unseen.successes, 6);
    assert_eq!(
        results.comparisons.len(),
        8,
        "four arms against the last, on two splits"
    );

    let csv = fs::read_to_string(folder.join("results.csv")).unwrap();
    assert!(csv.contains("lora,LoRA,unseen types,6,12,0.5000,"));
    assert!(
        fs::read_to_string(folder.join("results.tex"))
            .unwrap()
            .contains("\\begin{tabular}")
    );
    let pairs = fs::read_to_string(folder.join("comparisons.csv")).unwrap();
    assert!(pairs.contains("base,exprag_lora,unseen types,12,0,12,1.0000,1.0000,1.0000,0.000488,"));
    assert!(
        fs::read_to_string(folder.join("comparisons.tex"))
            .unwrap()
            .contains("Base model & ExpRAG-LoRA & unseen types & 12 &")
    );
    for name in ["success", "success-by-type", "training-loss"] {
        let svg = fs::read_to_string(folder.join(format!("figures/{name}.svg"))).unwrap();
        assert!(svg.contains("<svg") && svg.contains("</svg>"), "{name}");
        let png = fs::read(folder.join(format!("figures/{name}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG") && png.len() > 5000, "{name}");
    }
}

#[test]
fn the_page_stands_alone_and_says_how_little_it_knows() {
    let root = tempfile::tempdir().unwrap();
    let data = DataDir::new(root.path());
    let spec = experiment(&data);
    report(&data, &spec).0.unwrap();
    let html = fs::read_to_string(data.experiment(&spec.id).join("report.html")).unwrap();
    assert!(html.contains("Sample &lt;with&gt; markup &amp; more"));
    assert!(html.contains("too small to say which arm is better"));
    assert!(html.contains("One seed"));
    assert_eq!(html.matches("<svg").count(), 3);
    assert!(
        !html.contains("<?xml"),
        "an XML header may not stand inside HTML"
    );
    for reference in ["src=", "href=", "@import", "<script"] {
        assert!(
            !html.contains(reference),
            "{reference} would need something else"
        );
    }
    assert!(html.contains("ExpRAG-LoRA against Base model on unseen types: of 12 tasks"));
    assert!(html.contains("ExpRAG-LoRA is better, beyond what chance would do"));
}

#[test]
fn a_damaged_run_is_left_out_and_said() {
    let root = tempfile::tempdir().unwrap();
    let data = DataDir::new(root.path());
    let spec = experiment(&data);
    let damaged = data.runs(&spec.id).join("base/summary.json");
    fs::write(&damaged, "{ half").unwrap();
    let (outcome, events) = report(&data, &spec);
    outcome.unwrap();
    let warned = events.iter().any(
        |event| matches!(event, JobEvent::Message { text, .. } if text.contains("Left out a run")),
    );
    assert!(warned);
    let html = fs::read_to_string(data.experiment(&spec.id).join("report.html")).unwrap();
    assert!(html.contains("These arms have not been played: Base model."));
}

#[test]
fn nothing_played_is_an_error_in_words() {
    let root = tempfile::tempdir().unwrap();
    let data = DataDir::new(root.path());
    let spec = experiment(&data);
    fs::remove_dir_all(data.runs(&spec.id)).unwrap();
    let error = report(&data, &spec).0.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("No run of this experiment has finished")
    );
}
