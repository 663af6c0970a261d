//! A WebSocket that takes JSON and gives JSON: a question, then its answer.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use lore_core::Address;
use serde_json::Value as Json;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

use super::http::short;
use crate::timed::{Deadline, Timed};

/// The longest answer that is read.
const MAX_ANSWER: usize = 16 << 20;

/// How long saying goodbye may take; it is not worth more.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// A connection to a server. Dropping it closes it.
pub(super) struct Socket {
    stream: WebSocket<MaybeTlsStream<Timed>>,
    deadline: Deadline,
    patience: Duration,
    /// Set when an answer did not come: what comes later would be taken for another's.
    is_broken: bool,
}

impl Socket {
    /// Connects to `path` of a server.
    pub(super) fn open(address: &Address, path: &str, patience: Duration) -> Result<Self> {
        let url = address.web_socket(path);
        let context = || format!("could not connect to {url}");
        let deadline = Deadline::after(patience);
        let place = (address.host.as_str(), address.port);
        let stream = Timed::connect(place, deadline.clone()).with_context(context)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_ANSWER))
            .max_frame_size(Some(MAX_ANSWER));
        let shaken = if address.is_secure {
            tungstenite::client_tls_with_config(&url, stream, Some(config), None)
                .map_err(|error| anyhow::anyhow!("{error}"))
        } else {
            let stream = MaybeTlsStream::Plain(stream);
            tungstenite::client::client_with_config(&url, stream, Some(config))
                .map_err(|error| anyhow::anyhow!("{error}"))
        };
        let (stream, _) = shaken.with_context(context)?;
        Ok(Self {
            stream,
            deadline,
            patience,
            is_broken: false,
        })
    }

    /// True when the connection can be used no more.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Sends a question and waits for its answer.
    pub(super) fn ask(&mut self, question: &Json) -> Result<Json> {
        if self.is_broken {
            bail!("the connection to the server is gone");
        }
        self.deadline.renew(self.patience);
        let answer = self.exchange(question);
        self.is_broken = answer.is_err();
        answer
    }

    fn exchange(&mut self, question: &Json) -> Result<Json> {
        let context = "the server does not answer";
        let message = Message::text(question.to_string());
        self.stream.send(message).context(context)?;
        loop {
            match self.stream.read().context(context)? {
                Message::Text(text) => {
                    return serde_json::from_str(&text)
                        .with_context(|| format!("the server answered no JSON: {}", short(&text)));
                }
                Message::Binary(_) => bail!("the server answered in bytes, not in JSON"),
                Message::Close(frame) => {
                    let reason = frame.map(|frame| frame.to_string()).unwrap_or_default();
                    bail!("the server closed the connection {reason}");
                }
                // Answered by the library; only the deadline ends a server that does nothing else.
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if !self.is_broken {
            self.deadline.renew(CLOSE_PATIENCE);
            // The server notices a dead connection by itself, only later.
            self.stream.close(None).ok();
            while self.stream.read().is_ok() {}
        }
    }
}
