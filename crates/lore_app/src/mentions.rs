//! Which things a job names: to check the names, and to know what is in use.

use anyhow::Result;
use lore_core::WorldSpec;
use lore_protocol::{ApiError, EvaluateWork, ModelSource, Source, Work};

use crate::names;

/// A kind of thing with a name on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noun {
    /// A data set.
    Dataset,
    /// An experience bank.
    Bank,
    /// A model or embedder.
    Model,
    /// A model on a server.
    ServedModel,
    /// An adapter.
    Adapter,
    /// An experiment.
    Experiment,
}

impl Noun {
    /// The words in a sentence.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Dataset => "a data set",
            Self::Bank => "an experience bank",
            Self::Model => "a model",
            Self::ServedModel => "a model on a server",
            Self::Adapter => "an adapter",
            Self::Experiment => "an experiment",
        }
    }

    /// Refuses names that must not become a path.
    pub(crate) fn check(self, name: &str) -> Result<(), ApiError> {
        // What they all begin with keeps them from being one.
        let name = match self {
            Self::ServedModel => name.split_once(':').map_or(name, |(_, short)| short),
            _ => name,
        };
        names::check(self.words(), name)
    }
}

/// Everything the work names, what it makes included.
pub(crate) fn of(work: &Work) -> Vec<(Noun, &str)> {
    match work {
        Work::Import(work) => vec![(Noun::Dataset, work.dataset.as_str())],
        Work::FetchModel(_)
        | Work::InstallWorld(_)
        | Work::BackUp(_)
        | Work::Restore(_)
        | Work::MoveData(_)
        | Work::CheckModels => Vec::new(),
        Work::Collect(work) => {
            let mut all = of_world(&work.world);
            all.push((Noun::Dataset, work.dataset.as_str()));
            all
        }
        Work::BuildBank(work) => {
            let datasets = work.datasets.iter();
            let mut all: Vec<_> = datasets.map(|id| (Noun::Dataset, id.as_str())).collect();
            all.push((Noun::Bank, work.bank.as_str()));
            all.push((Noun::Model, work.embedder.as_str()));
            all
        }
        Work::Train(work) => {
            let mut all = vec![
                (Noun::Adapter, work.adapter.as_str()),
                (Noun::Model, work.model.as_str()),
                (Noun::Dataset, work.dataset.as_str()),
            ];
            all.extend(work.bank.iter().map(|id| (Noun::Bank, id.as_str())));
            all.extend(work.trials.iter().flat_map(|it| of_world(&it.world)));
            all
        }
        Work::Evaluate(work) => of_play(work),
        Work::Branch(work) => {
            let mut all = of_play(&work.play);
            all.extend(of_source(&work.source));
            all
        }
        Work::Report(work) => vec![(Noun::Experiment, work.experiment.as_str())],
        Work::Export(work) => vec![(Noun::Adapter, work.adapter.as_str())],
        Work::Measure(work) => vec![(Noun::Model, work.model.as_str())],
        Work::ExportTrajectories(work) => of_source(&work.source),
        Work::CompareRetrieval(work) => vec![(Noun::Bank, work.bank.as_str())],
        Work::Agreement(work) => {
            let mut all = vec![
                (Noun::Model, work.model.as_str()),
                (Noun::Dataset, work.dataset.as_str()),
            ];
            all.extend(work.adapter.iter().map(|id| (Noun::Adapter, id.as_str())));
            all.extend(work.bank.iter().map(|id| (Noun::Bank, id.as_str())));
            all
        }
    }
}

/// What it takes to play.
fn of_play(work: &EvaluateWork) -> Vec<(Noun, &str)> {
    let mut all = of_world(&work.world);
    let noun = if work.model.is_served() {
        Noun::ServedModel
    } else {
        Noun::Model
    };
    all.push((noun, work.model.as_str()));
    all.extend(work.adapter.iter().map(|id| (Noun::Adapter, id.as_str())));
    all.extend(work.bank.iter().map(|id| (Noun::Bank, id.as_str())));
    all
}

/// What trajectories are part of.
fn of_source(source: &Source) -> Vec<(Noun, &str)> {
    match source {
        Source::Dataset { id } => vec![(Noun::Dataset, id.as_str())],
        Source::Bank { id } => vec![(Noun::Bank, id.as_str())],
        Source::Experiment { id } => vec![(Noun::Experiment, id.as_str())],
        Source::Run { experiment, .. } => experiment
            .iter()
            .map(|id| (Noun::Experiment, id.as_str()))
            .collect(),
    }
}

/// The data sets a world is made of.
pub(crate) fn of_world(world: &WorldSpec) -> Vec<(Noun, &str)> {
    match world {
        WorldSpec::Generated { .. }
        | WorldSpec::ScienceWorld { .. }
        | WorldSpec::TextWorldExpress
        | WorldSpec::Server(_) => Vec::new(),
        WorldSpec::Games { train, test } => std::iter::once(train)
            .chain(test)
            .map(|id| (Noun::Dataset, id.as_str()))
            .collect(),
    }
}

/// Refuses work that names something badly.
pub(crate) fn check(work: &Work) -> Result<()> {
    for (noun, name) in of(work) {
        noun.check(name)?;
    }
    if let Work::FetchModel(work) = work {
        check_source(&work.source)?;
    }
    Ok(())
}

fn check_source(source: &ModelSource) -> Result<(), ApiError> {
    match source {
        ModelSource::Starter { .. } | ModelSource::Local { .. } => Ok(()),
        ModelSource::Hub { repo, revision } => {
            let plain = |text: &str| {
                let good = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
                !text.is_empty() && !text.contains("..") && text.chars().all(good)
            };
            let is_repo = repo
                .split_once('/')
                .is_some_and(|(owner, name)| plain(owner) && plain(name));
            if !is_repo {
                return Err(ApiError::new(format!(
                    "{repo:?} is not the name of a model; it looks like \"owner/name\""
                )));
            }
            let is_revision = revision.is_empty() || revision.split('/').all(plain);
            if !is_revision {
                return Err(ApiError::new(format!(
                    "{revision:?} is not the name of a version; leave it empty for the newest"
                )));
            }
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use lore_protocol::FetchWork;

    use super::*;

    #[test]
    fn hub_names_are_checked() {
        let check_hub = |repo: &str, revision: &str| {
            check(&Work::FetchModel(FetchWork {
                source: ModelSource::Hub {
                    repo: repo.into(),
                    revision: revision.into(),
                },
            }))
        };
        check_hub("HuggingFaceTB/SmolLM2-135M-Instruct", "").expect("is a good name");
        check_hub("a/b", "refs/pr/1").expect("is a good version");
        for (repo, revision) in [("a", ""), ("a/..", ""), ("a/b/c", ""), ("a/b", "../x")] {
            check_hub(repo, revision).expect_err("is a bad name");
        }
    }
}
