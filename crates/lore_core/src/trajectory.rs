//! Trajectories: the records of episodes.

use serde::{Deserialize, Serialize};

use crate::selection::with_outcome;
use crate::{
    BranchOrigin, EpisodeEnd, MemoryUse, Message, PlaySetup, ScoredAction, Task, TrajectoryId,
    content_hash,
};

/// The record of one episode: a task, then observation, action, observation, action, …
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trajectory {
    /// Hash of task, observations and actions; see [`Trajectory::content_id`].
    pub id: TrajectoryId,
    /// What was to be done.
    pub task: Task,
    /// Who acted: `expert`, `person`, an arm of an experiment, or the name of an imported file.
    pub source: String,
    /// The first observation, task description included where the world prints one.
    pub initial_observation: String,
    /// Actions and what followed, oldest first.
    pub steps: Vec<Step>,
    /// How the episode ended.
    pub end: EpisodeEnd,
    /// How the agent's prompts were made; absent for experts, people and imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<EpisodeTrace>,
}

/// One action and its consequence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What the agent did.
    pub action: String,
    /// What the world answered.
    pub observation: String,
    /// The reward of this step.
    #[serde(default)]
    pub reward: f64,
    /// The actions the world would have accepted before this step; empty when unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub admissible: Vec<String>,
    /// What the step cost and how it was decided; absent for experts, people and imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<StepTrace>,
}

/// How the prompts of an episode were made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpisodeTrace {
    /// The system prompt as sent, memory block included. The prompt of step `i` is this, followed
    /// by the turns of [`Trajectory::messages`] before action `i`.
    pub system_prompt: String,
    /// The memories in the block, best first.
    pub memories: Vec<MemoryUse>,
    /// The seed of sampling.
    pub seed: u64,
    /// The base model that acted, by its maker's name.
    pub model: String,
    /// The adapter that acted, if any.
    #[serde(default)]
    pub adapter: Option<String>,
    /// What it takes to play on; absent where other programs played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<Box<PlaySetup>>,
    /// The episode that this one was played on from, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Box<BranchOrigin>>,
}

/// What one step cost and how it was decided.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepTrace {
    /// Tokens in the prompt.
    pub prompt_tokens: u32,
    /// Tokens of the prompt found in the key-value cache.
    pub cached_tokens: u32,
    /// Tokens produced.
    pub completion_tokens: u32,
    /// Wall time in milliseconds, retrieval and environment included.
    pub millis: u64,
    /// The model's text when it differs from the action taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// Log-likelihoods of candidate actions, when actions are chosen by likelihood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scored: Vec<ScoredAction>,
    /// The oldest step still in the prompt: greater than zero when history had to be cut.
    #[serde(default)]
    pub history_start: u32,
    /// The memory block from this step on, when it differs from the one before (dynamic retrieval).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Box<StepMemory>>,
}

/// A memory block that was made in the middle of an episode.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepMemory {
    /// The system prompt as sent from this step on; replaces [`EpisodeTrace::system_prompt`].
    pub system_prompt: String,
    /// The memories in the block, best first.
    pub memories: Vec<MemoryUse>,
}

impl Trajectory {
    /// Builds a trajectory and gives it the identifier of its content.
    pub fn new(
        task: Task,
        source: impl Into<String>,
        initial_observation: impl Into<String>,
        steps: Vec<Step>,
        end: EpisodeEnd,
    ) -> Self {
        let mut trajectory = Self {
            id: TrajectoryId::default(),
            task,
            source: source.into(),
            initial_observation: initial_observation.into(),
            steps,
            end,
            trace: None,
        };
        trajectory.id = trajectory.content_id();
        trajectory
    }

    /// Hash of the task, the source and everything said and done; two imports of one file agree on it.
    pub fn content_id(&self) -> TrajectoryId {
        let head = [
            self.task.environment.as_str(),
            self.task.id.as_str(),
            self.source.as_str(),
            self.task.goal.as_str(),
            self.initial_observation.as_str(),
            self.end.label(),
        ];
        let steps = self
            .steps
            .iter()
            .flat_map(|step| [step.action.as_str(), step.observation.as_str()]);
        let mut hash = content_hash(head.into_iter().chain(steps));
        hash.truncate(20);
        TrajectoryId(hash)
    }

    /// Hash of what was seen and done, whoever did it: equal for near-twins by text.
    pub fn text_hash(&self) -> String {
        let steps = self
            .steps
            .iter()
            .flat_map(|step| [step.action.as_str(), step.observation.as_str()]);
        content_hash([self.initial_observation.as_str()].into_iter().chain(steps))
    }

    /// The trajectory as one multi-turn chat: observations are user turns, actions assistant turns.
    /// The last observation is included, so the chat ends with a user turn when `steps` is not empty.
    pub fn messages(&self) -> Vec<Message> {
        let mut messages = Vec::with_capacity(1 + 2 * self.steps.len());
        messages.push(Message::user(self.initial_observation.clone()));
        for step in &self.steps {
            messages.push(Message::assistant(step.action.clone()));
            messages.push(Message::user(step.observation.clone()));
        }
        messages
    }

    /// The memories in the prompt of a step: those of the episode, unless others were fetched on the
    /// way.
    pub fn memories_at(&self, step: usize) -> &[MemoryUse] {
        match (self.fetched_at(step), &self.trace) {
            (Some(block), _) => &block.memories,
            (None, Some(trace)) => &trace.memories,
            (None, None) => &[],
        }
    }

    /// The system prompt of a step, in the same way; `None` for episodes that no model played.
    pub fn system_prompt_at(&self, step: usize) -> Option<&str> {
        let first = self.trace.as_ref()?.system_prompt.as_str();
        let fetched = self.fetched_at(step);
        Some(fetched.map_or(first, |block| block.system_prompt.as_str()))
    }

    /// The last memory block that was made on the way to a step.
    fn fetched_at(&self, step: usize) -> Option<&StepMemory> {
        let until = &self.steps[..self.steps.len().min(step + 1)];
        until
            .iter()
            .rev()
            .find_map(|step| step.trace.as_ref()?.memory.as_deref())
    }

    /// The trajectory as plain text, for whole-trajectory keys and full-text search.
    pub fn text(&self) -> String {
        let mut text = self.initial_observation.clone();
        for step in &self.steps {
            text.push_str("\n> ");
            text.push_str(&step.action);
            text.push('\n');
            text.push_str(&step.observation);
        }
        text
    }

    /// About how many tokens the text takes: English has about four bytes a token.
    pub fn estimated_tokens(&self) -> u32 {
        u32::try_from(self.text().len().div_ceil(4)).unwrap_or(u32::MAX)
    }

    /// True when the goal, an observation or an action contains `text`, whatever the case.
    pub fn mentions(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.task.goal.to_lowercase().contains(&text) || self.text().to_lowercase().contains(&text)
    }

    /// What a bank stores as the key of static retrieval.
    pub fn task_key(&self) -> String {
        self.task.key()
    }

    /// What a bank stores as the key of dynamic retrieval, and what an agent asks with in the middle
    /// of an episode: everything seen and done so far.
    pub fn trajectory_key(&self) -> String {
        self.text()
    }

    /// What a bank stores as the key of the task with its outcome.
    pub fn outcome_key(&self) -> String {
        with_outcome(&self.task_key(), self.is_success())
    }

    /// What a bank stores as the keys of stretches of `num_steps` steps, each with the observation it
    /// begins from; stretches overlap by half. The whole trajectory when it is no longer than that.
    pub fn window_keys(&self, num_steps: usize) -> Vec<String> {
        let num_steps = num_steps.max(1);
        let stride = num_steps.div_ceil(2);
        let mut starts: Vec<usize> = (0..self.steps.len().saturating_sub(num_steps))
            .step_by(stride)
            .collect();
        starts.push(self.steps.len().saturating_sub(num_steps));
        starts
            .into_iter()
            .map(|start| self.window(start, num_steps))
            .collect()
    }

    fn window(&self, start: usize, num_steps: usize) -> String {
        let before = start.checked_sub(1).and_then(|index| self.steps.get(index));
        let mut text = before
            .map_or(&self.initial_observation, |step| &step.observation)
            .clone();
        for step in self.steps.iter().skip(start).take(num_steps) {
            text.push_str("\n> ");
            text.push_str(&step.action);
            text.push('\n');
            text.push_str(&step.observation);
        }
        text
    }

    /// The last `n` observations, oldest first.
    pub fn last_observations(&self, n: usize) -> String {
        let all = std::iter::once(&self.initial_observation)
            .chain(self.steps.iter().map(|step| &step.observation));
        let num_all = 1 + self.steps.len();
        all.skip(num_all.saturating_sub(n))
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// True when the episode reached its goal.
    pub fn is_success(&self) -> bool {
        self.end == EpisodeEnd::Success
    }

    /// The number of actions taken.
    pub fn num_steps(&self) -> usize {
        self.steps.len()
    }
}
