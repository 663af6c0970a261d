//! What an agent might have done in a step if something had been different.

use anyhow::Result;
use lore_core::{MemoryUse, ScoredAction, Step, Trajectory, TrajectoryId, prompt};
use lore_protocol::{Answer, ApiError, Change, EvaluateWork, Question, Source};

use super::{banks, jobs, trajectories};
use crate::core::Core;

/// How likely each possible action of a step is for the model that played, or for another adapter.
pub(super) fn likely(
    core: &Core,
    source: &Source,
    id: &TrajectoryId,
    step: usize,
    change: &Change,
) -> Result<Vec<ScoredAction>> {
    let (trajectory, run) = trajectories::get(core, source, id)?;
    let Some((run, system)) = run.zip(trajectory.system_prompt_at(step)) else {
        return Err(ApiError::new(
            "Only an episode that a model played here can be asked about; this one comes from an expert, \
             a person or a file",
        )
        .into());
    };
    let Some(played) = trajectory.steps.get(step) else {
        return Err(ApiError::not_found("The episode has no such step").into());
    };
    let candidates = candidates(played);
    if candidates.len() < 2 {
        return Err(ApiError::new(
            "The world did not say what was possible in this step, so there is nothing to compare",
        )
        .into());
    }
    jobs::needs_model(core, &run.model)?;
    let system = changed(core, &run, &trajectory, (system, step), change)?;
    let start = played.trace.as_ref().map_or(0, |trace| trace.history_start);
    let answer = core.interactive.ask(Question::Score {
        messages: prompt::chat(&system, &trajectory, start as usize, step),
        adapter: match change {
            Change::Adapter { adapter } => adapter.clone(),
            _ => run.adapter.clone(),
        },
        model: run.model,
        candidates,
    })?;
    match answer {
        Answer::Scores(scores) => Ok(scores),
        _ => Err(ApiError::new("The model gave no usable answer; try again").into()),
    }
}

/// What was possible, what was done included.
fn candidates(step: &Step) -> Vec<String> {
    let scored = step.trace.as_ref().map_or(&[][..], |trace| &trace.scored);
    let mut candidates: Vec<String> = if scored.is_empty() {
        step.admissible.clone()
    } else {
        scored.iter().map(|one| one.action.clone()).collect()
    };
    if !candidates.contains(&step.action) {
        candidates.push(step.action.clone());
    }
    candidates
}

/// The system prompt with the change.
fn changed(
    core: &Core,
    run: &EvaluateWork,
    trajectory: &Trajectory,
    (system, step): (&str, usize),
    change: &Change,
) -> Result<String> {
    Ok(match change {
        Change::Nothing | Change::Adapter { .. } => system.to_owned(),
        Change::NoMemories => prompt::without_memories(system).to_owned(),
        Change::WithoutMemory { experience } => {
            let mut used = trajectory.memories_at(step).iter();
            let memory = used.find(|memory| memory.experience == *experience);
            let without = memory.and_then(|memory| without(core, run, system, memory));
            without.ok_or_else(|| {
                ApiError::new(
                    "This memory cannot be taken out: it was changed or deleted in the bank since the \
                     episode was played",
                )
            })?
        }
    })
}

/// The prompt without a memory, if the bank still has it as it was.
fn without(core: &Core, run: &EvaluateWork, system: &str, memory: &MemoryUse) -> Option<String> {
    let experience = banks::get(core, run.bank.as_ref()?, &memory.experience).ok()?;
    let block = prompt::remembered(&experience, run.retrieval.format);
    prompt::without_memory(system, &block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::StepTrace;

    #[test]
    fn what_was_done_is_always_among_the_candidates() {
        let mut step = Step {
            action: "dance".into(),
            admissible: vec!["look".into(), "go".into()],
            ..Step::default()
        };
        assert_eq!(candidates(&step), ["look", "go", "dance"]);
        step.action = "go".into();
        assert_eq!(candidates(&step), ["look", "go"]);
        let scored = |action: &str| ScoredAction {
            action: action.to_owned(),
            log_likelihood: -1.0,
            num_tokens: 2,
        };
        step.trace = Some(StepTrace {
            scored: vec![scored("go"), scored("open door")],
            ..StepTrace::default()
        });
        assert_eq!(candidates(&step), ["go", "open door"]);
    }
}
