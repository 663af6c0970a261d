//! One job, one process: reads a spec, writes events.
//!
//! `lore_worker --data DIR --job JOB_JSON` does one job and ends; `lore_worker --data DIR --serve` stays
//! and answers questions that need a model; with `--endpoint` it answers other programs. Standard output
//! holds JSON lines and nothing else: first `hello`, and from a job exactly one last word. Lines on
//! standard input control it; when standard input closes, the application is gone and the worker saves
//! and ends too. On another computer (`--events FILE`) nobody holds standard input: there, lines go into a
//! file of the shared data folder, and only the signal to end asks the worker to save and stop. With
//! `--assist JOB_JSON` it computes for a training that another worker leads, and ends with it.
//!
//! Before it touches what it works on, it puts a fence around itself; see [`fence`].

mod args;
mod assist;
mod control;
mod endpoint;
mod fence;
mod job;
mod lines;
mod os;
mod serve;

use std::process::ExitCode;

use lore_core::StopToken;
use lore_protocol::NO_FOLDER;

use crate::args::{Args, Mode};
use crate::lines::Lines;

fn main() -> ExitCode {
    let stop = StopToken::new();
    os::lower_priority();
    os::limit_memory();
    let args = match Args::parse(std::env::args_os().skip(1)) {
        Ok(args) => args,
        Err(error) => {
            eprintln!("{error:#}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    let lines = match &args.events {
        Some(path) => Lines::to_file(path, stop.clone()),
        None => Ok(Lines::new(stop.clone())),
    };
    let mut lines = match lines {
        Ok(lines) => lines,
        Err(error) => {
            eprintln!("The events cannot be written: {error}");
            return ExitCode::from(NO_FOLDER);
        }
    };
    match &args.mode {
        Mode::Job(path) => job::run(&args, path, &mut lines, &stop),
        Mode::Assist(path) => assist::run(&args, path, &stop),
        Mode::Serve => serve::run(&args, &mut lines, &stop),
        Mode::Endpoint => endpoint::run(&args, &mut lines, &stop),
        Mode::Version => {
            lines.hello();
            ExitCode::SUCCESS
        }
    }
}
