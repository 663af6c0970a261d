//! Questions to one server over HTTP, asked again while there is hope.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Result;
use lore_core::{Secret, ServedModel, StopToken};
use lore_protocol::ApiError;
use serde_json::Value as Json;
use ureq::http::Response;
use ureq::http::header::RETRY_AFTER;
use ureq::{Agent, Body};

use super::fault::{Fault, Refusal, quoted};

/// The longest answer that is read.
const MAX_ANSWER: u64 = 8 << 20;

/// How often somebody who waits looks whether to stop.
const LOOK: Duration = Duration::from_millis(50);

/// How a server that does not answer is asked again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Persistence {
    /// Questions in all.
    pub(crate) num_tries: u32,
    /// The pause after the first; each one after it is twice as long.
    pub(crate) first_pause: Duration,
    /// The longest pause, also of those that the server asks for: one that asks for more is given up.
    pub(crate) longest_pause: Duration,
}

impl Persistence {
    /// For work that nobody waits for.
    pub(crate) const PATIENT: Self = Self {
        num_tries: 7,
        first_pause: Duration::from_secs(1),
        longest_pause: Duration::from_mins(1),
    };

    /// Once, for somebody who looks on.
    pub(crate) const ONCE: Self = Self {
        num_tries: 1,
        first_pause: Duration::ZERO,
        longest_pause: Duration::ZERO,
    };

    /// The pause after so many questions, the first of them counted as 1; `None` to give up.
    fn pause(&self, num_asked: u32, fault: &Fault) -> Option<Duration> {
        if num_asked >= self.num_tries || !fault.may_pass() {
            return None;
        }
        if let Fault::Refused(refusal) = fault
            && let Some(wait) = refusal.wait
        {
            return Some(wait).filter(|wait| *wait <= self.longest_pause);
        }
        let doubled = 1u32.checked_shl(num_asked - 1).unwrap_or(u32::MAX);
        let pause = self.first_pause.saturating_mul(doubled);
        Some(pause.min(self.longest_pause))
    }
}

/// A server with models.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// [`ServedModel::base`].
    pub(super) base: String,
    key: Option<Secret>,
    agent: Agent,
    patience: Duration,
    persistence: Persistence,
    stop: StopToken,
}

impl Client {
    pub(super) fn new(
        model: &ServedModel,
        key: Option<&Secret>,
        persistence: Persistence,
        stop: StopToken,
    ) -> Result<Self> {
        let base = model.base()?.http;
        let patience = Duration::from_secs(u64::from(model.timeout_secs.clamp(1, 3600)));
        let config = Agent::config_builder()
            .timeout_global(Some(patience))
            .http_status_as_error(false)
            // The key is for this address and no other.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .max_idle_connections_per_host(model.at_once.max(1))
            .user_agent(concat!("lorekeeper/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            base,
            key: key.cloned(),
            agent: config.into(),
            patience,
            persistence,
            stop,
        })
    }

    /// Asks with GET, once.
    pub(super) fn get(&self, path: &str) -> Result<Json, Fault> {
        let mut request = self.agent.get(self.url(path));
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer);
        }
        self.json(&self.read(request.call())?)
    }

    /// Asks with POST and a JSON body, once; the answer as text.
    pub(super) fn post(&self, path: &str, body: &Json) -> Result<String, Fault> {
        let request = self.agent.post(self.url(path));
        let mut request = request.content_type("application/json");
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer);
        }
        self.read(request.send(body.to_string()))
    }

    /// Asks until there is an answer, or no hope.
    ///
    /// # Errors
    /// The last fault, and how often was asked.
    pub(super) fn persist<T>(
        &self,
        mut ask: impl FnMut() -> Result<T, Fault>,
    ) -> Result<T, (Fault, u32)> {
        let mut num_asked = 0;
        loop {
            if self.stop.is_stopped() {
                return Err((Fault::Stopped, num_asked));
            }
            num_asked += 1;
            let fault = match ask() {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            let Some(pause) = self.persistence.pause(num_asked, &fault) else {
                return Err((fault, num_asked));
            };
            let until = Instant::now() + pause;
            while Instant::now() < until && !self.stop.is_stopped() {
                sleep(LOOK.min(until.saturating_duration_since(Instant::now())));
            }
        }
    }

    /// A fault in words.
    pub(super) fn tell(&self, (fault, num_tries): &(Fault, u32)) -> ApiError {
        fault.tell(&self.base, *num_tries)
    }

    /// An answer as JSON.
    pub(super) fn json(&self, text: &str) -> Result<Json, Fault> {
        let read = serde_json::from_str(text);
        read.map_err(|_cause| self.odd(text))
    }

    /// An answer that is not understood.
    pub(super) fn odd(&self, text: &str) -> Fault {
        Fault::Odd(quoted(text, self.key.as_ref()))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn bearer(&self) -> Option<String> {
        let key = self.key.as_ref().map(Secret::reveal);
        let key = key.filter(|key| !key.is_empty())?;
        Some(format!("Bearer {key}"))
    }

    fn read(&self, response: Result<Response<Body>, ureq::Error>) -> Result<String, Fault> {
        let mut response = response.map_err(|error| self.fault(&error))?;
        let status = response.status();
        let wait = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .filter(|secs: &f64| secs.is_finite() && *secs >= 0.0)
            .map(|secs| Duration::from_secs_f64(secs.min(86_400.0)));
        let body = response.body_mut().with_config().limit(MAX_ANSWER);
        let text = body.read_to_string().map_err(|error| self.fault(&error))?;
        if status.is_success() {
            Ok(text)
        } else {
            let refusal = Refusal::read(status.as_u16(), &text, wait, self.key.as_ref());
            Err(Fault::Refused(refusal))
        }
    }

    fn fault(&self, error: &ureq::Error) -> Fault {
        match error {
            ureq::Error::Timeout(_) => Fault::Silent(self.patience.as_secs()),
            other => Fault::Unreachable(quoted(&other.to_string(), self.key.as_ref())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_are_bounded() {
        let persistence = Persistence {
            num_tries: 5,
            first_pause: Duration::from_secs(10),
            longest_pause: Duration::from_secs(30),
        };
        let pause = |num_asked, fault: &Fault| {
            let pause = persistence.pause(num_asked, fault);
            pause.map(|pause| pause.as_secs())
        };
        let silent = Fault::Silent(1);
        let pauses: Vec<_> = (1..=5).map(|asked| pause(asked, &silent)).collect();
        assert_eq!(pauses, [Some(10), Some(20), Some(30), Some(30), None]);
        let busy = |secs| {
            Fault::Refused(Refusal {
                status: 429,
                wait: Some(Duration::from_secs(secs)),
                ..Refusal::default()
            })
        };
        assert_eq!(pause(1, &busy(2)), Some(2));
        assert_eq!(pause(1, &busy(3600)), None, "nobody waits an hour");
        assert_eq!(pause(1, &Fault::Stopped), None);
    }
}
