//! Standard input of a job: control lines, and the end of the application.

use std::io::{BufRead as _, stdin};
use std::thread;

use lore_core::StopToken;
use lore_protocol::Control;

/// Listens in a thread of its own. A stop line and the end of standard input both ask to stop, so that
/// no worker outlives an application that died.
pub(crate) fn listen(stop: &StopToken) {
    let stop = stop.clone();
    let listener = thread::Builder::new()
        .name("control".to_owned())
        .spawn(move || {
            for line in stdin().lock().lines().map_while(Result::ok) {
                match serde_json::from_str(&line) {
                    Ok(Control::Stop) => stop.stop(),
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
}
