//! Where things stand in the data folder. Pure path arithmetic; nothing is touched.

use std::path::{Path, PathBuf};

use crate::{AdapterId, DatasetId, ExperimentId, JavaWorld, JobId, ModelId};

/// The file of models on servers, in the folder of models.
pub(crate) const SERVED_MODELS: &str = "servers.json";

/// The data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir {
    root: PathBuf,
}

impl DataDir {
    /// The folder at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// LanceDB's folder; each bank is a table in it.
    pub fn bank(&self) -> PathBuf {
        self.root.join("bank.lance")
    }

    /// LanceDB's folder for the keys of stretches of steps; a table for each bank that has them.
    pub fn bank_windows(&self) -> PathBuf {
        self.root.join("bank-windows.lance")
    }

    /// All models and embedders.
    pub fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    /// One model's folder; holds `model.json`.
    pub fn model(&self, id: &ModelId) -> PathBuf {
        self.models().join(id.as_str())
    }

    /// The models on servers; see [`crate::ServedModel`].
    pub fn served_models(&self) -> PathBuf {
        self.models().join(SERVED_MODELS)
    }

    /// All adapters.
    pub fn adapters(&self) -> PathBuf {
        self.root.join("adapters")
    }

    /// One adapter's folder; holds `adapter.json` and the PEFT files.
    pub fn adapter(&self, id: &AdapterId) -> PathBuf {
        self.adapters().join(id.as_str())
    }

    /// All data sets.
    pub fn datasets(&self) -> PathBuf {
        self.root.join("datasets")
    }

    /// One data set's folder; holds `dataset.json` and `trajectories.jsonl` or `games.jsonl`.
    pub fn dataset(&self, id: &DatasetId) -> PathBuf {
        self.datasets().join(id.as_str())
    }

    /// All experiments.
    pub fn experiments(&self) -> PathBuf {
        self.root.join("experiments")
    }

    /// One experiment's folder; holds `experiment.json`, `results.json`, `report.html`.
    pub fn experiment(&self, id: &ExperimentId) -> PathBuf {
        self.experiments().join(id.as_str())
    }

    /// The jobs of an experiment, one folder each.
    pub fn runs(&self, id: &ExperimentId) -> PathBuf {
        self.experiment(id).join("runs")
    }

    /// Jobs that belong to no experiment, one folder each.
    pub fn jobs(&self) -> PathBuf {
        self.root.join("jobs")
    }

    /// The folder of a job: in its experiment if it has one.
    pub fn job(&self, experiment: Option<&ExperimentId>, id: &JobId) -> PathBuf {
        match experiment {
            // Names are `<experiment>.<name>`; the folder need not say it twice.
            Some(experiment) => {
                let name = id.as_str();
                let short = name
                    .strip_prefix(experiment.as_str())
                    .and_then(|rest| rest.strip_prefix('.'));
                self.runs(experiment).join(short.unwrap_or(name))
            }
            None => self.jobs().join(id.as_str()),
        }
    }

    /// Worlds that were installed, and the servers that were saved.
    pub fn worlds(&self) -> PathBuf {
        self.root.join("worlds")
    }

    /// The program of a Java world; the world is installed when it is there.
    pub fn java_world(&self, world: JavaWorld) -> PathBuf {
        self.worlds().join(world.package()).join(world.jar())
    }

    /// The gateway through which Java worlds are reached safely.
    pub fn py4j(&self) -> PathBuf {
        self.worlds().join("py4j").join("py4j.jar")
    }

    /// The saved environment servers.
    pub fn servers(&self) -> PathBuf {
        self.worlds().join("servers.json")
    }

    /// Deleted things, until the undo time is over.
    pub fn trash(&self) -> PathBuf {
        self.root.join("trash")
    }

    /// What the user marked among trajectories.
    pub fn marks(&self) -> PathBuf {
        self.root.join("marks.json")
    }

    /// Marks that a restored backup brought, until they are taken in.
    pub fn brought_marks(&self) -> PathBuf {
        self.root.join("marks.restored.json")
    }

    /// What the application said, newest file last.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The file that tells who has the data folder.
    pub fn lock(&self) -> PathBuf {
        self.root.join("lorekeeper.lock")
    }

    /// The clusters that do jobs.
    pub fn clusters(&self) -> PathBuf {
        self.root.join("clusters.json")
    }

    /// The user's settings.
    pub fn settings(&self) -> PathBuf {
        self.root.join("settings.json")
    }
}
