//! Where we are: a page and what is chosen on it. Serialised, so that a reload returns there.

use lore_core::{
    AdapterId, BankId, DatasetId, ExperienceId, ExperimentId, JobId, TrajectoryId, WorldSpec,
};
use lore_protocol::Source;
use serde::{Deserialize, Serialize};

use crate::widgets::Icon;

/// A page and what is chosen on it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Route {
    /// The sample experiment and recent work.
    #[default]
    Home,
    /// Data sets, one of them chosen.
    Datasets(Option<DatasetId>),
    /// Worlds to play in, one of them chosen.
    Worlds(Option<WorldSpec>),
    /// Experience banks, one of them chosen, and one experience of it.
    Bank {
        /// The bank.
        bank: Option<BankId>,
        /// The experience.
        experience: Option<ExperienceId>,
    },
    /// Models and embedders.
    Models,
    /// A training, for a data set if one is named.
    Train(Option<DatasetId>),
    /// A talk with a model, with an adapter if one is named.
    Try(Option<AdapterId>),
    /// Experiments and jobs.
    Runs {
        /// The experiment.
        experiment: Option<ExperimentId>,
        /// The job.
        job: Option<JobId>,
    },
    /// Trajectories of a source, one of them open.
    Trajectories {
        /// Where they stand.
        source: Option<Source>,
        /// The open one.
        id: Option<TrajectoryId>,
    },
    /// Two trajectories side by side.
    Beside {
        /// Where they stand, or the one on the left.
        source: Source,
        /// The one on the left.
        left: TrajectoryId,
        /// The one on the right.
        right: TrajectoryId,
        /// Where that one stands, if somewhere else.
        #[serde(default)]
        right_source: Option<Source>,
    },
    /// The numbers of an experiment.
    Results(Option<ExperimentId>),
    /// Adapters and their export.
    Export(Option<AdapterId>),
    /// Settings.
    Settings,
}

impl Route {
    /// The page.
    pub fn page(&self) -> PageId {
        match self {
            Self::Home => PageId::Home,
            Self::Datasets(_) => PageId::Datasets,
            Self::Worlds(_) => PageId::Worlds,
            Self::Bank { .. } => PageId::Bank,
            Self::Models => PageId::Models,
            Self::Train(_) => PageId::Train,
            Self::Try(_) => PageId::Try,
            Self::Runs { .. } => PageId::Runs,
            Self::Trajectories { .. } | Self::Beside { .. } => PageId::Trajectories,
            Self::Results(_) => PageId::Results,
            Self::Export(_) => PageId::Export,
            Self::Settings => PageId::Settings,
        }
    }
}

/// One of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PageId {
    /// The sample experiment and recent work.
    Home,
    /// Data sets.
    Datasets,
    /// Worlds.
    Worlds,
    /// Experience banks.
    Bank,
    /// Models.
    Models,
    /// Training.
    Train,
    /// Talking to a model.
    Try,
    /// Experiments and jobs.
    Runs,
    /// Trajectories.
    Trajectories,
    /// Results.
    Results,
    /// Export.
    Export,
    /// Settings.
    Settings,
}

impl PageId {
    /// Every page, in the order of the navigation.
    pub const ALL: [Self; 12] = [
        Self::Home,
        Self::Datasets,
        Self::Worlds,
        Self::Bank,
        Self::Models,
        Self::Train,
        Self::Try,
        Self::Runs,
        Self::Trajectories,
        Self::Results,
        Self::Export,
        Self::Settings,
    ];

    /// The name shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Datasets => "Data sets",
            Self::Worlds => "Worlds",
            Self::Bank => "Experience bank",
            Self::Models => "Models",
            Self::Train => "Train",
            Self::Try => "Try",
            Self::Runs => "Runs",
            Self::Trajectories => "Trajectories",
            Self::Results => "Results",
            Self::Export => "Export",
            Self::Settings => "Settings",
        }
    }

    /// One sentence for those who have never been there.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Home => "The sample experiment and what you did last",
            Self::Datasets => "Records of past episodes, and games to play",
            Self::Worlds => "Where agents act, here or on a server; play a task yourself",
            Self::Bank => "Past episodes that an agent can be reminded of",
            Self::Models => "The language models that act, and the embedders that compare texts",
            Self::Train => "Fine-tune a model on past episodes",
            Self::Try => "Talk to a model, with and without what it learned",
            Self::Runs => "What is being computed now, what waits and what is done",
            Self::Trajectories => "Read what an agent did, step by step",
            Self::Results => "Which setting did better, on known and unknown kinds of task",
            Self::Export => "Take a trained adapter out of the program",
            Self::Settings => "Appearance, window, data folder, backup, health and log",
        }
    }

    /// Its picture.
    pub fn icon(self) -> Icon {
        match self {
            Self::Home => Icon::Home,
            Self::Datasets => Icon::Database,
            Self::Worlds => Icon::Globe,
            Self::Bank => Icon::Bank,
            Self::Models => Icon::Chip,
            Self::Train => Icon::Flask,
            Self::Try => Icon::Chat,
            Self::Runs => Icon::Runs,
            Self::Trajectories => Icon::Path,
            Self::Results => Icon::Chart,
            Self::Export => Icon::Export,
            Self::Settings => Icon::Settings,
        }
    }

    /// The page with nothing chosen.
    pub fn route(self) -> Route {
        match self {
            Self::Home => Route::Home,
            Self::Datasets => Route::Datasets(None),
            Self::Worlds => Route::Worlds(None),
            Self::Bank => Route::Bank {
                bank: None,
                experience: None,
            },
            Self::Models => Route::Models,
            Self::Train => Route::Train(None),
            Self::Try => Route::Try(None),
            Self::Runs => Route::Runs {
                experiment: None,
                job: None,
            },
            Self::Trajectories => Route::Trajectories {
                source: None,
                id: None,
            },
            Self::Results => Route::Results(None),
            Self::Export => Route::Export(None),
            Self::Settings => Route::Settings,
        }
    }
}

/// Where we are and how we came here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    here: Route,
    #[serde(default)]
    past: Vec<Route>,
    #[serde(default)]
    future: Vec<Route>,
}

/// Steps back that are remembered.
const MAX_PAST: usize = 50;

impl History {
    /// Where we are.
    pub fn here(&self) -> &Route {
        &self.here
    }

    /// Goes somewhere; going where we are leaves no trace.
    pub fn go(&mut self, route: Route) {
        if route == self.here {
            return;
        }
        let past = std::mem::replace(&mut self.here, route);
        self.past.push(past);
        if self.past.len() > MAX_PAST {
            self.past.remove(0);
        }
        self.future.clear();
    }

    /// Goes back, if there is a way.
    pub fn back(&mut self) {
        if let Some(route) = self.past.pop() {
            self.future.push(std::mem::replace(&mut self.here, route));
        }
    }

    /// Goes forward again after going back.
    pub fn forward(&mut self) {
        if let Some(route) = self.future.pop() {
            self.past.push(std::mem::replace(&mut self.here, route));
        }
    }

    /// True when there is a way back.
    pub fn can_go_back(&self) -> bool {
        !self.past.is_empty()
    }

    /// True when there is a way forward.
    pub fn can_go_forward(&self) -> bool {
        !self.future.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_and_forward_are_inverse() {
        let mut history = History::default();
        history.go(Route::Models);
        history.go(Route::Settings);
        history.back();
        assert_eq!(history.here(), &Route::Models);
        history.forward();
        assert_eq!(history.here(), &Route::Settings);
    }

    #[test]
    fn going_nowhere_leaves_no_trace() {
        let mut history = History::default();
        history.go(Route::Home);
        assert!(!history.can_go_back());
    }

    #[test]
    fn a_route_survives_a_reload() {
        let mut history = History::default();
        for page in PageId::ALL {
            history.go(page.route());
            let text = serde_json::to_string(&history).unwrap();
            assert_eq!(serde_json::from_str::<History>(&text).unwrap(), history);
        }
    }
}
