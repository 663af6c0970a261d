//! The Jobs interface of a Ray cluster, over HTTP.

use std::collections::BTreeMap;
use std::fs::File;
use std::time::Duration;

use lore_core::{Cluster, Secret};
use lore_protocol::{ApiError, ErrorCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body, RequestBuilder};

/// The longest answer that is read.
const MAX_ANSWER: u64 = 16 << 20;

/// How long a question may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long sending the program may take.
const PATIENCE_TO_SEND: Duration = Duration::from_hours(1);

/// The way to one cluster.
pub(crate) struct Client {
    agent: Agent,
    base: String,
    name: String,
    token: Option<Secret>,
}

/// Why a cluster did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Nobody answered.
    OutOfReach(String),
    /// It wants a token, or another one.
    Refused,
    /// What was sent is larger than it takes.
    TooLarge,
    /// It answered something else.
    Unexpected(String),
}

/// What a job is to the cluster.
#[derive(Debug, Serialize)]
pub(crate) struct Submit {
    /// The command line.
    pub(crate) entrypoint: String,
    /// The job's name there; given once.
    pub(crate) submission_id: String,
    /// What it runs in.
    pub(crate) runtime_env: RuntimeEnv,
    /// For people who look at the cluster.
    pub(crate) metadata: BTreeMap<String, String>,
    /// Processor cores that are kept for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entrypoint_num_cpus: Option<usize>,
}

/// What a job runs in. Everybody who reaches the cluster can read it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct RuntimeEnv {
    /// The package that is its working folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) working_dir: Option<String>,
    /// Environment variables.
    pub(crate) env_vars: BTreeMap<String, String>,
}

/// How a job stands.
#[derive(Debug, Deserialize)]
pub(crate) struct Details {
    /// How far it is.
    pub(crate) status: Status,
    /// In the cluster's words.
    #[serde(default)]
    pub(crate) message: Option<String>,
    /// What its process ended with, when it ended by itself.
    #[serde(default)]
    pub(crate) driver_exit_code: Option<i32>,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    /// It waits.
    Pending,
    /// It is at work.
    Running,
    /// It was stopped.
    Stopped,
    /// Its process ended well.
    Succeeded,
    /// Its process did not, or could not be started.
    Failed,
}

impl Status {
    /// True when nothing more comes of it.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Stopped | Self::Succeeded | Self::Failed)
    }
}

#[derive(Deserialize)]
struct Version {
    ray_version: String,
}

#[derive(Deserialize)]
struct Logs {
    logs: String,
}

impl Client {
    /// What all clients share: connections that are kept open.
    pub(crate) fn agent() -> Agent {
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            // The token is for this address alone.
            .max_redirects(0)
            .max_redirects_will_error(false)
            // Computers in one's own network must not be asked for at a proxy.
            .proxy(None)
            .user_agent(concat!("lorekeeper/", env!("CARGO_PKG_VERSION")))
            .build();
        config.into()
    }

    /// The way to `cluster`.
    pub(crate) fn new(agent: Agent, cluster: &Cluster, token: Option<Secret>) -> Self {
        Self {
            agent,
            base: cluster.base(),
            name: cluster.name.clone(),
            token,
        }
    }

    /// The trouble as a sentence for people.
    pub(crate) fn error(&self, trouble: &Trouble) -> ApiError {
        let (name, base) = (&self.name, &self.base);
        let settings = "in the settings, under Other computers";
        let (code, summary, details) = match trouble {
            Trouble::OutOfReach(cause) => (
                ErrorCode::Offline,
                format!(
                    "{name:?} does not answer at {base}. See that it is on and that Ray runs there, and try \
                     again; its address can be changed {settings}"
                ),
                cause.as_str(),
            ),
            Trouble::Refused if self.token.is_some() => (
                ErrorCode::Other,
                format!(
                    "{name:?} refuses the token. Write the right one {settings}, and try again"
                ),
                "",
            ),
            Trouble::Refused => (
                ErrorCode::Other,
                format!("{name:?} asks for a token. Write it {settings}, and try again"),
                "",
            ),
            Trouble::TooLarge => (
                ErrorCode::Other,
                format!(
                    "The program is larger than {name:?} takes. Ask those who look after it to raise the \
                     limit of packages, or start Ray there in a newer version"
                ),
                "",
            ),
            Trouble::Unexpected(answer) => (
                ErrorCode::Other,
                format!(
                    "{name:?} gave an answer that is not understood. Is {base} the address of Ray's \
                     dashboard?"
                ),
                answer.as_str(),
            ),
        };
        ApiError {
            code,
            summary,
            details: details.to_owned(),
        }
    }

    /// The version of Ray.
    pub(crate) fn version(&self) -> Result<String, Trouble> {
        let version: Version = self.get("/api/version")?.ok_or_else(|| {
            Trouble::Unexpected("There is no /api/version at this address.".to_owned())
        })?;
        Ok(version.ray_version)
    }

    /// True when the cluster has a package of this name.
    pub(crate) fn has_package(&self, name: &str) -> Result<bool, Trouble> {
        let url = self.package_url(name);
        let response = self.open(self.agent.get(&url)).call();
        match read(response)? {
            (StatusCode::NOT_FOUND, _) => Ok(false),
            (status, text) => good(status, &text).map(|()| true),
        }
    }

    /// Sends a package.
    pub(crate) fn send_package(&self, name: &str, package: &File) -> Result<(), Trouble> {
        let request = self.open(self.agent.put(self.package_url(name)));
        let request = request
            .config()
            .timeout_global(Some(PATIENCE_TO_SEND))
            .build();
        let (status, text) = read(request.send(package))?;
        good(status, &text)
    }

    fn package_url(&self, name: &str) -> String {
        format!("{}/api/packages/gcs/{name}", self.base)
    }

    /// Hands a job over.
    pub(crate) fn submit(&self, job: &Submit) -> Result<(), Trouble> {
        let body = serde_json::to_string(job).map_err(|error| unexpected(&error))?;
        self.post("/api/jobs/", &body)
    }

    /// How a job stands; `None` when the cluster does not know it.
    pub(crate) fn job(&self, id: &str) -> Result<Option<Details>, Trouble> {
        self.get(&format!("/api/jobs/{id}"))
    }

    /// Everything that a job printed.
    pub(crate) fn logs(&self, id: &str) -> Result<String, Trouble> {
        let logs: Option<Logs> = self.get(&format!("/api/jobs/{id}/logs"))?;
        Ok(logs.map(|logs| logs.logs).unwrap_or_default())
    }

    /// Asks a job to end.
    pub(crate) fn stop(&self, id: &str) -> Result<(), Trouble> {
        self.post(&format!("/api/jobs/{id}/stop"), "")
    }

    /// Takes a job that is over off the cluster's list.
    pub(crate) fn delete(&self, id: &str) -> Result<(), Trouble> {
        let url = format!("{}/api/jobs/{id}", self.base);
        let (status, text) = read(self.open(self.agent.delete(&url)).call())?;
        good(status, &text)
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Trouble> {
        let url = format!("{}{path}", self.base);
        let (status, text) = read(self.open(self.agent.get(&url)).call())?;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        good(status, &text)?;
        let answer = serde_json::from_str(&text);
        answer
            .map(Some)
            .map_err(|error| Trouble::Unexpected(format!("{error}: {}", short(&text))))
    }

    fn post(&self, path: &str, body: &str) -> Result<(), Trouble> {
        let url = format!("{}{path}", self.base);
        let request = self.open(self.agent.post(&url));
        let (status, text) = read(request.content_type("application/json").send(body))?;
        good(status, &text)
    }

    /// Shows the token, where there is one.
    fn open<Any>(&self, request: RequestBuilder<Any>) -> RequestBuilder<Any> {
        match &self.token {
            Some(token) => request.header("Authorization", format!("Bearer {}", token.reveal())),
            None => request,
        }
    }
}

fn read(response: Result<Response<Body>, ureq::Error>) -> Result<(StatusCode, String), Trouble> {
    let broken = |error: ureq::Error| Trouble::OutOfReach(error.to_string());
    let mut response = response.map_err(broken)?;
    let status = response.status();
    let body = response.body_mut().with_config().limit(MAX_ANSWER);
    Ok((status, body.read_to_string().map_err(broken)?))
}

fn good(status: StatusCode, text: &str) -> Result<(), Trouble> {
    match status.as_u16() {
        200..=299 => Ok(()),
        401 | 403 => Err(Trouble::Refused),
        413 => Err(Trouble::TooLarge),
        // Ray says so in the words of its own mistake.
        500 if text.contains("exceeds the maximum size") => Err(Trouble::TooLarge),
        // In front of a cluster that is not up.
        502..=504 => Err(Trouble::OutOfReach(format!("{status}: {}", short(text)))),
        _ => Err(Trouble::Unexpected(format!("{status}: {}", short(text)))),
    }
}

fn unexpected(error: &serde_json::Error) -> Trouble {
    Trouble::Unexpected(error.to_string())
}

/// The end of a text: of a chain of mistakes, the last one says most.
fn short(text: &str) -> &str {
    const MOST: usize = 2000;
    let start = text.len().saturating_sub(MOST);
    let start = (start..=text.len())
        .find(|&place| text.is_char_boundary(place))
        .unwrap_or(text.len());
    &text[start..]
}
