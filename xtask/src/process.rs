//! Starting other programs.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Runs a program, its output shown; an error when it does not end well.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    eprintln!("  $ {}", shown(command));
    let status = command
        .status()
        .with_context(|| format!("Could not start {}", name(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", name(command));
    }
    Ok(())
}

/// Runs a program and returns what it wrote to stdout; `None` when it is missing or failed.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Which of a program's streams [`lines`] reads; the other is shown as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Runs a program, shows each line of one of its streams and hands it to `seen`. True when it ended
/// well.
pub(crate) fn lines(
    command: &mut Command,
    stream: Stream,
    mut seen: impl FnMut(&str),
) -> Result<bool> {
    eprintln!("  $ {}", shown(command));
    match stream {
        Stream::Out => command.stdout(Stdio::piped()),
        Stream::Err => command.stderr(Stdio::piped()),
    };
    let mut child = command
        .spawn()
        .with_context(|| format!("Could not start {}", name(command)))?;
    let pipe: Box<dyn std::io::Read> = match stream {
        Stream::Out => Box::new(child.stdout.take().expect("stdout was piped")),
        Stream::Err => Box::new(child.stderr.take().expect("stderr was piped")),
    };
    for line in BufReader::new(pipe).split(b'\n') {
        let line = line.context("Could not read the program's output")?;
        let line = String::from_utf8_lossy(&line);
        eprintln!("{line}");
        seen(&line);
    }
    Ok(child.wait()?.success())
}

/// True when a program of this name can be started.
pub(crate) fn exists(program: &str, probe: &str) -> bool {
    Command::new(program)
        .arg(probe)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
