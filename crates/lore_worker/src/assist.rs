//! Computing for a training that another worker leads. Nobody reads what this one says but people who look
//! into its log.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use lore_core::StopToken;
use lore_lab::Needs;

use crate::args::Args;
use crate::job::{panicked, read_spec};
use crate::{fence, os};

/// Computes for the training in the file `path` until that is over.
pub(crate) fn run(args: &Args, path: &Path, stop: &StopToken) -> ExitCode {
    match catch_unwind(AssertUnwindSafe(|| work(args, path, stop))) {
        Ok(Ok(())) => return ExitCode::SUCCESS,
        Ok(Err(error)) => eprintln!("{error:?}"),
        Err(panic) => eprintln!("{}", panicked(panic.as_ref()).details),
    }
    ExitCode::FAILURE
}

fn work(args: &Args, path: &Path, stop: &StopToken) -> Result<()> {
    let spec = read_spec(path)?;
    fence::raise(&Needs::of_assistant(&spec, &args.data, &args.options)?);
    os::stop_on_terminate(stop);
    os::use_threads(spec.threads);
    lore_lab::assist(&spec, &args.data, &mut |text| eprintln!("{text}"), stop)
}
