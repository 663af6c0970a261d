//! JSON lines for the application: on standard output, or in a file that it reads from another computer.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use lore_core::StopToken;
use lore_lab::EventSink;
use lore_protocol::{JobEvent, PROTOCOL_VERSION};

/// Writes values as lines. When they cannot be written any more, it asks the work to stop.
pub(crate) struct Lines {
    out: Box<dyn Write + Send>,
    stop: StopToken,
}

impl Lines {
    /// Lines on standard output.
    pub(crate) fn new(stop: StopToken) -> Self {
        let out = Box::new(io::stdout());
        Self { out, stop }
    }

    /// Lines in a file, which is made; its folder must be there.
    pub(crate) fn to_file(path: &Path, stop: StopToken) -> io::Result<Self> {
        let out = Box::new(File::create(path)?);
        Ok(Self { out, stop })
    }

    /// Writes one line and hands it over at once.
    pub(crate) fn write(&mut self, value: &impl Serialize) {
        let mut line = serde_json::to_string(value)
            .expect("the protocol's types hold only what JSON can hold");
        line.push('\n');
        let written = self.out.write_all(line.as_bytes());
        if let Err(error) = written.and_then(|()| self.out.flush()) {
            eprintln!("The events cannot be written any more ({error}); stopping.");
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
