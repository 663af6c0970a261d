//! A recorded episode as a world.

use anyhow::{Context as _, Result};

use lore_core::{Environment, StepOutcome, Task, Trajectory};

/// A world that shows what followed then, whatever is done now.
pub(crate) struct Recording {
    recorded: Trajectory,
    templates: Vec<String>,
    num_shown: usize,
}

impl Recording {
    /// The world of `recorded`, in which actions have these general forms.
    pub(crate) fn new(recorded: Trajectory, templates: Vec<String>) -> Self {
        Self {
            recorded,
            templates,
            num_shown: 0,
        }
    }
}

impl Environment for Recording {
    fn task(&self) -> &Task {
        &self.recorded.task
    }

    fn reset(&mut self) -> Result<String> {
        self.num_shown = 0;
        Ok(self.recorded.initial_observation.clone())
    }

    fn step(&mut self, _action: &str) -> Result<StepOutcome> {
        let steps = &self.recorded.steps;
        let step = steps
            .get(self.num_shown)
            .context("The record has no more steps.")?;
        self.num_shown += 1;
        Ok(StepOutcome {
            observation: step.observation.clone(),
            reward: step.reward,
            end: (self.num_shown == steps.len()).then_some(self.recorded.end),
        })
    }

    fn admissible_actions(&self) -> Vec<String> {
        let step = self.recorded.steps.get(self.num_shown);
        step.map_or_else(Vec::new, |step| step.admissible.clone())
    }

    fn action_templates(&self) -> Vec<String> {
        self.templates.clone()
    }
}
