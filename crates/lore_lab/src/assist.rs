//! Computing for a training that another worker leads.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use lore_core::{DataDir, StopToken};
use lore_protocol::{JobSpec, PROTOCOL_VERSION, Work};
use lore_train::{Assistant, Farewell};

use crate::meeting::Meeting;
use crate::{machine, train};

/// How long one looks for a training: it may wait for its turn, read its data, or be resumed.
const PATIENCE: Duration = Duration::from_mins(10);

/// How often one looks. The folder may be another computer's.
const OFTEN: Duration = Duration::from_secs(1);

/// How often a stop is looked for meanwhile.
const SOON: Duration = Duration::from_millis(100);

/// Computes for the training of `spec` until that is over. What should stand in the log goes to `say`.
///
/// # Errors
/// When there is no such training, when it does not begin, or when this computer is of no use to it.
pub fn assist(
    spec: &JobSpec,
    data: &DataDir,
    say: &mut dyn FnMut(&str),
    stop: &StopToken,
) -> Result<()> {
    ensure!(
        spec.version == PROTOCOL_VERSION,
        "This job was written by another version of the program."
    );
    let Work::Train(work) = &spec.work else {
        bail!(
            "{:?} is no training, and nothing else is shared out.",
            spec.title
        );
    };
    let folder = data.job(spec.experiment.as_ref(), &spec.id);
    // Nothing is loaded for a training that does not come.
    if wait_for(&folder, Instant::now() + PATIENCE, stop)?.is_none() {
        return Ok(());
    }
    let memory_budget = machine::memory_budget();
    let (base, _) = train::base_model(data, work, memory_budget, say)?;
    let mut assistant = Assistant::new(&base.weights, &work.config, memory_budget)?;
    let mut deadline = Instant::now() + PATIENCE;
    let mut has_met = false;
    loop {
        if has_met && Meeting::read(&folder).is_none() {
            say("The training is over.");
            return Ok(());
        }
        let Some(meeting) = wait_for(&folder, deadline, stop)? else {
            return Ok(());
        };
        if let Some(stream) = meeting.connect() {
            match assistant.serve(stream, &meeting.token, stop)? {
                Farewell::Over => {
                    say("The training is over.");
                    return Ok(());
                }
                Farewell::Stopped => return Ok(()),
                // The note is an old one.
                Farewell::Refused => {}
                Farewell::Broken(why) => {
                    say(&format!("Lost the training, looking for it again: {why}"));
                    has_met = true;
                    deadline = Instant::now() + PATIENCE;
                }
            }
        }
        if !rest(stop) {
            return Ok(());
        }
    }
}

/// Waits until the training of the job in `folder` lets others take part; `None` when asked to stop.
fn wait_for(folder: &Path, deadline: Instant, stop: &StopToken) -> Result<Option<Meeting>> {
    while Instant::now() < deadline {
        if let Some(meeting) = Meeting::read(folder) {
            return Ok(Some(meeting));
        }
        if !rest(stop) {
            return Ok(None);
        }
    }
    bail!(
        "No training was found to compute for in {} minutes: it has not begun, has ended, or is on a computer \
         that cannot be reached from here.",
        PATIENCE.as_secs() / 60
    )
}

/// A while; false when asked to stop.
fn rest(stop: &StopToken) -> bool {
    let until = Instant::now() + OFTEN;
    while Instant::now() < until {
        if stop.is_stopped() {
            return false;
        }
        thread::sleep(SOON);
    }
    true
}
