//! What leaves the computer in a support report: never a secret, wherever it was written down.

use std::fs;
use std::path::Path;

use lore_core::DataDir;
use lore_protocol::{
    ApiError, Check, FindingState, JobEvent, JobLine, JobSpec, JobState, Level, LogFilter, LogLine,
    LogSource, ReportFile, Request, Response, SupportRequest, SupportResponse,
};
use lore_tests::{Stage, spec_of};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

fn stage() -> Stage {
    Stage::new(Path::new(env!("CARGO_BIN_EXE_fake_worker")))
}

fn ask(stage: &mut Stage, request: SupportRequest) -> SupportResponse {
    match stage.ask(Request::Support(request)) {
        Ok(Response::Support(response)) => response,
        other => panic!("no answer: {other:?}"),
    }
}

fn compose(stage: &mut Stage) -> Vec<ReportFile> {
    match ask(stage, SupportRequest::Compose) {
        SupportResponse::Report(files) => files,
        other => panic!("no report: {other:?}"),
    }
}

/// Letters and digits that nobody would guess.
fn random(dice: &mut StdRng, letters: &[u8], len: usize) -> String {
    (0..len)
        .map(|_| char::from(*letters.choose(dice).expect("some")))
        .collect()
}

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const HEX: &[u8] = b"0123456789abcdef";
const MIXED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A text with a secret in it, and the secret. `form` picks the shape.
fn plant(dice: &mut StdRng, form: usize) -> (String, String) {
    let word = random(dice, LOWER, 12);
    let key = random(dice, MIXED, 32);
    let hex = random(dice, HEX, 40);
    let home = std::env::home_dir()
        .unwrap_or_default()
        .display()
        .to_string();
    match form {
        0 => (format!("password={word}"), word),
        1 => (format!("PASSWORD: \"{word} {word}\""), word),
        2 => (format!("{{\"apiKey\": \"{word}\", \"n\": 1}}"), word),
        3 => (format!("Authorization: Bearer {word}"), word),
        4 => (format!("curl --token {word} x"), word),
        5 => (format!("HF_TOKEN={word}"), word),
        6 => (format!("hf_{key}"), key),
        7 => (format!("using sk-{key} now"), key),
        8 => (format!("ghp_{key}"), key),
        9 => (format!("read {key} there"), key),
        10 => (format!("id {hex}"), hex),
        11 => (format!("https://{word}:{key}@example.org/x"), word),
        12 => (format!("GET https://example.org/a?q={word}#x"), word),
        13 => (format!("write to {word}@example.org"), word),
        14 => (format!("write to {word}.x@mail.example.org please"), word),
        15 => (
            format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----"),
            key,
        ),
        16 => (format!("in /home/{word}/Documents"), word),
        17 => (format!("in C:\\Users\\{word}\\x"), word),
        18 => (format!("Set-Cookie: a={word}; Path=/"), word),
        19 => (
            format!("could not parse \"{}{word}\"", "You see a mug. ".repeat(8)),
            word,
        ),
        20 => (format!("secret => '{word}'"), word),
        21 => (format!("{home}/{word}@x.org"), home),
        _ => (format!("the passphrase is {word}"), word),
    }
}

const NUM_FORMS: usize = 23;

/// Writes the text wherever something is written down.
fn spread(dir: &DataDir, number: usize, text: &str) {
    let id = format!("failed-{number}");
    let folder = dir.job(None, &id.as_str().into());
    fs::create_dir_all(&folder).expect("makes");
    let mut spec: JobSpec = spec_of(&id, text);
    text.clone_into(&mut spec.code_version);
    let spec = serde_json::to_string(&spec).expect("is JSON");
    fs::write(folder.join("job.json"), spec).expect("writes");
    let message = JobEvent::Message {
        level: Level::Warning,
        text: text.to_owned(),
    };
    let failed = JobEvent::Failed {
        error: ApiError {
            details: format!("because:\n{text}"),
            ..ApiError::new(text)
        },
    };
    let events: String = [(1, message), (2, failed)]
        .into_iter()
        .map(|(seq, event)| {
            let ms = number as u64;
            serde_json::to_string(&JobLine { seq, ms, event }).expect("is JSON") + "\n"
        })
        .collect();
    fs::write(folder.join("events.jsonl"), events).expect("writes");
    let log = format!(
        "plain\n{text}\n{}\n",
        serde_json::json!({"goal": text, "summary": text})
    );
    fs::write(folder.join("worker.log"), &log).expect("writes");
    for name in ["interactive.log", "endpoint.log", "logs/lorekeeper.log"] {
        let path = dir.root().join(name);
        fs::create_dir_all(path.parent().expect("in a folder")).expect("makes");
        let old = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, format!("{old}2026-11-30T08:06:21.000Z WARN x: {log}")).expect("writes");
    }
}

/// Everything that the saved file holds, unpacked.
fn saved(path: &Path) -> String {
    let mut zip = zip::ZipArchive::new(fs::File::open(path).expect("opens")).expect("is a zip");
    let mut all = String::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).expect("is whole");
        all.push_str(file.name());
        all.push('\n');
        std::io::Read::read_to_string(&mut file, &mut all).expect("is text");
    }
    all
}

#[test]
fn no_secret_leaves_in_a_report() {
    let mut dice = StdRng::seed_from_u64(7);
    // Ten failed jobs are told about at most, so the forms come in turns.
    let forms: Vec<usize> = (0..NUM_FORMS).collect();
    for forms in forms.chunks(8) {
        let secrets: Vec<(String, String)> =
            forms.iter().map(|form| plant(&mut dice, *form)).collect();
        let mut stage = stage().reopen_after(|dir| {
            for (number, (text, _)) in secrets.iter().enumerate() {
                spread(dir, number, text);
            }
        });
        let files = compose(&mut stage);
        let jobs = files.iter().filter(|file| file.name.ends_with("job.json"));
        assert_eq!(jobs.count(), forms.len(), "{files:?}");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.zip");
        let save = SupportRequest::Save {
            path: path.display().to_string(),
        };
        assert_eq!(stage.ask(Request::Support(save)), Ok(Response::Done));
        let all = saved(&path);
        for (text, secret) in &secrets {
            assert!(
                !all.contains(secret.as_str()),
                "{secret:?} of {text:?} is in the report"
            );
        }
        // What is shown is what is saved.
        for file in &files {
            let name = file.name.clone();
            match ask(&mut stage, SupportRequest::Read { name }) {
                SupportResponse::Text { text, .. } => assert!(all.contains(&text)),
                other => panic!("no text: {other:?}"),
            }
        }
    }
}

#[test]
fn what_people_and_agents_wrote_stays_here() {
    let mut stage = stage();
    let dir = stage.dir();
    let story = "you are in the middle of a room with a suspicious armoire";
    for path in [
        "datasets/d/trajectories.jsonl",
        "marks.json",
        "experiments/e/experiment.json",
    ] {
        let path = dir.root().join(path);
        fs::create_dir_all(path.parent().expect("in a folder")).expect("makes");
        fs::write(path, story).expect("writes");
    }
    let files = compose(&mut stage);
    for file in files {
        let name = file.name;
        match ask(&mut stage, SupportRequest::Read { name: name.clone() }) {
            SupportResponse::Text { text, .. } => {
                assert!(!text.contains("armoire"), "{name}: {text}");
                let is_list = name == "files.txt";
                assert_eq!(
                    is_list,
                    text.contains("datasets/d/trajectories.jsonl"),
                    "{name}"
                );
            }
            other => panic!("no text: {other:?}"),
        }
    }
}

#[test]
fn a_report_is_shown_before_it_is_saved() {
    let mut stage = stage();
    let path = stage
        .dir()
        .root()
        .with_extension("zip")
        .display()
        .to_string();
    let save = SupportRequest::Save { path };
    let error = stage
        .ask(Request::Support(save))
        .expect_err("there is none yet");
    assert!(error.summary.contains("first"), "{error:?}");
}

#[test]
fn health_is_looked_at_within_a_second() {
    let mut stage = stage();
    let began = std::time::Instant::now();
    let SupportResponse::Health(findings) = ask(&mut stage, SupportRequest::Health) else {
        panic!("no findings");
    };
    let took = began.elapsed();
    assert!(took < std::time::Duration::from_secs(3), "took {took:?}");
    let checks: Vec<Check> = findings.iter().map(|finding| finding.check).collect();
    assert_eq!(checks, Check::ALL);
    let of = |check| {
        findings
            .iter()
            .find(|found| found.check == check)
            .expect("was looked at")
    };
    // The fake worker is of another version, and no model is there.
    assert_eq!(of(Check::Worker).state, FindingState::Action);
    assert!(of(Check::Worker).summary.contains("fake"), "{findings:?}");
    assert_eq!(of(Check::Models).state, FindingState::Action);
    assert_eq!(of(Check::DataFolder).advice, "", "{findings:?}");
    for finding in &findings {
        let needs_advice = finding.state == FindingState::Action;
        assert!(!needs_advice || !finding.advice.is_empty(), "{finding:?}");
    }
}

#[test]
fn a_worker_at_work_is_nothing_left_behind() {
    let mut stage = stage();
    let id = stage.submit("wait");
    stage.wait(&id, |job| job.state == JobState::Running);
    // It has started its threads by then, which the system lists like processes.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let SupportResponse::Health(findings) = ask(&mut stage, SupportRequest::Health) else {
        panic!("no findings");
    };
    let left = findings.iter().find(|it| it.check == Check::Leftovers);
    assert_eq!(
        left.expect("is looked at").state,
        FindingState::Fine,
        "{left:?}"
    );
    std::fs::write(stage.dir().job(None, &id).join("go"), "").expect("writes");
    stage.wait_for_end(&id);
}

fn log(stage: &mut Stage, filter: LogFilter) -> Vec<LogLine> {
    let request = SupportRequest::Log {
        filter,
        offset: 0,
        limit: 100,
    };
    match ask(stage, request) {
        SupportResponse::Log(page) => {
            assert_eq!(page.total, page.rows.len() as u64);
            page.rows
        }
        other => panic!("no log: {other:?}"),
    }
}

#[test]
fn what_workers_said_is_found() {
    let mut stage = stage();
    let job = stage.submit("crash");
    stage.wait_for_end(&job);
    let lines = log(&mut stage, LogFilter::default());
    assert!(
        lines
            .iter()
            .any(|line| line.text.contains("boom: the last words")),
        "{lines:#?}"
    );
    assert!(
        lines.iter().all(|line| line.source_name == "crash"),
        "{lines:#?}"
    );
    let problems = log(
        &mut stage,
        LogFilter {
            only_problems: true,
            ..LogFilter::default()
        },
    );
    assert!(
        problems.len() < lines.len() && !problems.is_empty(),
        "{problems:#?}"
    );
    let source = Some(LogSource::Program);
    let program = log(
        &mut stage,
        LogFilter {
            source,
            ..LogFilter::default()
        },
    );
    assert_eq!(program, [], "these tests write no log of their own");
    let text = log(
        &mut stage,
        LogFilter {
            text: "BOOM".into(),
            ..LogFilter::default()
        },
    );
    assert!(!text.is_empty(), "small and large letters are the same");
}
