//! The process behind the endpoint: standard input tells who answers; when it closes, the endpoint does.

use std::io::{BufRead as _, stdin};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::thread;

use anyhow::{Context as _, Result};

use lore_core::StopToken;
use lore_lab::{EndpointLimits, Needs, serve_endpoint};
use lore_protocol::{EndpointLine, Speaker};

use crate::args::Args;
use crate::job::panicked;
use crate::lines::Lines;
use crate::{fence, os};

/// Answers other programs until standard input closes.
pub(crate) fn run(args: &Args, lines: &mut Lines, stop: &StopToken) -> ExitCode {
    fence::raise(&Needs::of_endpoint(&args.data, &args.options));
    os::stop_on_terminate(stop);
    os::use_threads(0);
    lines.hello();
    let served = catch_unwind(AssertUnwindSafe(|| serve(args, lines, stop)));
    let error = match served {
        Ok(Ok(())) => return ExitCode::SUCCESS,
        Ok(Err(error)) => {
            eprintln!("{error:?}");
            error.into()
        }
        Err(panic) => panicked(panic.as_ref()),
    };
    lines.write(&EndpointLine::Failed { error });
    ExitCode::FAILURE
}

fn serve(args: &Args, lines: &mut Lines, stop: &StopToken) -> Result<()> {
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    let speaker: Speaker =
        serde_json::from_str(&line).context("The worker was not told who answers.")?;
    let closing = stop.clone();
    thread::Builder::new()
        .name("control".to_owned())
        .spawn(move || {
            // Nothing else is said; what matters is the end of it.
            std::io::copy(&mut stdin().lock(), &mut std::io::sink()).ok();
            closing.stop();
        })?;
    let limits = EndpointLimits::default();
    serve_endpoint(&args.data, &speaker, limits, stop, &mut |line| {
        lines.write(&line);
    })
}
