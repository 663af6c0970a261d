//! What an agent might have done in a step if something had been different.

use anyhow::Result;
use lore_core::{
    AdapterId, Change, ExperienceId, ModelId, ScoredAction, Step, Trajectory, TrajectoryId, prompt,
};
use lore_protocol::{Answer, ApiError, EvaluateWork, Question, Source};

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
    let (trajectory, run) = played(core, source, id, step)?;
    let played = &trajectory.steps[step];
    let candidates = candidates(played);
    if candidates.len() < 2 {
        return Err(ApiError::new(
            "The world did not say what was possible in this step, so there is nothing to compare",
        )
        .into());
    }
    let adapter = match change {
        Change::Adapter { adapter } => adapter.clone(),
        _ => run.adapter.clone(),
    };
    if run.model.is_served() {
        return Err(ApiError::precondition(
            "A model on a server played this episode, and it cannot say how likely given actions are",
        )
        .into());
    }
    needs_players(core, &run.model, adapter.as_ref())?;
    let system = changed_prompt(core, &run, &trajectory, step, change)?;
    let start = played.trace.as_ref().map_or(0, |trace| trace.history_start);
    let answer = core.interactive.ask(Question::Score {
        messages: prompt::chat(&system, &trajectory, start as usize, step),
        adapter,
        model: run.model,
        candidates,
    })?;
    match answer {
        Answer::Scores(scores) => Ok(scores),
        _ => Err(ApiError::new("The model gave no usable answer; try again").into()),
    }
}

/// An episode that a model played here, with a step of that number, and how it was played.
pub(super) fn played(
    core: &Core,
    source: &Source,
    id: &TrajectoryId,
    step: usize,
) -> Result<(Trajectory, EvaluateWork)> {
    let (trajectory, run) = trajectories::get(core, source, id)?;
    let Some(run) = run.filter(|_| trajectory.trace.is_some()) else {
        let words = if trajectory.trace.is_some() {
            "The record of this episode does not say with which model of this computer it was played; ask \
             about it where its run stands"
        } else {
            "Only an episode that a model played here can be asked about; this one comes from an expert, \
             a person or a file"
        };
        return Err(ApiError::new(words).into());
    };
    if step >= trajectory.steps.len() {
        return Err(ApiError::not_found("The episode has no such step").into());
    }
    Ok((trajectory, run))
}

/// Refuses what could only fail later: a model or an adapter that is not there.
pub(super) fn needs_players(
    core: &Core,
    model: &ModelId,
    adapter: Option<&AdapterId>,
) -> Result<(), ApiError> {
    jobs::needs_player(core, model)?;
    adapter.map_or(Ok(()), |adapter| jobs::needs_adapter(core, adapter))
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

/// The system prompt of a step with the change.
pub(super) fn changed_prompt(
    core: &Core,
    run: &EvaluateWork,
    trajectory: &Trajectory,
    step: usize,
    change: &Change,
) -> Result<String> {
    let system = trajectory.system_prompt_at(step).unwrap_or_default();
    // The bank must still have the memory as it was.
    let remembered = |experience: &ExperienceId| {
        let experience = banks::get(core, run.bank.as_ref()?, experience).ok()?;
        Some(prompt::remembered(&experience, run.retrieval.format))
    };
    let changed = change.system_prompt(system, remembered);
    Ok(changed.ok_or_else(|| {
        ApiError::new(
            "This memory cannot be taken out: it was changed or deleted in the bank since the episode \
             was played",
        )
    })?)
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
