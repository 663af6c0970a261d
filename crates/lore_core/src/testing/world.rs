//! A world with one way to the goal.

use anyhow::bail;

use crate::{Environment, EpisodeEnd, Step, StepOutcome, Task};

/// A world that follows a transcript: the next action of the script advances it, its last action is
/// the goal, everything else is answered with "Nothing happens."
#[derive(Clone, Debug)]
pub struct ScriptedWorld {
    task: Task,
    initial_observation: String,
    script: Vec<Step>,
    end: EpisodeEnd,
    breaks_at: Option<usize>,
    position: usize,
    num_steps: usize,
}

impl ScriptedWorld {
    /// The world of `task` with a script of `(action, observation)`.
    pub fn new(task: Task, initial_observation: &str, script: &[(&str, &str)]) -> Self {
        let script = script.iter().map(|(action, observation)| Step {
            action: (*action).to_owned(),
            observation: (*observation).to_owned(),
            ..Step::default()
        });
        Self {
            task,
            initial_observation: initial_observation.to_owned(),
            script: script.collect(),
            end: EpisodeEnd::Success,
            breaks_at: None,
            position: 0,
            num_steps: 0,
        }
    }

    /// The end of the script is this instead of success.
    pub fn ending_with(mut self, end: EpisodeEnd) -> Self {
        self.end = end;
        self
    }

    /// Step number `num_steps` (from 1) of an episode is an error of the world.
    pub fn breaking_at(mut self, num_steps: usize) -> Self {
        self.breaks_at = Some(num_steps);
        self
    }
}

impl Environment for ScriptedWorld {
    fn task(&self) -> &Task {
        &self.task
    }

    fn reset(&mut self) -> anyhow::Result<String> {
        self.position = 0;
        self.num_steps = 0;
        Ok(self.initial_observation.clone())
    }

    fn step(&mut self, action: &str) -> anyhow::Result<StepOutcome> {
        self.num_steps += 1;
        if self.breaks_at == Some(self.num_steps) {
            bail!("The scripted world broke, as it was told to.");
        }
        let expected = self.script.get(self.position);
        let Some(step) = expected.filter(|step| step.action == action) else {
            return Ok(StepOutcome {
                observation: "Nothing happens.".into(),
                reward: 0.0,
                end: None,
            });
        };
        self.position += 1;
        let end = (self.position == self.script.len()).then_some(self.end);
        Ok(StepOutcome {
            observation: step.observation.clone(),
            reward: if end == Some(EpisodeEnd::Success) {
                1.0
            } else {
                0.0
            },
            end,
        })
    }

    /// `look`, and the action of the script.
    fn admissible_actions(&self) -> Vec<String> {
        let next = self.script.get(self.position);
        std::iter::once("look".to_owned())
            .chain(next.map(|step| step.action.clone()))
            .collect()
    }

    fn action_templates(&self) -> Vec<String> {
        vec!["look".into(), "go to {place}".into()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::task;

    #[test]
    fn only_the_script_leads_to_the_goal() {
        let script = [("go to desk", "A desk."), ("take mug", "You have it.")];
        let mut world = ScriptedWorld::new(task("t1"), "A room.", &script);
        assert_eq!(world.reset().unwrap(), "A room.");
        assert_eq!(
            world.step("take mug").unwrap().observation,
            "Nothing happens."
        );
        assert_eq!(world.step("go to desk").unwrap().end, None);
        assert_eq!(world.admissible_actions(), ["look", "take mug"]);
        let last = world.step("take mug").unwrap();
        assert_eq!(
            (last.end, last.reward.to_bits()),
            (Some(EpisodeEnd::Success), 1f64.to_bits())
        );
    }
}
