//! `OpenEnv`: a session on a WebSocket at `/ws`, the schema of actions at `/schema`, tasks by the Task
//! API where the server has one. (`OpenEnv` 0.10, `openenv/core/env_server`.)

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use lore_core::{Address, Environment, ServerSpec, Split, StepOutcome, Task};
use serde_json::{Value as Json, json};

use super::action_form::ActionForm;
use super::http::{Client, short};
use super::observation::{actions_of, text_of};
use super::rewards::Rewards;
use super::socket::Socket;

/// How long a server that serves one session at a time gets to end the one before.
const ROOM_PATIENCE: Duration = Duration::from_secs(5);

/// Splits that are asked about: each costs a question.
const MAX_SPLITS: usize = 16;

/// Tasks of one split that the server has itself.
pub(super) struct ServerSplit {
    pub(super) name: String,
    pub(super) split: Split,
    pub(super) num_tasks: u32,
}

/// What is known about a server.
pub(super) struct OpenEnv {
    address: Address,
    patience: Duration,
    form: ActionForm,
}

/// What a task is called on the server.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Choice {
    /// A task of the Task API.
    Task { split: String, index: u32 },
    /// Whatever the server makes of a seed.
    Seed(u32),
}

impl OpenEnv {
    /// Asks a server how its actions are written.
    pub(super) fn connect(spec: &ServerSpec, address: Address, client: &Client) -> Result<Self> {
        let schema = client.get("/schema")?;
        Ok(Self {
            form: ActionForm::from_schema(&schema["action"]),
            address,
            patience: Duration::from_secs(u64::from(spec.timeout_secs)),
        })
    }

    /// The server's own splits; empty when it has no Task API.
    pub(super) fn splits(client: &Client) -> Vec<ServerSplit> {
        // A server without tasks answers with an error, which is no problem of ours.
        Self::try_splits(client).unwrap_or_default()
    }

    fn try_splits(client: &Client) -> Result<Vec<ServerSplit>> {
        let environments = client.get("/list_environments")?;
        let name = environments[0].as_str().context("it has no environment")?;
        let splits = client.get(&format!("/{name}/splits"))?;
        let mut found = Vec::new();
        for split in splits.as_array().into_iter().flatten().take(MAX_SPLITS) {
            let Some(split_name) = split["name"].as_str() else {
                continue;
            };
            let path = format!("/{name}/num_tasks");
            let count = client.post(&path, &json!({ "split": split_name }))?;
            found.push(ServerSplit {
                name: split_name.to_owned(),
                split: match split["type"].as_str() {
                    Some("train") => Split::Train,
                    Some("test") => Split::Test,
                    _ => Split::Validation,
                },
                num_tasks: count["num_tasks"].as_u64().unwrap_or(0) as u32,
            });
        }
        Ok(found)
    }
}

/// A task of an `OpenEnv` server being played.
pub(super) struct OpenEnvGame {
    server: Arc<OpenEnv>,
    task: Task,
    choice: Choice,
    socket: Option<Socket>,
    rewards: Rewards,
    success_reward: f64,
    actions: Vec<String>,
}

impl OpenEnvGame {
    pub(super) fn new(
        server: Arc<OpenEnv>,
        task: Task,
        choice: Choice,
        success_reward: f64,
    ) -> Self {
        Self {
            server,
            task,
            choice,
            socket: None,
            rewards: Rewards::new(success_reward),
            success_reward,
            actions: Vec::new(),
        }
    }

    fn socket(&mut self) -> Result<&mut Socket> {
        let socket = match self.socket.take().filter(|socket| !socket.is_broken()) {
            Some(socket) => socket,
            None => Socket::open(&self.server.address, "/ws", self.server.patience)?,
        };
        Ok(self.socket.insert(socket))
    }

    /// Begins the episode, waiting a while where the server has no room yet.
    fn begin(&mut self) -> Result<Json> {
        let data = match &self.choice {
            Choice::Task { split, index } => json!({"split": split, "index": index}),
            Choice::Seed(seed) => json!({ "seed": seed }),
        };
        let began = Instant::now();
        loop {
            let reply = self
                .socket()?
                .ask(&json!({"type": "reset", "data": data}))?;
            if reply["data"]["code"] == "CAPACITY_REACHED" && began.elapsed() < ROOM_PATIENCE {
                self.socket = None;
                std::thread::sleep(Duration::from_millis(100));
                continue;
            }
            return Ok(reply);
        }
    }

    /// The observation of a reply, as text.
    fn observe(&mut self, data: &Json) -> String {
        let observation = &data["observation"];
        self.actions = actions_of(observation);
        text_of(observation)
    }
}

/// The data of a reply, or what the server complains about.
fn data_of(reply: &Json) -> Result<Result<&Json, &Json>> {
    match reply["type"].as_str() {
        Some("observation") => Ok(Ok(&reply["data"])),
        Some("error") => Ok(Err(&reply["data"])),
        _ => bail!(
            "the server's answer is not understood: {}",
            short(&reply.to_string())
        ),
    }
}

/// A complaint in words.
fn complaint(data: &Json) -> String {
    let message = data["message"].as_str().unwrap_or("unknown problem");
    let details = data["errors"].as_array().into_iter().flatten();
    let details: Vec<String> = details
        .filter_map(|error| {
            let place = error["loc"][0].as_str().unwrap_or_default();
            Some(format!("{place}: {}", error["msg"].as_str()?))
        })
        .collect();
    if details.is_empty() {
        message.to_owned()
    } else {
        format!("{message} ({})", details.join("; "))
    }
}

impl Environment for OpenEnvGame {
    fn task(&self) -> &Task {
        &self.task
    }

    fn reset(&mut self) -> Result<String> {
        let reply = self.begin()?;
        let data = data_of(&reply)?
            .map_err(|data| anyhow::anyhow!("the server could not begin: {}", complaint(data)))?;
        self.rewards = Rewards::new(self.success_reward);
        let observation = self.observe(data);
        if observation.is_empty() {
            bail!("the server began without an observation");
        }
        Ok(match self.server.form.hint() {
            Some(hint) => format!("{observation}\n\n{hint}"),
            None => observation,
        })
    }

    fn step(&mut self, action: &str) -> Result<StepOutcome> {
        let said = |observation: String| StepOutcome {
            observation,
            reward: 0.0,
            end: None,
        };
        let action = match self.server.form.encode(action) {
            Ok(action) => action,
            Err(misunderstood) => return Ok(said(misunderstood.to_string())),
        };
        let socket = self.socket.as_mut().context("the episode has not begun")?;
        let reply = socket.ask(&json!({"type": "step", "data": action}))?;
        match data_of(&reply)? {
            Ok(data) => {
                let (reward, end) = self.rewards.take(data);
                Ok(StepOutcome {
                    observation: self.observe(data),
                    reward,
                    end,
                })
            }
            // The agent's mistake, answered in words.
            Err(data) if data["code"] == "VALIDATION_ERROR" => Ok(said(complaint(data))),
            Err(data) => bail!("the server could not take the action: {}", complaint(data)),
        }
    }

    fn admissible_actions(&self) -> Vec<String> {
        if self.actions.is_empty() {
            return self.server.form.values();
        }
        self.actions.clone()
    }

    /// Always empty: training must see what acting saw, and learns of a server's actions from the
    /// first observation.
    fn action_templates(&self) -> Vec<String> {
        Vec::new()
    }
}
