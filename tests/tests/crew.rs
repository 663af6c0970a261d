//! The real worker, several times: a training that is shared out gives the bytes of one that is not, and whoever
//! is killed on the way changes nothing.
//!
//! Needs a built `lore_worker`, and says so and passes without it.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lore_core::{AdapterId, DataDir, ModelInfo, TrainConfig};
use lore_protocol::{JobEvent, JobSpec, TrainWork, Work};
use lore_tests::{built_worker, few_episodes, spec_of};

/// A busy machine is slow.
const PATIENCE: Duration = Duration::from_mins(10);

/// A data folder with a tiny model and a few episodes.
struct Scene {
    worker: PathBuf,
    folder: tempfile::TempDir,
}

/// A worker, which ends with the test.
struct Worker {
    child: Child,
    log: PathBuf,
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The only other outcome is that it has ended.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Worker {
    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    #[track_caller]
    fn ends(&mut self) -> bool {
        let mut status = None;
        until("the end of a worker", || {
            status = self.child.try_wait().expect("is ours");
            status.is_some()
        });
        status.is_some_and(|it| it.success())
    }
}

#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Scene {
    fn new() -> Option<Self> {
        let worker = built_worker()?;
        let folder = tempfile::tempdir().expect("a folder");
        let scene = Self { worker, folder };
        scene.put_model();
        let job = spec_of("collect", "Collect");
        scene.write(&JobSpec {
            work: Work::Collect(few_episodes()),
            ..job
        });
        let mut collects = scene.start("collect", "--job");
        assert!(collects.ends(), "{}", collects.log());
        Some(scene)
    }

    fn data(&self) -> DataDir {
        DataDir::new(self.folder.path())
    }

    /// The tiny model, made to take a whole game: its positions are turned, not learned.
    fn put_model(&self) {
        let info = ModelInfo {
            id: "tiny".into(),
            name: "Tiny".into(),
            path: "weights".into(),
            digest: "d".into(),
            ..ModelInfo::default()
        };
        let folder = self.data().model(&info.id);
        let weights = folder.join("weights");
        fs::create_dir_all(&weights).expect("a folder");
        let text = serde_json::to_string(&info).expect("is JSON");
        fs::write(folder.join("model.json"), text).expect("writes");
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tiny = here.join("../crates/lore_llm/tests/fixtures/tiny-llama");
        for file in fs::read_dir(tiny).expect("is listed") {
            let file = file.expect("is listed");
            fs::copy(file.path(), weights.join(file.file_name())).expect("copies");
        }
        let config = weights.join("config.json");
        let text = fs::read_to_string(&config).expect("is text");
        let text = text.replace(
            "\"max_position_embeddings\": 256",
            "\"max_position_embeddings\": 8192",
        );
        fs::write(&config, text).expect("writes");
    }

    fn write(&self, spec: &JobSpec) {
        let folder = self.data().job(None, &spec.id);
        fs::create_dir_all(&folder).expect("a folder");
        let text = serde_json::to_string(spec).expect("is JSON");
        fs::write(folder.join("job.json"), text).expect("writes");
    }

    /// A training's job.
    fn training(&self, id: &str, assistants: usize) {
        let work = Work::Train(TrainWork {
            adapter: id.into(),
            name: id.into(),
            model: "tiny".into(),
            config: TrainConfig {
                epochs: 100.0,
                max_steps: 12,
                batch_size: 4,
                checkpoint_every: 4,
                max_tokens: 8192,
                ..TrainConfig::default()
            },
            dataset: "episodes".into(),
            unseen_types: Vec::new(),
            bank: None,
            trials: None,
        });
        self.write(&JobSpec {
            work,
            assistants,
            ..spec_of(id, id)
        });
    }

    /// A worker for the job, as a cluster would start it.
    fn start(&self, id: &str, mode: &str) -> Worker {
        let folder = self.data().job(None, &id.into());
        let number = fs::read_dir(&folder).expect("is there").count();
        let log = folder.join(format!("log-{number}"));
        let mut command = Command::new(&self.worker);
        command
            .env("CANDLE_NUM_THREADS", "1")
            .arg("--data")
            .arg(self.folder.path())
            .arg(mode)
            .arg(folder.join("job.json"));
        if mode == "--job" {
            command.arg("--events").arg(folder.join("told.jsonl"));
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).expect("makes"))
            .spawn()
            .expect("starts");
        Worker { child, log }
    }

    /// What the one who leads has said.
    fn messages(&self, id: &str) -> Vec<String> {
        let told = self.data().job(None, &id.into()).join("told.jsonl");
        let told = fs::read_to_string(told).unwrap_or_default();
        let events = told.lines().filter_map(|it| serde_json::from_str(it).ok());
        events
            .filter_map(|event| match event {
                JobEvent::Message { text, .. } => Some(text),
                _ => None,
            })
            .collect()
    }

    fn adapter(&self, id: &str) -> Vec<u8> {
        let folder = self.data().adapter(&AdapterId::from(id));
        fs::read(folder.join("adapter_model.safetensors")).expect("an adapter")
    }
}

#[test]
fn whoever_computes_and_whoever_is_killed_the_bytes_are_the_same() {
    let Some(scene) = Scene::new() else { return };
    scene.training("alone", 0);
    let mut alone = scene.start("alone", "--job");
    assert!(alone.ends(), "{}", alone.log());

    scene.training("shared", 2);
    let note = scene
        .data()
        .job(None, &"shared".into())
        .join("meeting.json");
    let mut leads = scene.start("shared", "--job");
    let mut assists = [(); 2].map(|()| scene.start("shared", "--assist"));
    let told = |leads: &mut Worker, words: &str| {
        until(words, || {
            let has_ended = leads.child.try_wait().expect("is ours").is_some();
            let messages = scene.messages("shared");
            assert!(!has_ended, "too early: {messages:#?}\n{}", leads.log());
            messages.last().is_some_and(|it| it == words)
        });
    };
    told(&mut leads, "3 workers are computing");
    assert!(note.exists());
    assists[0].child.kill().expect("is ours");
    told(&mut leads, "2 workers are computing");
    // The one who leads is stopped, and begins anew with others.
    let pid = leads.child.id().to_string();
    Command::new("kill").arg(pid).status().expect("kill runs");
    assert!(leads.ends(), "{}", leads.log());
    assert!(assists[1].ends(), "{}", assists[1].log());
    assert!(!note.exists(), "nobody is led astray");

    let mut other = scene.start("shared", "--assist");
    let mut leads = scene.start("shared", "--job");
    assert!(leads.ends(), "{}", leads.log());
    assert!(other.ends(), "{}", other.log());
    assert!(!note.exists());
    let messages = scene.messages("shared");
    assert!(
        messages
            .iter()
            .any(|it| it.starts_with("Going on after step")),
        "{messages:#?}"
    );
    let [alone, shared] = ["alone", "shared"].map(|id| scene.adapter(id));
    assert!(alone == shared, "the adapters differ");
}
