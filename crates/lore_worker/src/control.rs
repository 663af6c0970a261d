//! Standard input of a job: control lines, the key for a server, and the end of the application.

use std::io::{BufRead as _, stdin};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use lore_core::{Secret, StopToken};
use lore_protocol::Control;

/// The longest that a job waits for a key: longer than the application waits for the keychain. Who starts a
/// worker by hand may not know that it waits.
const PATIENCE: Duration = Duration::from_mins(5);

/// The key that a job may be waiting for.
pub(crate) struct KeyLine(Receiver<Option<Secret>>);

impl KeyLine {
    /// Waits until the line has come; no key when it does not.
    pub(crate) fn wait(&self) -> Option<Secret> {
        self.0.recv_timeout(PATIENCE).ok().flatten()
    }
}

/// Listens in a thread of its own. A stop line and the end of standard input both ask to stop, so that
/// no worker outlives an application that died.
pub(crate) fn listen(stop: &StopToken) -> KeyLine {
    let stop = stop.clone();
    let (sender, key_line) = channel();
    let listener = thread::Builder::new()
        .name("control".to_owned())
        .spawn(move || {
            for line in stdin().lock().lines().map_while(Result::ok) {
                match serde_json::from_str(&line) {
                    Ok(Control::Stop) => {
                        stop.stop();
                        // Nobody waits for a key any more.
                        sender.send(None).ok();
                    }
                    // Most jobs do not wait for one.
                    Ok(Control::Key { key }) => drop(sender.send(key)),
                    Ok(Control::Enough { .. }) => {}
                    Err(_) if line.trim().is_empty() => {}
                    Err(error) => eprintln!("Skipped a control line: {error}"),
                }
            }
            stop.stop();
        });
    if let Err(error) = listener {
        eprintln!("The worker cannot be asked to stop: {error}");
    }
    KeyLine(key_line)
}
