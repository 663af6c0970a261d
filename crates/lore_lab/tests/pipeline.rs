//! The whole way from expert episodes to a report, with real models and as little work as possible.
//! Needs `LOREKEEPER_TEST_MODELS`, a folder with `smollm2-135m-instruct` and `all-minilm-l6-v2`.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use common::{job, job_of, lab};
use lore_core::{
    Adapter, DataDir, ExperimentId, ExperimentResults, ExperimentSpec, Preset, RunSummary,
    StopToken, TaskPlan, TrajectoryFilter,
};
use lore_lab::{Interactive, LabOptions, Outcome};
use lore_protocol::plan::{PlanContext, adapter_of, dataset_of, plan};
use lore_protocol::{
    Answer, ExportFormat, ExportWork, FetchWork, JobEvent, JobSpec, MeasureWork, ModelSource,
    Question, StarterModel, Work,
};

/// Two training steps, one test task of each kind, two arms.
fn tiny_experiment() -> ExperimentSpec {
    let mut spec = ExperimentSpec::preset(Preset::Smoke);
    spec.id = ExperimentId::from("tiny");
    spec.tasks = TaskPlan {
        train_per_type: 2,
        seen_test: 1,
        unseen_test: 1,
        seed: 7,
    };
    spec.train.max_steps = 2;
    spec.train.batch_size = 1;
    spec.agent.max_steps = 3;
    spec.agent.sampling.max_new_tokens = 8;
    spec.arms
        .retain(|arm| arm.id == "base" || arm.id == "exprag_lora");
    spec
}

struct Lab {
    _root: tempfile::TempDir,
    data: DataDir,
    options: LabOptions,
}

impl Lab {
    /// Does a job, expects that it finishes, and returns what it said.
    fn finish(&self, spec: &JobSpec) -> Vec<JobEvent> {
        let began = std::time::Instant::now();
        let (outcome, events) = lab(spec, &self.data, &self.options, &StopToken::new());
        let secs = began.elapsed().as_secs_f64();
        match outcome {
            Ok(Outcome::Finished { summary }) => {
                eprintln!("{secs:5.1} s  {}: {summary}", spec.title);
            }
            other => panic!("{}: {other:?}", spec.title),
        }
        events
    }

    fn get_starters(&self) {
        for starter in [StarterModel::LanguageModel, StarterModel::Embedder] {
            self.finish(&job(Work::FetchModel(FetchWork {
                source: ModelSource::Starter { starter },
            })));
        }
    }
}

fn test_models() -> Option<PathBuf> {
    let folder = std::env::var_os("LOREKEEPER_TEST_MODELS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: LOREKEEPER_TEST_MODELS is not set");
    }
    folder
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}

#[test]
fn an_experiment_from_episodes_to_report() {
    let Some(models) = test_models() else {
        return;
    };
    let root = tempfile::tempdir().unwrap();
    let lab = Lab {
        data: DataDir::new(root.path()),
        _root: root,
        options: LabOptions {
            bundled_models: vec![models],
            // Nothing may be fetched.
            hub_url: "http://127.0.0.1:9".to_owned(),
        },
    };
    lab.get_starters();
    let spec = tiny_experiment();
    let folder = lab.data.experiment(&spec.id);
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("experiment.json"),
        serde_json::to_string(&spec).unwrap(),
    )
    .unwrap();
    let context = PlanContext {
        now_ms: 1,
        code_version: "test".into(),
        threads: 2,
    };
    for job in plan(&spec, &context) {
        let events = lab.finish(&job);
        check_events(&job, &events);
    }
    check_results(&lab.data, &spec).unwrap();
    check_export(&lab, &spec).unwrap();
    check_questions(&lab.data, &spec).unwrap();
    check_speed(&lab, &spec);
}

fn check_events(job: &JobSpec, events: &[JobEvent]) {
    assert!(
        !events.iter().any(JobEvent::is_terminal),
        "the worker says the last word"
    );
    match &job.work {
        Work::Train(_) => {
            let certified = events.iter().any(
                |event| matches!(event, JobEvent::Gradients { certificate } if certificate.holds()),
            );
            assert!(certified, "every matrix learns");
            assert!(
                events
                    .iter()
                    .any(|event| matches!(event, JobEvent::Checkpoint { .. }))
            );
        }
        Work::Evaluate(work) => {
            let episodes: Vec<_> = events
                .iter()
                .filter_map(|event| match event {
                    JobEvent::Episode { episode } => Some(episode),
                    _ => None,
                })
                .collect();
            assert_eq!(episodes.len(), 2);
            for episode in episodes {
                assert!(episode.num_steps > 0 && episode.prompt_tokens > 0);
                assert_eq!(
                    episode.num_memories > 0,
                    work.arm.retrieval,
                    "{}",
                    work.arm.id
                );
            }
        }
        _ => {}
    }
}

fn check_results(data: &DataDir, spec: &ExperimentSpec) -> Result<()> {
    let folder = data.experiment(&spec.id);
    let results: ExperimentResults = read(&folder.join("results.json"))?;
    assert_eq!(results.runs.len(), 2);
    assert!(folder.join("report.html").exists());
    let run: RunSummary = read(&folder.join("runs/base-seed2025/summary.json"))?;
    assert_eq!(run.episodes.len(), 2);
    let path = folder.join("runs/exprag_lora-seed2025/trajectories.jsonl");
    let log = lore_data::TrajectoryFile::open(&path)?;
    let page = log.page(&TrajectoryFilter::default(), 0, 10)?;
    let trace = log.get(&page.rows[0].id)?.trace;
    let trace = trace.context("agents leave a trace")?;
    assert!(trace.system_prompt.contains("# Past episodes"));
    Ok(())
}

fn check_export(lab: &Lab, spec: &ExperimentSpec) -> Result<()> {
    let adapter = adapter_of(spec, true, 2025);
    let folder = lab.data.adapter(&adapter);
    let info: Adapter = read(&folder.join("adapter.json"))?;
    assert!(info.certificate.holds() && info.with_retrieval);
    let destination = lab.data.root().join("exported");
    let work = Work::Export(ExportWork {
        adapter,
        format: ExportFormat::Peft,
        destination: destination.to_string_lossy().into_owned(),
    });
    let export = job_of(&spec.id, "export", work);
    lab.finish(&export);
    let card = fs::read_to_string(destination.join("README.md"))?;
    assert!(card.starts_with("---\nlibrary_name: peft\n"));
    assert!(
        card.contains("| ExpRAG-LoRA |"),
        "the card carries the evidence"
    );
    let weights = "adapter_model.safetensors";
    assert_eq!(
        fs::read(folder.join(weights))?,
        fs::read(destination.join(weights))?
    );
    let (again, _) = common::lab(&export, &lab.data, &lab.options, &StopToken::new());
    let refusal = again.err().context("nothing is overwritten")?;
    assert!(refusal.to_string().contains("already"), "{refusal:#}");
    Ok(())
}

fn check_questions(data: &DataDir, spec: &ExperimentSpec) -> Result<()> {
    let mut interactive = Interactive::new(data.clone());
    let vectors = interactive.answer(Question::Embed {
        embedder: spec.embedder.clone(),
        texts: vec!["heat a mug".into(), "heat a cup".into()],
        kind: lore_core::EmbedKind::Query,
    })?;
    let Answer::Vectors(vectors) = vectors else {
        panic!("vectors were asked for, not {vectors:?}");
    };
    assert!(lore_core::dot(&vectors[0], &vectors[1]) > 0.5);
    let scores = interactive.answer(Question::Score {
        model: spec.model.clone(),
        adapter: Some(adapter_of(spec, true, 2025)),
        messages: vec![lore_core::Message::user("What is two plus two?")],
        candidates: vec!["Four.".into(), "Xyzzy qwfp.".into()],
    })?;
    let Answer::Scores(scores) = scores else {
        panic!("scores were asked for, not {scores:?}");
    };
    assert!(scores[0].log_likelihood > scores[1].log_likelihood);
    let dataset = lore_data::Dataset::open(data, &dataset_of(spec))?.trajectories()?;
    let mut episodes = dataset.read_all()?;
    let mut next = || episodes.next().context("twelve were collected")?;
    let painted = interactive.answer(Question::Paint {
        model: spec.model.clone(),
        trajectory: Box::new(next()?),
        memories: vec![next()?],
        retrieval: spec.retrieval.clone(),
        max_tokens: 4096,
    })?;
    let Answer::Painted(painted) = painted else {
        panic!("a painted example was asked for, not {painted:?}");
    };
    assert!(painted.num_learned > 0 && painted.num_dropped_memories == 0);
    let text: String = painted.tokens.iter().map(|token| &*token.text).collect();
    assert!(text.contains("Actions:") && text.contains("# Past episodes"));
    Ok(())
}

fn check_speed(lab: &Lab, spec: &ExperimentSpec) {
    let model = spec.model.clone();
    let events = lab.finish(&job(Work::Measure(MeasureWork { model })));
    let speed = events.iter().find_map(|event| match event {
        JobEvent::Speed { speed } => Some(*speed),
        _ => None,
    });
    let speed = speed.expect("a measurement says what it measured");
    assert!(speed.measured && speed.train_tokens_per_sec > 0.0);
}
