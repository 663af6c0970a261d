//! What can be different about a step, in words.

use lore_core::{Adapter, Change, ModelId, Trajectory};
use lore_protocol::{Source, Work};

use crate::context::Ctx;
use crate::format;

/// Letters of a memory's goal in a list.
const GOAL: usize = 40;

/// What can be changed about a step, each with its name. Nothing is always possible: another action
/// can still be the first.
pub(super) fn of(
    ctx: &Ctx<'_>,
    source: &Source,
    trajectory: &Trajectory,
    step: usize,
) -> Vec<(Change, String)> {
    let memories = trajectory.memories_at(step);
    let mut changes = Vec::new();
    if !memories.is_empty() {
        changes.push(Change::NoMemories);
    }
    if memories.len() > 1 {
        let single = |memory: &lore_core::MemoryUse| Change::WithoutMemory {
            experience: memory.experience.clone(),
        };
        changes.extend(memories.iter().map(single));
    }
    if let Some(trace) = &trajectory.trace {
        if trace.adapter.is_some() {
            changes.push(Change::Adapter { adapter: None });
        }
        let model = model_of(ctx, source, trajectory);
        let is_other = |adapter: &&Adapter| {
            trace.adapter.as_deref() != Some(adapter.id.as_str())
                && Some(&adapter.base_model) == model.as_ref()
        };
        let adapters = ctx.adapters().ready().unwrap_or_default().iter();
        changes.extend(adapters.filter(is_other).map(|adapter| Change::Adapter {
            adapter: Some(adapter.id.clone()),
        }));
    }
    changes.push(Change::Nothing);
    let named = changes.into_iter().map(|change| {
        let words = words(ctx, &change, trajectory, step);
        (change, words)
    });
    named.collect()
}

/// A change in words.
pub(super) fn words(
    ctx: &Ctx<'_>,
    change: &Change,
    trajectory: &Trajectory,
    step: usize,
) -> String {
    match change {
        Change::Nothing => "Nothing changed".to_owned(),
        Change::NoMemories => "Without memories".to_owned(),
        Change::WithoutMemory { experience } => {
            let mut memories = trajectory.memories_at(step).iter();
            let Some(memory) = memories.find(|memory| memory.experience == *experience) else {
                return "Without one of the memories".to_owned();
            };
            let goal: String = format::goal(&memory.goal).chars().take(GOAL).collect();
            format!("Without memory {}: {goal}", memory.rank + 1)
        }
        Change::Adapter { adapter: None } => "With the model as it is".to_owned(),
        Change::Adapter { adapter: Some(id) } => {
            let mut adapters = ctx.adapters().ready().unwrap_or_default().iter();
            let name = adapters
                .find(|adapter| adapter.id == *id)
                .map_or(id.as_str(), |adapter| adapter.name.as_str());
            format!("With {name}")
        }
    }
}

/// The model that played: by the record of the episode, else by the run or the experiment that it
/// belongs to.
fn model_of(ctx: &Ctx<'_>, source: &Source, trajectory: &Trajectory) -> Option<ModelId> {
    let trace = trajectory.trace.as_ref()?;
    if let Some(setup) = &trace.setup {
        return Some(setup.model.clone());
    }
    let id = match source {
        Source::Experiment { id }
        | Source::Run {
            experiment: Some(id),
            ..
        } => id,
        Source::Run { job, .. } => {
            return match &ctx.store.jobs().get(job)?.info.spec.work {
                Work::Evaluate(work) => Some(work.model.clone()),
                _ => None,
            };
        }
        Source::Dataset { .. } | Source::Bank { .. } => return None,
    };
    let mut experiments = ctx.experiments().ready()?.iter();
    let info = experiments.find(|info| info.spec.id == *id)?;
    Some(info.spec.model.clone())
}
