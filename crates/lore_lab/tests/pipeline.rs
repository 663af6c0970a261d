//! The whole way from expert episodes to a report, with real models and as little work as possible.
//! Needs `LOREKEEPER_TEST_MODELS`, a folder with `smollm2-135m-instruct` and `all-minilm-l6-v2`.

mod common;

use std::fs;

use anyhow::{Context as _, Result};
use common::{Lab, job, job_of, read, test_models, tiny_experiment};
use lore_core::{
    Adapter, Arm, DataDir, ExperimentResults, ExperimentSpec, RunSummary, StopToken,
    TrajectoryFilter,
};
use lore_lab::Interactive;
use lore_protocol::plan::{adapter_of, dataset_of};
use lore_protocol::{
    Answer, ExportFormat, ExportWork, JobEvent, JobSpec, MeasureWork, Question, Work,
};

#[test]
fn an_experiment_from_episodes_to_report() {
    let Some(models) = test_models() else {
        return;
    };
    let lab = Lab::new(models);
    let spec = tiny_experiment(&["base", "exprag_lora"]);
    for job in lab.plan(&spec) {
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
    let adapter = adapter_of(spec, &Arm::paper()[4], 2025).context("it has an adapter")?;
    let folder = lab.data.adapter(&adapter);
    let info: Adapter = read(&folder.join("adapter.json"))?;
    assert!(info.certificate.holds() && info.with_retrieval);
    let destination = lab.data.root().join("exported");
    let work = Work::Export(ExportWork {
        adapter,
        format: ExportFormat::Peft,
        destination: destination.to_string_lossy().into_owned(),
    });
    let export = job_of(&spec.id, "export", work.clone());
    lab.finish(&export);
    // As after an end that came before it could say that it was done.
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
    let another = job_of(&spec.id, "export-again", work);
    let (again, _) = common::lab(&another, &lab.data, &lab.options, &StopToken::new());
    let refusal = again.err().context("nothing is overwritten")?;
    assert!(refusal.to_string().contains("already"), "{refusal:#}");
    Ok(())
}

fn check_questions(data: &DataDir, spec: &ExperimentSpec) -> Result<()> {
    let mut interactive = Interactive::new(data.clone());
    let mut tell = |_| true;
    let question = Question::Embed {
        embedder: spec.embedder.clone(),
        texts: vec!["heat a mug".into(), "heat a cup".into()],
        kind: lore_core::EmbedKind::Query,
    };
    let vectors = interactive.answer(question, &mut tell)?;
    let Answer::Vectors(vectors) = vectors else {
        panic!("vectors were asked for, not {vectors:?}");
    };
    assert!(lore_core::dot(&vectors[0], &vectors[1]) > 0.5);
    let question = Question::Score {
        model: spec.model.clone(),
        adapter: adapter_of(spec, &Arm::paper()[4], 2025),
        messages: vec![lore_core::Message::user("What is two plus two?")],
        candidates: vec!["Four.".into(), "Xyzzy qwfp.".into()],
    };
    let scores = interactive.answer(question, &mut tell)?;
    let Answer::Scores(scores) = scores else {
        panic!("scores were asked for, not {scores:?}");
    };
    assert!(scores[0].log_likelihood > scores[1].log_likelihood);
    let dataset = lore_data::Dataset::open(data, &dataset_of(spec))?.trajectories()?;
    let mut episodes = dataset.read_all()?;
    let mut next = || episodes.next().context("twelve were collected")?;
    let question = Question::Paint {
        model: spec.model.clone(),
        trajectory: Box::new(next()?),
        memories: vec![next()?],
        retrieval: spec.retrieval.clone(),
        max_tokens: 4096,
    };
    let painted = interactive.answer(question, &mut tell)?;
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
