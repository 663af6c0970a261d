//! What a worker says on its standard output, whatever it is asked to do.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context as _, Result, ensure};
use lore_core::{DatasetId, JobId, WorldSpec};
use lore_protocol::{
    CollectWork, JobEvent, JobSpec, NO_FOLDER, PROTOCOL_VERSION, Question, ReportWork, Work,
    WorkerReply, WorkerRequest,
};

fn spec(work: Work) -> JobSpec {
    JobSpec {
        version: PROTOCOL_VERSION,
        id: JobId::from("job"),
        title: "A job".to_owned(),
        experiment: None,
        resources: work.resources(),
        work,
        cluster: None,
        after: Vec::new(),
        created_ms: 1,
        code_version: "test".to_owned(),
        threads: 1,
        assistants: 0,
    }
}

fn collect(per_type: usize) -> Work {
    Work::Collect(CollectWork {
        world: WorldSpec::Generated {
            seed: 1,
            small: true,
        },
        unseen_types: Vec::new(),
        per_type,
        seed: 1,
        max_steps: 50,
        dataset: DatasetId::from("episodes"),
        name: "Episodes".to_owned(),
    })
}

fn start(data: &Path, args: &[&str]) -> Result<Child> {
    Command::new(env!("CARGO_BIN_EXE_lore_worker"))
        .arg("--data")
        .arg(data)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("the worker starts")
}

/// Runs the job file to its end with standard input open, and returns what was said.
fn run(data: &Path, job: &str) -> Result<(Vec<JobEvent>, Output)> {
    let path = data.join("job.json");
    std::fs::write(&path, job)?;
    let path = path.to_string_lossy().into_owned();
    let mut child = start(data, &["--job", &path])?;
    let stdin = child.stdin.take();
    let output = child.wait_with_output()?;
    drop(stdin);
    Ok((conversation(&output)?, output))
}

/// Every line as an event: hello first, one last word, nothing after it.
fn conversation(output: &Output) -> Result<Vec<JobEvent>> {
    let text = String::from_utf8(output.stdout.clone())?;
    let events = text
        .lines()
        .map(serde_json::from_str)
        .collect::<serde_json::Result<Vec<JobEvent>>>()
        .context("every line is an event")?;
    ensure!(matches!(
        events.first(),
        Some(JobEvent::Hello {
            protocol: PROTOCOL_VERSION,
            ..
        })
    ));
    let num_last_words = events.iter().filter(|event| event.is_terminal()).count();
    ensure!(num_last_words == 1, "{num_last_words} last words");
    ensure!(events.last().is_some_and(JobEvent::is_terminal));
    Ok(events)
}

#[test]
fn a_job_ends_with_what_came_out() -> Result<()> {
    let data = tempfile::tempdir()?;
    let job = serde_json::to_string(&spec(collect(1)))?;
    let (events, output) = run(data.path(), &job)?;
    assert!(output.status.success());
    assert!(
        matches!(events.last(), Some(JobEvent::Finished { .. })),
        "{events:?}"
    );
    assert!(
        events
            .iter()
            .any(|event| matches!(event, JobEvent::Progress(_)))
    );
    assert!(data.path().join("datasets/episodes/dataset.json").exists());
    let (again, _) = run(data.path(), &job)?;
    assert_eq!(
        again.last(),
        events.last(),
        "doing it again changes nothing"
    );
    Ok(())
}

#[test]
fn failures_are_told_in_words() -> Result<()> {
    let data = tempfile::tempdir()?;
    let missing = serde_json::to_string(&spec(Work::Report(ReportWork {
        experiment: "none".into(),
    })))?;
    let mut outdated = spec(collect(1));
    outdated.version += 1;
    let outdated = serde_json::to_string(&outdated)?;
    for job in [missing.as_str(), outdated.as_str(), "{ half", ""] {
        let (events, output) = run(data.path(), job)?;
        assert_eq!(output.status.code(), Some(1));
        let Some(JobEvent::Failed { error }) = events.last() else {
            panic!("{job:?} cannot work: {events:?}");
        };
        assert!(
            error.summary.ends_with('.'),
            "{:?} is a sentence",
            error.summary
        );
    }
    Ok(())
}

#[test]
fn a_worker_does_not_outlive_its_application() -> Result<()> {
    let data = tempfile::tempdir()?;
    let path = data.path().join("job.json");
    std::fs::write(&path, serde_json::to_string(&spec(collect(2000)))?)?;
    let mut child = start(data.path(), &["--job", &path.to_string_lossy()])?;
    drop(child.stdin.take());
    let events = conversation(&child.wait_with_output()?)?;
    assert!(
        matches!(events.last(), Some(JobEvent::Cancelled { .. })),
        "{events:?}"
    );
    Ok(())
}

#[test]
fn on_another_computer_lines_go_into_a_file_and_nobody_holds_the_input() -> Result<()> {
    let data = tempfile::tempdir()?;
    let folder = data.path().join("jobs").join("job");
    std::fs::create_dir_all(&folder)?;
    let (path, events) = (folder.join("job.json"), folder.join("told.jsonl"));
    std::fs::write(&path, serde_json::to_string(&spec(collect(1)))?)?;
    let (path, into) = (path.to_string_lossy(), events.to_string_lossy());
    let mut child = start(data.path(), &["--job", &path, "--events", &into])?;
    drop(child.stdin.take());
    let output = child.wait_with_output()?;
    assert!(output.status.success());
    assert!(output.stdout.is_empty());
    let told = std::fs::read(&events)?;
    let told = conversation(&Output {
        stdout: told,
        ..output
    })?;
    assert!(
        matches!(told.last(), Some(JobEvent::Finished { .. })),
        "{told:?}"
    );
    let gone = data.path().join("gone").join("told.jsonl");
    let gone = gone.to_string_lossy();
    let output = start(data.path(), &["--job", &path, "--events", &gone])?.wait_with_output()?;
    assert_eq!(output.status.code(), Some(NO_FOLDER.into()));
    Ok(())
}

#[test]
fn questions_are_answered_by_number() -> Result<()> {
    let data = tempfile::tempdir()?;
    let mut child = start(data.path(), &["--serve"])?;
    let mut stdin = child.stdin.take().context("piped")?;
    let request = WorkerRequest {
        id: 7,
        question: Question::Measure {
            model: "none".into(),
        },
    };
    writeln!(stdin, "this is no question")?;
    writeln!(stdin, "{}", serde_json::to_string(&request)?)?;
    drop(stdin);
    let output = child.wait_with_output()?;
    let text = String::from_utf8(output.stdout)?;
    let last = text.lines().last().context("said something")?;
    let reply: WorkerReply = serde_json::from_str(last)?;
    assert_eq!(reply.id, 7);
    let error = reply.result.err().context("there is no such model")?;
    assert_eq!(error.code, lore_protocol::ErrorCode::ModelMissing);
    Ok(())
}

#[test]
fn a_wrong_command_line_says_how_it_goes() -> Result<()> {
    let data = tempfile::tempdir()?;
    let output = start(data.path(), &["--dance"])?.wait_with_output()?;
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    Ok(())
}
