//! One job: hello, events, exactly one last word.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use lore_core::StopToken;
use lore_lab::{Needs, Outcome};
use lore_protocol::{ApiError, JobEvent, JobSpec};

use crate::args::Args;
use crate::lines::Lines;
use crate::{control, fence, os};

/// Does the job in the file `path`.
pub(crate) fn run(args: &Args, path: &Path, lines: &mut Lines, stop: &StopToken) -> ExitCode {
    lines.hello();
    let outcome = catch_unwind(AssertUnwindSafe(|| work(args, path, lines, stop)));
    let last_word = match outcome {
        Ok(Ok(Outcome::Finished { summary })) => JobEvent::Finished { summary },
        Ok(Ok(Outcome::Stopped { resumable })) => JobEvent::Cancelled { resumable },
        Ok(Err(error)) => {
            eprintln!("{error:?}");
            JobEvent::Failed {
                error: error.into(),
            }
        }
        Err(panic) => JobEvent::Failed {
            error: panicked(panic.as_ref()),
        },
    };
    let failed = matches!(last_word, JobEvent::Failed { .. });
    lines.write(&last_word);
    ExitCode::from(u8::from(failed))
}

fn work(args: &Args, path: &Path, lines: &mut Lines, stop: &StopToken) -> Result<Outcome> {
    let spec = read_spec(path)?;
    fence::raise(&Needs::of_job(&spec, &args.data, &args.options)?);
    os::stop_on_terminate(stop);
    // Elsewhere nobody writes to the standard input.
    let key_line = args.events.is_none().then(|| control::listen(stop));
    os::use_threads(spec.threads);
    let mut options = args.options.clone();
    if spec.work.served_model().is_some() {
        options.server_key = key_line.and_then(|line| line.wait());
    }
    lore_lab::run(&spec, &args.data, &options, lines, stop)
}

/// The job in the file `path`.
pub(crate) fn read_spec(path: &Path) -> Result<JobSpec> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("Could not read the job {}.", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("The job {} is damaged.", path.display()))
}

/// A panic is a mistake in the program; its words go into the details.
pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> ApiError {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no words");
    let mut error = ApiError::new(
        "The program made a mistake and had to give up this job. What was done before is kept; try \
         again, and report it if it happens twice.",
    );
    error.details = format!("panic: {text}");
    error
}
