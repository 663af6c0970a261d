//! An episode that was played on from another one.

use lore_core::{BranchOrigin, Change, EpisodeEnd, Step, StepMemory, Trajectory};
use lore_protocol::BranchInfo;

/// The job of the next branch.
pub(super) const NEXT: &str = "play-on-2";

/// The first step that is the branch's own.
const STEP: usize = 2;

/// What the agent did without its memories from the third step on, and its line in the list.
pub(super) fn branch(of: &Trajectory) -> (Trajectory, BranchInfo) {
    let origin = BranchOrigin {
        trajectory: of.id.clone(),
        step: STEP as u32,
        change: Change::NoMemories,
        action: None,
    };
    let mut steps = of.steps[..STEP].to_vec();
    for action in ["go to fridge 1", "look", "inventory"] {
        steps.push(Step {
            action: action.to_owned(),
            observation: "You see nothing special.".to_owned(),
            ..of.steps[STEP].clone()
        });
    }
    let mut trace = of.trace.clone().unwrap_or_default();
    let prompt = lore_core::prompt::without_memories(&trace.system_prompt).to_owned();
    if let Some(step) = steps.get_mut(STEP).and_then(|step| step.trace.as_mut()) {
        step.memory = Some(Box::new(StepMemory {
            system_prompt: prompt,
            memories: Vec::new(),
        }));
    }
    trace.branch = Some(Box::new(origin.clone()));
    let who = format!("{} (branch)", of.source);
    let mut branch = Trajectory::new(
        of.task.clone(),
        who,
        of.initial_observation.clone(),
        steps,
        EpisodeEnd::Truncated,
    );
    branch.trace = Some(trace);
    let info = BranchInfo {
        job: "play-on".into(),
        trajectory: branch.id.clone(),
        origin,
        end: branch.end,
        num_steps: branch.steps.len() as u32,
    };
    (branch, info)
}
