//! What a data folder keeps, told from where it stands. Pure; nothing is touched.

use serde::{Deserialize, Serialize};

use crate::layout::SERVED_MODELS;

/// A kind of thing that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// What a person chose.
    Settings,
    /// Bookmarks and notes.
    Marks,
    /// A data set.
    Dataset,
    /// An experience bank.
    Bank,
    /// A model or embedder, or the models on servers.
    Model,
    /// An adapter.
    Adapter,
    /// A world that was installed, or the saved servers.
    World,
    /// An experiment with its runs.
    Experiment,
    /// A job that belongs to no experiment.
    Job,
}

/// One thing that is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeptThing {
    /// Its kind.
    pub kind: Kept,
    /// Its name on disk; a file's own name where there is one of the kind only.
    pub id: String,
}

impl Kept {
    /// Every kind, in the order in which things need each other: what comes later names what comes
    /// before.
    pub const ALL: [Self; 9] = [
        Self::Settings,
        Self::Marks,
        Self::Model,
        Self::Dataset,
        Self::Bank,
        Self::Adapter,
        Self::World,
        Self::Experiment,
        Self::Job,
    ];

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Settings => "Settings",
            Self::Marks => "Bookmarks and notes",
            Self::Dataset => "Data sets",
            Self::Bank => "Experience banks",
            Self::Model => "Models",
            Self::Adapter => "Adapters",
            Self::World => "Worlds",
            Self::Experiment => "Experiments",
            Self::Job => "Other jobs",
        }
    }
}

impl KeptThing {
    /// The thing that the file at `path` is part of: a path within the data folder, with `/` between its
    /// parts. `None` for what can be made again or is of this machine only: logs, locks, the trash,
    /// measured speeds.
    pub fn at(path: &str) -> Option<Self> {
        let (top, below) = match path.split_once('/') {
            Some((top, below)) => (top, Some(below)),
            None => (path, None),
        };
        let Some(below) = below else {
            let kind = match top {
                "settings.json" => Kept::Settings,
                "marks.json" => Kept::Marks,
                _ => return None,
            };
            return Some(Self::new(kind, top));
        };
        let name = below.split('/').next().unwrap_or(below);
        let is_file = !below.contains('/');
        match top {
            "worlds" => Some(Self::new(Kept::World, name)),
            "models" if below == SERVED_MODELS => Some(Self::new(Kept::Model, name)),
            // Files beside the folders belong to nobody.
            _ if is_file => None,
            "datasets" => Some(Self::new(Kept::Dataset, name)),
            "models" => Some(Self::new(Kept::Model, name)),
            "adapters" => Some(Self::new(Kept::Adapter, name)),
            "experiments" => Some(Self::new(Kept::Experiment, name)),
            "jobs" => Some(Self::new(Kept::Job, name)),
            // Two folders of tables, one thing.
            "bank.lance" | "bank-windows.lance" => {
                Some(Self::new(Kept::Bank, name.strip_suffix(".lance")?))
            }
            _ => None,
        }
    }

    fn new(kind: Kept, id: &str) -> Self {
        Self {
            kind,
            id: id.to_owned(),
        }
    }

    /// Where its files stand within the data folder: one place, or two for a bank.
    pub fn places(&self) -> Vec<String> {
        let id = &self.id;
        match self.kind {
            Kept::Settings | Kept::Marks => vec![id.clone()],
            Kept::Dataset => vec![format!("datasets/{id}")],
            Kept::Bank => vec![
                format!("bank-windows.lance/{id}.lance"),
                format!("bank.lance/{id}.lance"),
            ],
            Kept::Model => vec![format!("models/{id}")],
            Kept::Adapter => vec![format!("adapters/{id}")],
            Kept::World => vec![format!("worlds/{id}")],
            Kept::Experiment => vec![format!("experiments/{id}")],
            Kept::Job => vec![format!("jobs/{id}")],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_found_from_each_of_its_files() {
        for (path, kind, id) in [
            ("settings.json", Kept::Settings, "settings.json"),
            ("datasets/d/dataset.json", Kept::Dataset, "d"),
            ("bank.lance/b.lance/_versions/1.manifest", Kept::Bank, "b"),
            ("bank-windows.lance/b.lance/data/x.lance", Kept::Bank, "b"),
            ("worlds/servers.json", Kept::World, "servers.json"),
            ("models/m/model.json", Kept::Model, "m"),
            ("models/servers.json", Kept::Model, "servers.json"),
            ("worlds/py4j/py4j.jar", Kept::World, "py4j"),
            ("experiments/e/runs/r/job.json", Kept::Experiment, "e"),
        ] {
            let thing = KeptThing::at(path).expect("is kept");
            assert_eq!((thing.kind, thing.id.as_str()), (kind, id), "{path}");
            let stands_in = thing
                .places()
                .iter()
                .any(|place| path == place || path.starts_with(&format!("{place}/")));
            assert!(stands_in, "{path} is not in {:?}", thing.places());
        }
    }

    #[test]
    fn what_can_be_made_again_is_not_kept() {
        for path in [
            "lorekeeper.lock",
            "queue.json",
            "endpoint.log",
            "trash/datasets/d/dataset.json",
            "speed-m.json",
            "datasets/stray.txt",
            "bank.lance/stray/x",
            "logs/lorekeeper.log",
        ] {
            assert_eq!(KeptThing::at(path), None, "{path}");
        }
    }
}
