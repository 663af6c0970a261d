//! What belongs to the program: the worker, the starter models, Java for worlds that need it.

use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use anyhow::{Context as _, Result};
use lore_core::{ExperimentSpec, JavaWorld, ModelInfo};
use lore_protocol::{JobEvent, JobState, Work};

use super::Found;
use crate::core::Core;
use crate::supervisor::{WorkerProcess, read_lines};

/// How long the worker may take to say who it is; a virus scanner may want to look at it first.
const PATIENCE: Duration = Duration::from_secs(5);

/// The worker program: is it there, and of this version?
pub(super) fn worker(core: &Core) -> Found {
    let again = "Install Lorekeeper again.";
    if !core.worker.path.is_file() {
        return Found::action("The program that does the work is missing", again);
    }
    match version(core) {
        Ok(build) if build == core.code_version => {
            Found::fine(format!("It answers, and is of version {build}"))
        }
        Ok(build) => Found::action(
            format!(
                "It is of version {build}, this window of version {}",
                core.code_version
            ),
            again,
        ),
        Err(error) => Found::action(format!("It does not start: {error:#}"), again),
    }
}

/// Asks the worker who it is.
fn version(core: &Core) -> Result<String> {
    let mut command = core.worker.command(&core.dir);
    command.arg("--version");
    let log = core.dir.root().join("interactive.log");
    let (mut process, stdout) = WorkerProcess::start(command, &log)?;
    let (say, said) = sync_channel(1);
    std::thread::Builder::new()
        .name("asks the worker".into())
        .spawn(move || {
            read_lines(stdout, |line| {
                // The first line is all there is to hear.
                say.try_send(line).ok();
                false
            });
        })?;
    let line = said.recv_timeout(PATIENCE);
    process.end();
    let line = line.context("it said nothing")?;
    match serde_json::from_str(&line) {
        Ok(JobEvent::Hello { build, .. }) => Ok(build),
        _ => anyhow::bail!("it said something else: {line}"),
    }
}

/// The models that everything begins with.
pub(super) fn models(core: &Core) -> Found {
    let usual = ExperimentSpec::default();
    let models = core.models();
    let get = "Get them with one click on the Models page.";
    for id in [&usual.model, &usual.embedder] {
        match models.iter().find(|model| model.id == *id) {
            None => return Found::action(format!("{id} is missing"), get),
            Some(ModelInfo { name, problem, .. }) if !problem.is_empty() => {
                return Found::action(format!("{name} cannot be used: {problem}"), get);
            }
            Some(_) => {}
        }
    }
    match last_check(core) {
        None => Found::notable(
            "They are there; nobody has read them through yet",
            "Check them to be sure that no file was damaged.",
        ),
        Some(Ok(summary)) => {
            Found::fine(format!("They are there, and were read through: {summary}"))
        }
        Some(Err(summary)) => Found::action(summary, "Get the damaged models again."),
    }
}

/// What the newest check of the models found.
fn last_check(core: &Core) -> Option<Result<String, String>> {
    let mut jobs = core.jobs.all().unwrap_or_default();
    jobs.retain(|job| job.info.spec.work == Work::CheckModels);
    jobs.sort_by_key(|job| std::cmp::Reverse(job.info.ended_ms));
    jobs.into_iter().find_map(|job| match job.info.state {
        JobState::Finished { summary } => Some(Ok(summary)),
        JobState::Failed { error } => Some(Err(error.summary)),
        _ => None,
    })
}

/// Java, which only some worlds need.
pub(super) fn java(core: &Core) -> Found {
    let is_needed = JavaWorld::ALL
        .iter()
        .any(|world| core.dir.java_world(*world).is_file());
    of_java(java_program(), is_needed)
}

fn of_java(program: Option<PathBuf>, is_needed: bool) -> Found {
    match (program, is_needed) {
        (Some(path), _) => Found::fine(format!("Found at {}", path.display())),
        (None, true) => Found::action(
            "Not found, and a world that is installed needs it",
            "Install Java 11 or newer.",
        ),
        (None, false) => Found::fine("Not found; only ScienceWorld and TextWorld-Express need it"),
    }
}

/// The `java` of `JAVA_HOME`, else the one in the search path: the one that worlds are run with.
fn java_program() -> Option<PathBuf> {
    let name = format!("java{}", std::env::consts::EXE_SUFFIX);
    let home = std::env::var_os("JAVA_HOME").map(|home| PathBuf::from(home).join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    home.into_iter()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(&name))
        .find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use lore_protocol::FindingState;

    use super::*;

    #[test]
    fn java_is_missed_only_where_it_is_needed() {
        assert_eq!(of_java(None, false).state, FindingState::Fine);
        assert_eq!(of_java(None, true).state, FindingState::Action);
        assert_eq!(
            of_java(Some("/usr/bin/java".into()), true).state,
            FindingState::Fine
        );
    }
}
