//! The long-lived worker: questions in, answers out, in order.

use std::collections::BTreeSet;
use std::io::{BufRead as _, stdin};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use lore_core::StopToken;
use lore_lab::{Interactive, Needs};
use lore_protocol::{Control, WorkerReply, WorkerRequest};

use crate::args::Args;
use crate::job::panicked;
use crate::lines::Lines;
use crate::{fence, os};

/// Questions whose askers have enough of the answer.
type Enough = Arc<Mutex<BTreeSet<u64>>>;

/// Answers questions until standard input closes or the process is asked to end.
pub(crate) fn run(args: &Args, lines: &mut Lines, stop: &StopToken) -> ExitCode {
    fence::raise(&Needs::of_questions(&args.data, &args.options));
    os::stop_on_terminate(stop);
    os::use_threads(0);
    lines.hello();
    let enough = Enough::default();
    let questions = match listen(&enough) {
        Ok(questions) => questions,
        Err(error) => {
            eprintln!("Questions cannot be heard: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut interactive = Interactive::new(args.data.clone());
    for request in questions {
        if stop.is_stopped() {
            break;
        }
        let WorkerRequest { id, question } = request;
        let mut tell = |answer| {
            let result = Ok(answer);
            lines.write(&WorkerReply { id, result });
            !lock(&enough).contains(&id) && !stop.is_stopped()
        };
        let answer = catch_unwind(AssertUnwindSafe(|| interactive.answer(question, &mut tell)));
        let result = match answer {
            Ok(result) => result.map_err(Into::into),
            Err(panic) => {
                // What was loaded may be in any state now.
                interactive = Interactive::new(args.data.clone());
                Err(panicked(panic.as_ref()))
            }
        };
        lines.write(&WorkerReply { id, result });
        // Questions come in order, so nobody asks about earlier ones any more.
        let mut enough = lock(&enough);
        *enough = enough.split_off(&(id + 1));
    }
    ExitCode::SUCCESS
}

/// Reads questions in a thread of its own, since a question may be taken back while it is answered.
fn listen(enough: &Enough) -> std::io::Result<Receiver<WorkerRequest>> {
    let enough = Arc::clone(enough);
    let (sender, questions) = channel();
    thread::Builder::new()
        .name("questions".to_owned())
        .spawn(move || {
            for line in stdin().lock().lines().map_while(Result::ok) {
                if !hear(&line, &sender, &enough) {
                    return;
                }
            }
        })?;
    Ok(questions)
}

/// Takes one line; false when nobody answers any more.
fn hear(line: &str, sender: &Sender<WorkerRequest>, enough: &Enough) -> bool {
    if let Ok(Control::Enough { id }) = serde_json::from_str(line) {
        lock(enough).insert(id);
        return true;
    }
    // Other lines, such as an empty one or a stop for jobs, are no questions.
    match serde_json::from_str(line) {
        Ok(request) => sender.send(request).is_ok(),
        Err(error) => {
            eprintln!("Skipped a line that is no question: {error}");
            true
        }
    }
}

fn lock(enough: &Mutex<BTreeSet<u64>>) -> MutexGuard<'_, BTreeSet<u64>> {
    // Numbers are put in and taken out in single steps.
    enough.lock().unwrap_or_else(PoisonError::into_inner)
}
