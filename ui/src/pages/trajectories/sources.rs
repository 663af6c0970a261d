//! Where trajectories can stand, for the picker.

use lore_core::DatasetKind;
use lore_protocol::{Source, Work};

use crate::context::Ctx;

/// Every source with its name: experiments first, then single runs, data sets, banks.
pub(super) fn all(ctx: &Ctx<'_>) -> Vec<(Source, String)> {
    let mut sources = Vec::new();
    for info in ctx.experiments().ready().unwrap_or_default() {
        let id = info.spec.id.clone();
        sources.push((Source::Experiment { id }, info.spec.name.clone()));
    }
    for record in ctx.store.jobs().iter() {
        let spec = &record.info.spec;
        if matches!(spec.work, Work::Evaluate(_) | Work::Branch(_)) {
            let source = Source::Run {
                experiment: spec.experiment.clone(),
                job: spec.id.clone(),
            };
            let kind = match spec.work {
                Work::Branch(_) => "Branch",
                _ => "Run",
            };
            sources.push((source, format!("{kind} · {}", spec.title)));
        }
    }
    for dataset in ctx.datasets().ready().unwrap_or_default() {
        if dataset.kind == DatasetKind::Trajectories {
            let id = dataset.id.clone();
            sources.push((
                Source::Dataset { id },
                format!("Data set · {}", dataset.name),
            ));
        }
    }
    for bank in ctx.banks().ready().unwrap_or_default() {
        let id = bank.id.clone();
        sources.push((Source::Bank { id }, format!("Bank · {}", bank.name)));
    }
    sources
}

/// Task types and arms that a source can hold, for filters.
pub(super) fn choices(ctx: &Ctx<'_>, source: &Source) -> Choices {
    match source {
        Source::Dataset { id } => Choices {
            task_types: ctx
                .datasets()
                .ready()
                .into_iter()
                .flatten()
                .filter(|dataset| dataset.id == *id)
                .flat_map(|dataset| dataset.types.iter().map(|kind| kind.name.clone()))
                .collect(),
            arms: Vec::new(),
        },
        Source::Bank { id } => Choices {
            task_types: ctx
                .banks()
                .ready()
                .into_iter()
                .flatten()
                .filter(|bank| bank.id == *id)
                .flat_map(|bank| bank.task_types.clone())
                .collect(),
            arms: Vec::new(),
        },
        Source::Run {
            experiment: Some(id),
            ..
        } => Choices {
            arms: Vec::new(),
            ..of_experiment(ctx, id)
        },
        Source::Experiment { id } => of_experiment(ctx, id),
        Source::Run {
            experiment: None, ..
        } => Choices::default(),
    }
}

/// What filters offer.
#[derive(Debug, Default)]
pub(super) struct Choices {
    /// Task types.
    pub(super) task_types: Vec<String>,
    /// Arms: identifier and name.
    pub(super) arms: Vec<(String, String)>,
}

fn of_experiment(ctx: &Ctx<'_>, id: &lore_core::ExperimentId) -> Choices {
    let Some(results) = ctx.results(id).ready() else {
        return Choices::default();
    };
    let mut task_types: Vec<String> = results
        .arms
        .iter()
        .flat_map(|arm| arm.by_type.iter().map(|(name, _)| name.clone()))
        .collect();
    task_types.sort();
    task_types.dedup();
    let arms = results
        .arms
        .iter()
        .map(|arm| (arm.arm.id.clone(), arm.arm.name.clone()))
        .collect();
    Choices { task_types, arms }
}
