//! An application to play with.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use lore_app::{App, AppConfig, DataHome, InProcess, Keychain};
use lore_core::{DataDir, JobId, ModelId, ModelInfo, ModelKind, WorldSpec};
use lore_protocol::{
    ApiError, Backend as _, CollectWork, Event, Incoming, JobInfo, JobLine, JobRequest,
    JobResponse, JobSpec, MeasureWork, MetricPoint, PROTOCOL_VERSION, Request, RequestId, Response,
    Settings, SettingsRequest, Work,
};
use tempfile::TempDir;

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// An application on a data folder of its own, with a window that only listens.
pub struct Stage {
    backend: InProcess,
    app: Arc<App>,
    woken: Receiver<()>,
    /// Events heard so far, oldest first.
    pub heard: Vec<Event>,
    dir: DataDir,
    worker: PathBuf,
    bundled: Option<PathBuf>,
    folder: Arc<TempDir>,
}

impl Stage {
    /// Starts on an empty folder.
    ///
    /// # Panics
    /// When the application does not start.
    pub fn new(worker: &Path) -> Self {
        Self::with_models(worker, None)
    }

    /// Starts on an empty folder, with models that came with the program.
    ///
    /// # Panics
    /// When the application does not start.
    pub fn with_models(worker: &Path, bundled: Option<PathBuf>) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        Self::open(Arc::new(folder), worker.to_owned(), bundled)
    }

    /// Starts on the folder that `home` says.
    ///
    /// # Panics
    /// When the application does not start.
    pub fn at_home(worker: &Path, folder: Arc<TempDir>, home: Arc<DataHome>) -> Self {
        let settled = home.settle().expect("the data folder is there");
        let config = AppConfig {
            data_dir: settled.folder,
            worker: worker.to_owned(),
            bundled_models: None,
            code_version: "test".into(),
            keychain: Keychain::Memory,
            home: Some(home),
            warnings: settled.warning.into_iter().collect(),
        };
        Self::start(folder, config)
    }

    fn open(folder: Arc<TempDir>, worker: PathBuf, bundled: Option<PathBuf>) -> Self {
        let config = AppConfig {
            data_dir: folder.path().to_owned(),
            worker,
            bundled_models: bundled,
            code_version: "test".into(),
            keychain: Keychain::Memory,
            home: None,
            warnings: Vec::new(),
        };
        Self::start(folder, config)
    }

    fn start(folder: Arc<TempDir>, config: AppConfig) -> Self {
        let (dir, worker) = (DataDir::new(&config.data_dir), config.worker.clone());
        let bundled = config.bundled_models.clone();
        let app = Arc::new(App::start(config).expect("the application starts"));
        let (wake, woken) = sync_channel(1);
        let waker = Arc::new(move || {
            // One wake-up that is not taken yet is as good as two.
            wake.try_send(()).ok();
        });
        Self {
            backend: InProcess::new(Arc::clone(&app), waker),
            app,
            woken,
            heard: Vec::new(),
            dir,
            worker,
            bundled,
            folder,
        }
    }

    /// The application.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Its data folder.
    pub fn dir(&self) -> DataDir {
        self.dir.clone()
    }

    /// Closes the application and opens it again.
    #[must_use]
    pub fn reopen(self) -> Self {
        self.reopen_after(|_| ())
    }

    /// Closes the application, changes something in its folder, and opens it again.
    #[must_use]
    pub fn reopen_after(self, change: impl FnOnce(&DataDir)) -> Self {
        let Self {
            backend,
            app,
            worker,
            bundled,
            folder,
            ..
        } = self;
        drop(backend);
        drop(app);
        change(&DataDir::new(folder.path()));
        Self::open(folder, worker, bundled)
    }

    /// Asks and waits for the answer; events that come in between are kept.
    ///
    /// # Errors
    /// The answer's own.
    ///
    /// # Panics
    /// When no answer comes.
    pub fn ask(&mut self, request: Request) -> Result<Response, ApiError> {
        let asked = self.send(request);
        self.answer(asked)
    }

    /// Asks without waiting for the answer.
    pub fn send(&mut self, request: Request) -> RequestId {
        self.backend.send(request)
    }

    /// Waits for the answer to what was sent; events that come in between are kept.
    ///
    /// # Errors
    /// The answer's own.
    ///
    /// # Panics
    /// When no answer comes.
    pub fn answer(&mut self, asked: RequestId) -> Result<Response, ApiError> {
        let mut answer = None;
        self.listen_until(|incoming| {
            if let Incoming::Reply { id, result } = incoming
                && *id == asked
            {
                answer = Some(result.clone());
            }
            answer.is_some()
        });
        answer
            .expect("listening ended with the answer")
            .map(|response| *response)
    }

    /// Listens until such an event comes.
    ///
    /// # Panics
    /// When none comes.
    pub fn hear(&mut self, is_wanted: impl Fn(&Event) -> bool) {
        self.listen_until(
            |incoming| matches!(incoming, Incoming::Event { event, .. } if is_wanted(event)),
        );
    }

    /// Asks something about jobs that is answered with `Done`.
    ///
    /// # Panics
    /// When it is refused.
    pub fn job_done(&mut self, request: JobRequest) {
        let asked = format!("{request:?}");
        match self.ask(Request::Job(request)) {
            Ok(Response::Done) => {}
            other => panic!("{asked} was answered {other:?}"),
        }
    }

    /// The losses of a training, step by step.
    ///
    /// # Panics
    /// When there is no such job.
    pub fn losses(&mut self, job: &JobId) -> Vec<MetricPoint> {
        let series = JobRequest::Series {
            job: job.clone(),
            name: "train/loss".into(),
            width: 1000,
        };
        match self.ask(Request::Job(series)) {
            Ok(Response::Job(JobResponse::Series { points, .. })) => points,
            other => panic!("no series: {other:?}"),
        }
    }

    /// Changes the settings.
    ///
    /// # Panics
    /// When they are refused.
    pub fn set(&mut self, settings: Settings) {
        self.ask(Request::Settings(SettingsRequest::Set { settings }))
            .expect("settings are taken");
    }

    /// Queues a job that needs the processor; a fake worker does what the title says.
    ///
    /// # Panics
    /// When it is refused.
    pub fn submit(&mut self, title: &str) -> JobId {
        fake_model(&self.dir(), "m", ModelKind::Language);
        let work = Box::new(Work::Measure(MeasureWork { model: "m".into() }));
        let title = title.to_owned();
        match self.ask(Request::Job(JobRequest::Submit {
            work,
            title,
            cluster: None,
        })) {
            Ok(Response::Job(JobResponse::Submitted(id))) => id,
            other => panic!("the job was not taken: {other:?}"),
        }
    }

    /// Every job on the list.
    ///
    /// # Panics
    /// When there is no answer.
    pub fn jobs(&mut self) -> Vec<JobInfo> {
        match self.ask(Request::Job(JobRequest::List)) {
            Ok(Response::Job(JobResponse::List(jobs))) => jobs,
            other => panic!("there is no list of jobs: {other:?}"),
        }
    }

    /// One job.
    ///
    /// # Panics
    /// When it is not on the list.
    pub fn job(&mut self, id: &JobId) -> JobInfo {
        let jobs = self.jobs();
        let job = jobs.into_iter().find(|job| job.spec.id == *id);
        job.unwrap_or_else(|| panic!("{id} is not on the list"))
    }

    /// Waits until the job is as wanted.
    ///
    /// # Panics
    /// When that does not happen.
    #[track_caller]
    pub fn wait(&mut self, id: &JobId, wanted: impl Fn(&JobInfo) -> bool) -> JobInfo {
        self.wait_within(id, PATIENCE, wanted)
    }

    /// Waits until the job is as wanted, at most `patience`.
    ///
    /// # Panics
    /// When that does not happen.
    #[track_caller]
    pub fn wait_within(
        &mut self,
        id: &JobId,
        patience: Duration,
        wanted: impl Fn(&JobInfo) -> bool,
    ) -> JobInfo {
        let deadline = Instant::now() + patience;
        loop {
            let job = self.job(id);
            if wanted(&job) {
                return job;
            }
            assert!(Instant::now() < deadline, "waited in vain: {job:#?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the job is over.
    ///
    /// # Panics
    /// When that does not happen.
    #[track_caller]
    pub fn wait_for_end(&mut self, id: &JobId) -> JobInfo {
        self.wait(id, |job| !job.state.is_active())
    }

    /// What a job said, as its journal has it.
    ///
    /// # Panics
    /// When a line is damaged.
    pub fn journal(&mut self, id: &JobId) -> Vec<JobLine> {
        let experiment = self.job(id).spec.experiment;
        let path = self.dir().job(experiment.as_ref(), id).join("events.jsonl");
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a whole line"))
            .collect()
    }

    fn listen_until(&mut self, mut is_enough: impl FnMut(&Incoming) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut enough = false;
            for incoming in self.backend.poll() {
                enough |= is_enough(&incoming);
                if let Incoming::Event { event, .. } = incoming {
                    self.heard.push(event);
                }
            }
            if enough {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "nothing arrived in time");
            // Waking up in vain only costs another look.
            self.woken.recv_timeout(left).ok();
        }
    }
}

/// Makes a model that looks as if it were there.
///
/// # Panics
/// When the folder cannot be written.
pub fn fake_model(dir: &DataDir, id: &str, kind: ModelKind) {
    let info = ModelInfo {
        id: ModelId::from(id),
        name: id.to_owned(),
        kind,
        num_parameters: 1_000_000,
        path: "weights.gguf".into(),
        ..ModelInfo::default()
    };
    let folder = dir.model(&info.id);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("weights.gguf"), "no weights").expect("writes");
    let text = serde_json::to_string(&info).expect("is JSON");
    fs::write(folder.join("model.json"), text).expect("writes");
}

/// A job's specification, as if the application had written it.
pub fn spec_of(id: &str, title: &str) -> JobSpec {
    let work = Work::Measure(MeasureWork { model: "m".into() });
    JobSpec {
        version: PROTOCOL_VERSION,
        id: JobId::from(id),
        title: title.to_owned(),
        experiment: None,
        resources: work.resources(),
        work,
        cluster: None,
        after: Vec::new(),
        created_ms: 1,
        code_version: "test".into(),
        threads: 1,
        assistants: 0,
    }
}

/// The real worker and the folder of starter models, when this machine has both; says what is
/// missing otherwise.
#[expect(
    clippy::print_stderr,
    reason = "a test that checks nothing must say so"
)]
pub fn real_worker() -> Option<(PathBuf, PathBuf)> {
    let Some(models) = std::env::var_os("LOREKEEPER_TEST_MODELS") else {
        eprintln!("skipped: LOREKEEPER_TEST_MODELS is not set");
        return None;
    };
    Some((built_worker()?, models.into()))
}

/// The real worker, when it is built; says so otherwise.
#[expect(
    clippy::print_stderr,
    reason = "a test that checks nothing must say so"
)]
pub fn built_worker() -> Option<PathBuf> {
    let worker = worker_path().filter(|path| path.exists());
    if worker.is_none() {
        eprintln!("skipped: lore_worker is not built");
    }
    worker
}

/// Beside the tests' own folder, or where `LOREKEEPER_WORKER` says.
fn worker_path() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("LOREKEEPER_WORKER") {
        return Some(path.into());
    }
    let test = std::env::current_exe().ok()?;
    let profile = test.parent()?.parent()?;
    let name = format!("lore_worker{}", std::env::consts::EXE_SUFFIX);
    Some(profile.join(name))
}

/// Has the expert play one short game of each kind.
pub fn few_episodes() -> CollectWork {
    CollectWork {
        world: WorldSpec::default(),
        unseen_types: Vec::new(),
        per_type: 1,
        seed: 7,
        max_steps: 50,
        dataset: "episodes".into(),
        name: "Episodes".into(),
    }
}
