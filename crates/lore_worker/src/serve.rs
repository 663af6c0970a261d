//! The long-lived worker: questions in, answers out, in order.

use std::io::{BufRead as _, stdin};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use lore_core::StopToken;
use lore_lab::Interactive;
use lore_protocol::{WorkerReply, WorkerRequest};

use crate::args::Args;
use crate::job::panicked;
use crate::lines::Lines;
use crate::os;

/// Answers questions until standard input closes or the process is asked to end.
pub(crate) fn run(args: &Args, lines: &mut Lines, stop: &StopToken) -> ExitCode {
    os::use_threads(0);
    lines.hello();
    let mut interactive = Interactive::new(args.data.clone());
    for line in stdin().lock().lines().map_while(Result::ok) {
        if stop.is_stopped() {
            break;
        }
        // Other lines, such as an empty one or a stop for jobs, are no questions.
        let request: WorkerRequest = match serde_json::from_str(&line) {
            Ok(request) => request,
            Err(error) => {
                eprintln!("Skipped a line that is no question: {error}");
                continue;
            }
        };
        let answer = catch_unwind(AssertUnwindSafe(|| interactive.answer(request.question)));
        let result = match answer {
            Ok(result) => result.map_err(Into::into),
            Err(panic) => {
                // What was loaded may be in any state now.
                interactive = Interactive::new(args.data.clone());
                Err(panicked(panic.as_ref()))
            }
        };
        lines.write(&WorkerReply {
            id: request.id,
            result,
        });
    }
    ExitCode::SUCCESS
}
