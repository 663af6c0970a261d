//! The tasks of a server.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use lore_core::{
    Address, Environment, ServerProtocol, ServerSpec, Split, Task, TaskId, Trajectory,
};

use super::agentgym::AgentGymGame;
use super::http::Client;
use super::openenv::{Choice, OpenEnv, OpenEnvGame};
use crate::World;

/// The most tasks of a split that are listed.
const MAX_TASKS: u32 = 20_000;

/// An environment server as a collection of tasks.
pub struct ServerWorld {
    spec: ServerSpec,
    client: Client,
    server: Server,
    tasks: Vec<Task>,
}

/// What differs between protocols.
enum Server {
    OpenEnv {
        server: Arc<OpenEnv>,
        /// One for each task.
        choices: Vec<Choice>,
    },
    /// Its tasks are numbers.
    AgentGym,
}

impl ServerWorld {
    /// Connects to a server and asks for its tasks.
    pub fn connect(spec: &ServerSpec) -> Result<Self> {
        ensure!(
            (1..=3600).contains(&spec.timeout_secs),
            "A server needs between one second and an hour for an answer."
        );
        let address = Address::read(&spec.address)?;
        let patience = Duration::from_secs(u64::from(spec.timeout_secs));
        let client = Client::new(&address.http, patience);
        let context = || {
            format!(
                "Could not reach the {} server at {}. Check the address, and that it is running.",
                spec.protocol.label(),
                address.http
            )
        };
        let (server, listed) = match spec.protocol {
            ServerProtocol::OpenEnv => {
                let server = OpenEnv::connect(spec, address.clone(), &client);
                let server = Arc::new(server.with_context(context)?);
                let listed = open_env_tasks(spec, &client);
                let choices = listed.iter().map(|(_, choice)| choice.clone()).collect();
                (Server::OpenEnv { server, choices }, listed)
            }
            ServerProtocol::AgentGym => {
                client.get("/").with_context(context)?;
                (Server::AgentGym, seeds(spec))
            }
        };
        let tasks = listed
            .iter()
            .map(|(split, choice)| task(spec, *split, choice))
            .collect();
        Ok(Self {
            spec: spec.clone(),
            client,
            server,
            tasks,
        })
    }
}

/// The server's own tasks, else numbers.
fn open_env_tasks(spec: &ServerSpec, client: &Client) -> Vec<(Split, Choice)> {
    let mut tasks = Vec::new();
    for split in OpenEnv::splits(client) {
        tasks.extend((0..split.num_tasks.min(MAX_TASKS)).map(|index| {
            let name = split.name.clone();
            (split.split, Choice::Task { split: name, index })
        }));
    }
    if tasks.is_empty() { seeds(spec) } else { tasks }
}

/// Numbers for a server that cannot list tasks: first those for training, then those for testing.
fn seeds(spec: &ServerSpec) -> Vec<(Split, Choice)> {
    let num_train = spec.num_train.min(MAX_TASKS);
    let num_tasks = num_train + spec.num_test.min(MAX_TASKS);
    (0..num_tasks)
        .map(|seed| {
            let is_training = seed < num_train;
            let split = if is_training {
                Split::Train
            } else {
                Split::Test
            };
            (split, Choice::Seed(seed))
        })
        .collect()
}

fn task(spec: &ServerSpec, split: Split, choice: &Choice) -> Task {
    let id = match choice {
        Choice::Task { split, index } => format!("{split}/{index}"),
        Choice::Seed(seed) => format!("task/{seed}"),
    };
    Task {
        // Tasks of two servers must not be twins.
        id: TaskId(format!("{}/{id}", spec.name)),
        environment: spec.name.clone(),
        goal: format!("{} {}", spec.name, id.replace('/', " ")),
        // What a server says about a task, it says once the task has begun.
        task_type: spec.name.clone(),
        split,
    }
}

impl World for ServerWorld {
    fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    fn open(&self, id: &TaskId) -> Result<Box<dyn Environment + Send>> {
        let index = self.tasks.iter().position(|task| task.id == *id);
        let index = index.with_context(|| {
            format!("The server {:?} has no task {id} any more.", self.spec.name)
        })?;
        let task = self.tasks[index].clone();
        let goal = self.spec.success_reward;
        Ok(match &self.server {
            Server::OpenEnv { server, choices } => {
                let choice = choices[index].clone();
                Box::new(OpenEnvGame::new(Arc::clone(server), task, choice, goal))
            }
            Server::AgentGym => {
                let client = self.client.clone();
                Box::new(AgentGymGame::new(client, task, index as u32, goal))
            }
        })
    }

    fn demonstrate(&self, _id: &TaskId, _max_steps: usize) -> Result<Trajectory> {
        bail!(
            "Nobody here knows how the tasks of {:?} are done. Play some yourself, or import episodes.",
            self.spec.name
        )
    }
}
