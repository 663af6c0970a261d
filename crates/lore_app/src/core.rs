//! What every handler works with.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use lore_core::{ClusterId, DataDir, JobId, ModelInfo};
use lore_protocol::plan::PlanContext;
use lore_protocol::{GameView, JobSpec, PROTOCOL_VERSION, Work};

use crate::app::AppConfig;
use crate::clock::Clock;
use crate::clusters::Clusters;
use crate::data_home::DataHome;
use crate::endpoint::Endpoint;
use crate::handlers::models;
use crate::hub::Hub;
use crate::interactive::Interactive;
use crate::keys::Keys;
use crate::marks::MarksFile;
use crate::mentions::{self, Noun};
use crate::run_files::RunFiles;
use crate::settings::{SettingsFile, Warnings};
use crate::supervisor::{Setup, Supervisor, WorkerProgram};
use crate::support::report::Report;
use crate::trash::Trash;
use crate::{machine, names, starters};

/// The parts of the application.
pub(crate) struct Core {
    pub(crate) dir: DataDir,
    pub(crate) code_version: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) settings: Arc<SettingsFile>,
    pub(crate) warnings: Arc<Warnings>,
    pub(crate) clusters: Arc<Clusters>,
    pub(crate) jobs: Supervisor,
    pub(crate) interactive: Interactive,
    /// Its own worker, so that whoever asks something else does not wait for a measurement.
    pub(crate) measuring: Interactive,
    pub(crate) endpoint: Endpoint,
    pub(crate) played: RunFiles,
    pub(crate) marks: MarksFile,
    /// For models on servers.
    pub(crate) keys: Arc<Keys>,
    /// Where the data folder is, when it is the user's own.
    pub(crate) home: Option<Arc<DataHome>>,
    pub(crate) worker: WorkerProgram,
    /// The support report that was put together last.
    pub(crate) report: Mutex<Option<Report>>,
    /// What a person is playing.
    pub(crate) game: Mutex<Option<GameView>>,
    /// Held while a name is found and taken, so that two requests do not find the same one.
    naming: Mutex<()>,
    /// Held while a model is measured, so that two requests do not measure the same one.
    pace: Mutex<()>,
}

impl Core {
    /// Starts on a data folder that belongs to this program.
    pub(crate) fn start(dir: DataDir, config: AppConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        let hub = Arc::<Hub>::default();
        let warnings = Arc::<Warnings>::default();
        for warning in config.warnings {
            warnings.add(warning);
        }
        let settings = Arc::new(SettingsFile::load(&dir, &warnings));
        Trash::new(&dir, clock.as_ref()).empty_old();
        let worker = WorkerProgram {
            path: config.worker,
            models: config.bundled_models.clone(),
        };
        let keys = Arc::new(Keys::new(config.keychain));
        let clusters = Arc::new(Clusters::load(&dir, Arc::clone(&keys), &warnings));
        let jobs = Supervisor::start(Setup {
            keys: Arc::clone(&keys),
            dir: dir.clone(),
            worker: worker.clone(),
            clusters: Arc::clone(&clusters),
            hub: Arc::clone(&hub),
            clock: Arc::clone(&clock),
            settings: Arc::clone(&settings),
            warnings: Arc::clone(&warnings),
            home: config.home.clone(),
        })?;
        let interactive = || Interactive::new(dir.clone(), worker.clone(), Arc::clone(&clock));
        let core = Self {
            marks: MarksFile::new(&dir, Arc::clone(&warnings)),
            keys,
            endpoint: Endpoint::new(dir.clone(), worker.clone(), Arc::clone(&hub)),
            interactive: interactive(),
            measuring: interactive(),
            home: config.home,
            worker,
            dir,
            code_version: config.code_version,
            clock,
            hub,
            settings,
            warnings,
            clusters,
            jobs,
            played: RunFiles::default(),
            report: Mutex::default(),
            game: Mutex::default(),
            naming: Mutex::default(),
            pace: Mutex::default(),
        };
        if let Some(bundled) = &config.bundled_models {
            starters::register(&core, bundled);
        }
        Ok(core)
    }

    /// The trash.
    pub(crate) fn trash(&self) -> Trash<'_> {
        Trash::new(&self.dir, self.clock.as_ref())
    }

    /// What the jobs of a plan share.
    pub(crate) fn plan_context(&self) -> PlanContext {
        PlanContext {
            now_ms: self.clock.now_ms(),
            code_version: self.code_version.clone(),
            threads: self.threads(),
        }
    }

    /// Processor threads for a worker.
    pub(crate) fn threads(&self) -> usize {
        machine::worker_threads(self.settings.get().threads)
    }

    /// Runs `work` while nobody else looks for a free name.
    pub(crate) fn while_naming<T>(&self, work: impl FnOnce() -> T) -> T {
        alone(&self.naming, work)
    }

    /// Runs `work` while nobody else measures a model. Its worker is let go afterwards.
    pub(crate) fn while_measuring<T>(&self, work: impl FnOnce() -> T) -> T {
        alone(&self.pace, || {
            let result = work();
            self.measuring.end();
            result
        })
    }

    /// Puts work that belongs to no experiment into the queue. Not while naming.
    pub(crate) fn submit(
        &self,
        title: &str,
        make: impl FnOnce(&Self) -> Result<Work>,
    ) -> Result<JobId> {
        self.submit_to(None, title, make)
    }

    /// The same, done by `cluster` when there is one. Not while naming.
    pub(crate) fn submit_to(
        &self,
        cluster: Option<&ClusterId>,
        title: &str,
        make: impl FnOnce(&Self) -> Result<Work>,
    ) -> Result<JobId> {
        self.while_naming(|| {
            let work = make(self)?;
            mentions::check(&work)?;
            let base = format!("{}-{}", names::slug(work.label()), names::slug(title));
            let jobs = self.dir.jobs();
            let name = names::free(base.trim_end_matches('-'), "job", |name| {
                jobs.join(name).exists()
            });
            let id = JobId(name);
            let spec = JobSpec {
                version: PROTOCOL_VERSION,
                id: id.clone(),
                title: title.to_owned(),
                experiment: None,
                resources: work.resources(),
                work,
                cluster: None,
                after: Vec::new(),
                created_ms: self.clock.now_ms(),
                code_version: self.code_version.clone(),
                threads: self.threads(),
                assistants: 0,
            };
            self.jobs.submit(vec![spec.done_by(cluster)])?;
            Ok(id)
        })
    }

    /// The title of an active job that names the thing, if there is one.
    pub(crate) fn user_of(&self, noun: Noun, name: &str) -> Result<Option<String>> {
        let jobs = self.jobs.list()?;
        let user = jobs.into_iter().find(|job| {
            job.info.state.is_active() && mentions::of(&job.info.spec.work).contains(&(noun, name))
        });
        Ok(user.map(|job| job.info.spec.title))
    }

    /// Every model and embedder, by name.
    pub(crate) fn models(&self) -> Vec<ModelInfo> {
        models::all(self)
    }
}

/// Runs `work` while nobody else holds the lock.
fn alone<T>(lock: &Mutex<()>, work: impl FnOnce() -> T) -> T {
    let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
    let result = work();
    drop(guard);
    result
}

/// Makes the data folder and everything that must stand in it.
pub(crate) fn make_folders(root: &Path) -> Result<DataDir> {
    let make = || -> std::io::Result<DataDir> {
        fs::create_dir_all(root)?;
        // Workers run elsewhere; the path must mean the same to them.
        let dir = DataDir::new(std::path::absolute(root)?);
        for folder in [
            dir.models(),
            dir.adapters(),
            dir.datasets(),
            dir.experiments(),
            dir.jobs(),
            dir.trash(),
            dir.worlds(),
        ] {
            fs::create_dir_all(folder)?;
        }
        Ok(dir)
    };
    make().with_context(|| {
        format!(
            "Could not make the data folder {}. Choose a folder that you may write to.",
            root.display()
        )
    })
}
