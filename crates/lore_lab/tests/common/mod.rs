//! What the tests of this crate share.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::unwrap_used,
    reason = "every test file uses a part of it"
)]

pub mod hub;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use lore_core::{DataDir, ExperimentId, ExperimentSpec, JobId, Preset, StopToken, TaskPlan};
use lore_lab::{LabOptions, Outcome};
use lore_protocol::plan::{PlanContext, plan};
use lore_protocol::{
    FetchWork, JobEvent, JobSpec, ModelSource, PROTOCOL_VERSION, StarterModel, Work,
};

/// A job that belongs to no experiment.
pub fn job(work: Work) -> JobSpec {
    JobSpec {
        version: PROTOCOL_VERSION,
        id: JobId::from("job"),
        title: work.label().to_owned(),
        experiment: None,
        resources: work.resources(),
        work,
        cluster: None,
        after: Vec::new(),
        created_ms: 1,
        code_version: "test".to_owned(),
        threads: 1,
        assistants: 0,
    }
}

/// The same in an experiment.
pub fn job_of(experiment: &ExperimentId, id: &str, work: Work) -> JobSpec {
    JobSpec {
        id: JobId::from(id),
        experiment: Some(experiment.clone()),
        ..job(work)
    }
}

/// Does a job and returns its outcome and what it said.
pub fn lab(
    spec: &JobSpec,
    data: &DataDir,
    options: &LabOptions,
    stop: &StopToken,
) -> (anyhow::Result<Outcome>, Vec<JobEvent>) {
    let mut events = Vec::new();
    let mut sink = |event: JobEvent| events.push(event);
    let outcome = lore_lab::run(spec, data, options, &mut sink, stop);
    (outcome, events)
}

/// Two training steps, one test task of each kind, these arms.
pub fn tiny_experiment(arms: &[&str]) -> ExperimentSpec {
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
    spec.arms.retain(|arm| arms.contains(&arm.id.as_str()));
    spec
}

/// A data folder of its own with both starter models.
pub struct Lab {
    _root: tempfile::TempDir,
    pub data: DataDir,
    pub options: LabOptions,
}

impl Lab {
    /// Takes the models from a folder; nothing is fetched.
    pub fn new(models: PathBuf) -> Self {
        let root = tempfile::tempdir().unwrap();
        let lab = Self {
            data: DataDir::new(root.path()),
            _root: root,
            options: LabOptions {
                bundled_models: vec![models],
                // Nothing may be fetched.
                hub_url: "http://127.0.0.1:9".to_owned(),
                index_url: "http://127.0.0.1:9".to_owned(),
                server_key: None,
                cluster: None,
            },
        };
        lab.get_starters();
        lab
    }

    /// Stores an experiment and gives its jobs.
    pub fn plan(&self, spec: &ExperimentSpec) -> Vec<JobSpec> {
        let folder = self.data.experiment(&spec.id);
        fs::create_dir_all(&folder).unwrap();
        fs::write(
            folder.join("experiment.json"),
            serde_json::to_string(spec).unwrap(),
        )
        .unwrap();
        let context = PlanContext {
            now_ms: 1,
            code_version: "test".into(),
            threads: 2,
        };
        plan(spec, &context)
    }

    /// Does a job, expects that it finishes, and returns what it said.
    pub fn finish(&self, spec: &JobSpec) -> Vec<JobEvent> {
        self.write_down(spec);
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

    /// Puts the job into its folder, as the application does before it starts a worker.
    fn write_down(&self, spec: &JobSpec) {
        let folder = self.data.job(spec.experiment.as_ref(), &spec.id);
        fs::create_dir_all(&folder).expect("the folder is ours");
        let text = serde_json::to_vec(spec).expect("a job is JSON");
        fs::write(folder.join("job.json"), text).expect("the folder is there");
    }

    fn get_starters(&self) {
        for starter in [StarterModel::LanguageModel, StarterModel::Embedder] {
            self.finish(&job(Work::FetchModel(FetchWork {
                source: ModelSource::Starter { starter },
            })));
        }
    }
}

/// The folder of real models, or `None` with a note that the test is skipped.
pub fn test_models() -> Option<PathBuf> {
    let folder = std::env::var_os("LOREKEEPER_TEST_MODELS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: LOREKEEPER_TEST_MODELS is not set");
    }
    folder
}

/// Reads a JSON file.
pub fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}
