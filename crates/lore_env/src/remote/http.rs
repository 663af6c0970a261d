//! Questions to a server over HTTP, answered in JSON.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value as Json;
use ureq::http::Response;
use ureq::{Agent, Body};

/// The longest answer that is read.
const MAX_ANSWER: u64 = 16 << 20;

/// A server at one address. Nothing takes longer than its patience, whatever the server does.
#[derive(Clone, Debug)]
pub(super) struct Client {
    base: String,
    agent: Agent,
}

impl Client {
    pub(super) fn new(base: &str, patience: Duration) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(patience))
            .http_status_as_error(false)
            // A server on this machine must not be asked for at the proxy.
            .proxy(None)
            .user_agent(concat!("lorekeeper/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            base: base.to_owned(),
            agent: config.into(),
        }
    }

    /// Asks with GET.
    pub(super) fn get(&self, path: &str) -> Result<Json> {
        let url = format!("{}{path}", self.base);
        let response = self.agent.get(&url).call();
        read(&url, response)
    }

    /// Asks with POST and a JSON body.
    pub(super) fn post(&self, path: &str, body: &Json) -> Result<Json> {
        let url = format!("{}{path}", self.base);
        let request = self.agent.post(&url).content_type("application/json");
        let response = request.send(body.to_string());
        read(&url, response)
    }
}

fn read(url: &str, response: Result<Response<Body>, ureq::Error>) -> Result<Json> {
    let context = || format!("the server at {url} cannot be reached or broke off");
    let mut response = response.with_context(context)?;
    let status = response.status();
    let body = response.body_mut().with_config().limit(MAX_ANSWER);
    let text = body.read_to_string().with_context(context)?;
    if !status.is_success() {
        bail!(
            "the server at {url} answered with {status}: {}",
            short(&text)
        );
    }
    serde_json::from_str(&text)
        .with_context(|| format!("the server at {url} answered no JSON: {}", short(&text)))
}

/// The beginning of a text, for messages.
pub(super) fn short(text: &str) -> &str {
    const MOST: usize = 200;
    text.char_indices()
        .nth(MOST)
        .map_or(text, |(end, _)| &text[..end])
}
