//! What a worker needs from the computer for what it is to do, so that everything else can be kept
//! from it.
//!
//! **Invariant:** every kind of [`Work`] has an arm here: a new one does not compile before somebody
//! has said what it touches.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use lore_core::{DataDir, ExperimentId, ModelInfo, WorldSpec};
use lore_protocol::{EvaluateWork, InstallWork, JavaSource, JobSpec, ModelSource, Work};

use crate::files::read_json;
use crate::{LabOptions, names, served_model};

/// Links that are followed out of one folder at most.
const MAX_LINKS: usize = 1000;

/// What a worker needs besides the system's own libraries and the folder for temporary files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// What it reads.
    pub reads: Reads,
    /// Folders in which it makes, changes and removes files.
    pub writes: Vec<PathBuf>,
    /// Programs that it starts.
    pub programs: Programs,
    /// Whom it talks to.
    pub network: Network,
}

/// What a worker reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reads {
    /// These files and folders, with everything below them.
    Only(Vec<PathBuf>),
    /// What it reads is not known before it is asked for.
    Anything,
}

/// Programs that a worker starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Programs {
    /// None.
    #[default]
    None,
    /// Those that stand below these folders.
    Below(Vec<PathBuf>),
    /// Where they stand is not known beforehand.
    Any,
}

/// Whom a worker talks to over the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Whom it calls.
    pub calls: Calls,
    /// It is called by others.
    pub listens: bool,
}

/// Whom a worker calls. The system tells ports apart here, but not one computer from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Calls {
    /// Nobody.
    #[default]
    Nobody,
    /// Whoever listens on this port.
    Port(u16),
    /// Anybody.
    Anybody,
}

impl Default for Reads {
    fn default() -> Self {
        Self::Only(Vec::new())
    }
}

impl Needs {
    /// What a job needs.
    ///
    /// # Errors
    /// When a name in it would lead out of the data folder.
    pub fn of_job(spec: &JobSpec, data: &DataDir, options: &LabOptions) -> Result<Self> {
        names::check("a job", spec.id.as_str())?;
        check_experiment(spec.experiment.as_ref())?;
        let mut needs = Self::of_reader(data, options);
        needs.writes(data.job(spec.experiment.as_ref(), &spec.id));
        needs.add_work(&spec.work, data)?;
        // Whoever computes for it comes to it.
        needs.network.listens |= spec.is_shared_out();
        Ok(needs)
    }

    /// What a worker needs that computes for the training of another one: it writes nothing, and goes where
    /// that one says.
    ///
    /// # Errors
    /// When a name in the job would lead out of the data folder.
    pub fn of_assistant(spec: &JobSpec, data: &DataDir, options: &LabOptions) -> Result<Self> {
        names::check("a job", spec.id.as_str())?;
        check_experiment(spec.experiment.as_ref())?;
        let mut needs = Self::of_reader(data, options);
        needs.network.calls = Calls::Anybody;
        Ok(needs)
    }

    /// What the worker needs that answers questions: what they will be about nobody knows yet. A model
    /// may have been added since, from anywhere; the world may be on a server or in Java.
    pub fn of_questions(data: &DataDir, options: &LabOptions) -> Self {
        let mut needs = Self::of_reader(data, options);
        needs.reads = Reads::Anything;
        needs.network.calls = Calls::Anybody;
        needs.add_java();
        needs
    }

    /// What the endpoint needs. It calls itself to wake up when it is switched off.
    pub fn of_endpoint(data: &DataDir, options: &LabOptions) -> Self {
        let mut needs = Self::of_reader(data, options);
        needs.network = Network {
            calls: Calls::Anybody,
            listens: true,
        };
        needs
    }

    /// Everybody reads the data folder, the models that came with the program, and those that stay
    /// where they were found.
    fn of_reader(data: &DataDir, options: &LabOptions) -> Self {
        let mut needs = Self::default();
        needs.reads(data.root().to_owned());
        for folder in [
            data.bank(),
            data.bank_windows(),
            data.models(),
            data.adapters(),
            data.datasets(),
            data.experiments(),
            data.jobs(),
            data.worlds(),
        ] {
            // Any of them, and what is in them, may have been moved to a larger disk.
            needs.reads_linked(&folder);
        }
        for folder in &options.bundled_models {
            needs.reads_linked(folder);
        }
        for path in models_elsewhere(data) {
            needs.reads_linked(&path);
        }
        needs
    }

    fn add_work(&mut self, work: &Work, data: &DataDir) -> Result<()> {
        match work {
            Work::Import(work) => {
                self.reads(work.path.clone().into());
                self.writes(data.datasets());
            }
            Work::FetchModel(work) => {
                self.writes(data.models());
                match &work.source {
                    ModelSource::Local { path } => self.reads_linked(path.as_ref()),
                    ModelSource::Starter { .. } | ModelSource::Hub { .. } => {
                        self.network.calls = Calls::Anybody;
                    }
                }
            }
            Work::InstallWorld(work) => self.add_install(work, data),
            Work::Collect(work) => {
                self.writes(data.datasets());
                self.add_world(&work.world);
            }
            Work::BuildBank(_) => {
                self.writes(data.bank());
                self.writes(data.bank_windows());
            }
            Work::Train(work) => {
                self.writes(data.adapters());
                if let Some(trials) = &work.trials {
                    self.add_world(&trials.world);
                }
            }
            Work::Evaluate(work) => self.add_play(work, data)?,
            Work::Branch(work) => self.add_play(&work.play, data)?,
            Work::Report(work) => {
                check_experiment(Some(&work.experiment))?;
                self.writes(data.experiment(&work.experiment));
            }
            Work::Export(work) => self.writes_beside(work.destination.as_ref()),
            Work::ExportTrajectories(work) => self.writes_beside(work.path.as_ref()),
            Work::BackUp(work) => self.writes_beside(work.path.as_ref()),
            Work::Restore(work) => {
                self.reads(work.path.clone().into());
                self.writes(data.root().to_owned());
            }
            Work::MoveData(work) => self.writes(work.folder.clone().into()),
            Work::Measure(_)
            | Work::CompareRetrieval(_)
            | Work::Agreement(_)
            | Work::CheckModels => {}
        }
        Ok(())
    }

    fn add_play(&mut self, work: &EvaluateWork, data: &DataDir) -> Result<()> {
        if work.model.is_served() {
            let server = served_model::info(data, &work.model)?.base()?;
            self.network.calls = Calls::Port(server.port);
        }
        // A world that calls, too, may call anybody.
        self.add_world(&work.world);
        Ok(())
    }

    fn add_install(&mut self, work: &InstallWork, data: &DataDir) {
        self.writes(data.worlds());
        match &work.source {
            // A JAR's tables stand beside it.
            JavaSource::File { path } => self.reads(folder_of(path.as_ref())),
            // Looked for in this machine's Python, which may stand anywhere, and then fetched.
            JavaSource::Package { .. } => {
                self.reads = Reads::Anything;
                self.programs = Programs::Any;
                self.network.calls = Calls::Anybody;
            }
        }
    }

    fn add_world(&mut self, world: &WorldSpec) {
        match world {
            WorldSpec::Generated { .. } | WorldSpec::Games { .. } => {}
            WorldSpec::ScienceWorld { .. } | WorldSpec::TextWorldExpress => self.add_java(),
            WorldSpec::Server(_) => self.network.calls = Calls::Anybody,
        }
    }

    /// Java listens on this computer, and is called there.
    fn add_java(&mut self) {
        self.network = Network {
            calls: Calls::Anybody,
            listens: true,
        };
        if let Some(home) = lore_env::java_home() {
            self.reads(home.clone());
            self.programs = Programs::Below(vec![home]);
        } else {
            // A script that finds Java, most likely; what it reads is its own business.
            self.reads = Reads::Anything;
            self.programs = Programs::Any;
        }
    }

    fn reads(&mut self, path: PathBuf) {
        if let Reads::Only(paths) = &mut self.reads {
            paths.push(path);
        }
    }

    /// The file or folder, and what links in the folder lead to.
    fn reads_linked(&mut self, path: &Path) {
        self.reads(path.to_owned());
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        let links = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()));
        for link in links.take(MAX_LINKS) {
            self.reads(link.path());
        }
    }

    fn writes(&mut self, folder: PathBuf) {
        self.writes.push(folder);
    }

    /// Writes are made under another name beside the target first.
    fn writes_beside(&mut self, target: &Path) {
        self.reads(folder_of(target));
        self.writes(folder_of(target));
    }
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().unwrap_or(path).to_owned()
}

fn check_experiment(id: Option<&ExperimentId>) -> Result<()> {
    id.map_or(Ok(()), |id| names::check("an experiment", id.as_str()))
}

/// Models that stayed where they were found, as their descriptions say.
fn models_elsewhere(data: &DataDir) -> Vec<PathBuf> {
    let folders = fs::read_dir(data.models()).into_iter().flatten().flatten();
    folders
        .filter_map(|folder| read_json::<ModelInfo>(&folder.path().join("model.json")).ok())
        .map(|info| PathBuf::from(info.path))
        .filter(|path| path.is_absolute())
        .collect()
}
