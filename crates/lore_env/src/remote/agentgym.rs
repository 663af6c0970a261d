//! `AgentGym` servers: `/create`, `/reset`, `/step` and `/close` over HTTP.
//!
//! The servers of the family name things differently: an environment is `id` or `env_idx`, an
//! observation `observation` or `state`, or a bare text. Questions hold every name, answers are read
//! by any; what a server does not know it leaves alone.

use anyhow::{Context as _, Result, bail};
use lore_core::{Environment, StepOutcome, Task};
use serde_json::{Value as Json, json};

use super::http::{Client, short};
use super::observation::{actions_of, text_of};
use super::rewards::Rewards;

/// A task of an `AgentGym` server being played.
pub(super) struct AgentGymGame {
    client: Client,
    task: Task,
    index: u32,
    /// The environment on the server, once there is one.
    id: Option<Json>,
    rewards: Rewards,
    success_reward: f64,
    actions: Vec<String>,
}

impl AgentGymGame {
    pub(super) fn new(client: Client, task: Task, index: u32, success_reward: f64) -> Self {
        Self {
            client,
            task,
            index,
            id: None,
            rewards: Rewards::new(success_reward),
            success_reward,
            actions: Vec::new(),
        }
    }

    /// The environment on the server; made when there is none.
    fn id(&mut self) -> Result<Json> {
        if let Some(id) = &self.id {
            return Ok(id.clone());
        }
        let reply = checked(self.client.post("/create", &json!({"id": 0}))?)?;
        let id = match &reply {
            Json::Number(_) => reply,
            other => ["id", "env_idx", "env_id"]
                .iter()
                .find_map(|name| other.get(name))
                .cloned()
                .with_context(|| not_understood(&reply))?,
        };
        Ok(self.id.insert(id).clone())
    }

    /// Observation and goal of a reply.
    fn observe(&mut self, reply: &Json) -> Result<String> {
        let observation = match reply {
            Json::String(_) => reply,
            other => ["observation", "state"]
                .iter()
                .find_map(|name| other.get(name))
                .with_context(|| not_understood(reply))?,
        };
        self.actions = actions_of(observation);
        if self.actions.is_empty() {
            self.actions = actions_of(reply);
        }
        Ok(text_of(observation))
    }
}

/// A reply that is no complaint.
fn checked(reply: Json) -> Result<Json> {
    if let Some(error) = reply.get("error").filter(|error| !error.is_null()) {
        let text = error
            .as_str()
            .map_or_else(|| error.to_string(), str::to_owned);
        bail!("the server complains: {text}");
    }
    Ok(reply)
}

fn not_understood(reply: &Json) -> String {
    let text = reply.to_string();
    format!("the server's answer is not understood: {}", short(&text))
}

impl Environment for AgentGymGame {
    fn task(&self) -> &Task {
        &self.task
    }

    fn reset(&mut self) -> Result<String> {
        let (id, index) = (self.id()?, self.index);
        let question = json!({
            "id": id, "env_idx": id, "data_idx": index, "idx": index, "session_id": index,
        });
        let reply = checked(self.client.post("/reset", &question)?)?;
        let observation = self.observe(&reply)?;
        self.rewards = Rewards::new(self.success_reward);
        let goal = ["task_description", "goal", "instruction"]
            .iter()
            .find_map(|name| reply.get(name)?.as_str());
        let Some(goal) = goal else {
            return Ok(observation);
        };
        goal.clone_into(&mut self.task.goal);
        Ok(format!("{goal}\n{observation}"))
    }

    fn step(&mut self, action: &str) -> Result<StepOutcome> {
        let id = self.id.clone().context("the episode has not begun")?;
        let question = json!({"id": id, "env_idx": id, "action": action});
        let reply = checked(self.client.post("/step", &question)?)?;
        let observation = self.observe(&reply)?;
        let (reward, end) = self.rewards.take(&reply);
        Ok(StepOutcome {
            observation,
            reward,
            end,
        })
    }

    fn admissible_actions(&self) -> Vec<String> {
        self.actions.clone()
    }

    /// Always empty; see `OpenEnv`.
    fn action_templates(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Drop for AgentGymGame {
    fn drop(&mut self) {
        if let Some(id) = &self.id {
            // Servers that do not know the word keep the environment, as they always do.
            self.client
                .post("/close", &json!({"id": id, "env_idx": id}))
                .ok();
        }
    }
}
