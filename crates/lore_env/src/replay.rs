//! Episodes from lists of actions.

use lore_core::{Environment, EpisodeEnd, Step, Trajectory};

/// Who acted, for the record.
const SOURCE: &str = "expert";

/// Plays `actions` from the start of the episode until they or the episode are over, and records
/// what really followed. A world that fails ends the episode with what was played before.
pub(crate) fn replay(environment: &mut dyn Environment, actions: &[String]) -> Trajectory {
    let initial = match environment.reset() {
        Ok(observation) => observation,
        Err(error) => return failed_before_it_began(environment, &error),
    };
    let mut steps = Vec::with_capacity(actions.len());
    let mut end = EpisodeEnd::Truncated;
    for action in actions {
        let admissible = environment.admissible_actions();
        let mut step = Step {
            action: action.clone(),
            admissible,
            ..Step::default()
        };
        let reached = match environment.step(action) {
            Ok(outcome) => {
                step.observation = outcome.observation;
                step.reward = outcome.reward;
                outcome.end
            }
            Err(error) => {
                step.observation = format!("The world failed: {error:#}");
                Some(EpisodeEnd::EnvironmentError)
            }
        };
        steps.push(step);
        if let Some(reached) = reached {
            end = reached;
            break;
        }
    }
    Trajectory::new(environment.task().clone(), SOURCE, initial, steps, end)
}

/// The record of an episode that the world did not let begin.
pub(crate) fn failed_before_it_began(
    environment: &dyn Environment,
    error: &anyhow::Error,
) -> Trajectory {
    Trajectory::new(
        environment.task().clone(),
        SOURCE,
        format!("The world failed: {error:#}"),
        Vec::new(),
        EpisodeEnd::EnvironmentError,
    )
}
