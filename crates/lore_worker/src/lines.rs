//! JSON lines on standard output.

use std::io::Write as _;

use serde::Serialize;

use lore_core::StopToken;
use lore_lab::EventSink;
use lore_protocol::{JobEvent, PROTOCOL_VERSION};

/// Writes values as lines. When nobody reads them any more, it asks the work to stop.
pub(crate) struct Lines {
    stop: StopToken,
}

impl Lines {
    pub(crate) fn new(stop: StopToken) -> Self {
        Self { stop }
    }

    /// Writes one line and hands it over at once.
    pub(crate) fn write(&mut self, value: &impl Serialize) {
        let mut line = serde_json::to_string(value)
            .expect("the protocol's types hold only what JSON can hold");
        line.push('\n');
        let mut out = std::io::stdout().lock();
        let written = out.write_all(line.as_bytes()).and_then(|()| out.flush());
        if let Err(error) = written {
            eprintln!("Nobody reads the events any more ({error}); stopping.");
            self.stop.stop();
        }
    }

    /// The first line of every conversation.
    pub(crate) fn hello(&mut self) {
        self.write(&JobEvent::Hello {
            protocol: PROTOCOL_VERSION,
            pid: std::process::id(),
            build: env!("CARGO_PKG_VERSION").to_owned(),
        });
    }
}

impl EventSink for Lines {
    fn event(&mut self, event: JobEvent) {
        self.write(&event);
    }
}
