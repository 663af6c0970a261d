//! A worker that computes nothing: it speaks the protocol and does what the job's title says.

use std::fs::File;
use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::OnceLock;
use std::time::Duration;

use lore_core::{EpisodeEnd, Page, PaintedExample, Step, Task, TaskId, Trajectory, WorldSpec};
use lore_protocol::{
    Answer, ApiError, Door, EndpointLine, GameView, JobEvent, JobSpec, Level, MachineSpeed,
    NO_FOLDER, PROTOCOL_VERSION, Progress, Question, Said, ServedTrial, Speaker, Work, WorkerReply,
    WorkerRequest, WorldAnswer, WorldQuestion,
};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let after = |name: &str| {
        let place = args.iter().position(|arg| arg == name)?;
        args.get(place + 1)
    };
    if args.iter().any(|arg| arg == "--linger") {
        std::thread::sleep(Duration::from_mins(10));
        return ExitCode::SUCCESS;
    }
    if let Some(path) = after("--assist") {
        return assist(Path::new(path));
    }
    if let Some(path) = after("--events") {
        let Ok(file) = File::create(path) else {
            return ExitCode::from(NO_FOLDER);
        };
        EVENTS.set(file).expect("is set once");
    }
    say(&JobEvent::Hello {
        protocol: PROTOCOL_VERSION,
        pid: std::process::id(),
        build: "fake".into(),
    });
    if args.iter().any(|arg| arg == "--endpoint") {
        return endpoint();
    }
    match after("--job") {
        Some(path) => act(Path::new(path)),
        None => serve(after("--data").map(Path::new)),
    }
}

/// Where lines go on another computer.
static EVENTS: OnceLock<File> = OnceLock::new();

fn say(value: &impl serde::Serialize) {
    let text = serde_json::to_string(value).expect("is JSON");
    line(&text);
}

fn line(text: &str) {
    // The application may have gone; then there is nobody to tell.
    match EVENTS.get() {
        Some(mut file) => writeln!(file, "{text}").ok(),
        None => writeln!(stdout(), "{text}").ok(),
    };
}

fn metric(step: u64) {
    say(&JobEvent::Metric {
        name: "train/loss".into(),
        step,
        value: 1.0 / step as f64,
    });
}

fn finish(summary: &str) -> ExitCode {
    say(&JobEvent::Finished {
        summary: summary.into(),
    });
    ExitCode::SUCCESS
}

fn fail(summary: &str) -> ExitCode {
    say(&JobEvent::Failed {
        error: ApiError::new(summary),
    });
    ExitCode::FAILURE
}

fn wait_for_stop() {
    if EVENTS.get().is_some() {
        // There, a stop is a signal, which ends this one.
        std::thread::sleep(Duration::from_mins(10));
    }
    let mut text = String::new();
    // A line or the end of input: both mean stop.
    stdin().lock().read_line(&mut text).ok();
}

fn act(path: &Path) -> ExitCode {
    let text = std::fs::read_to_string(path).expect("the job can be read");
    let spec: JobSpec = serde_json::from_str(&text).expect("the job is whole");
    let folder = path.parent().expect("a file stands in a folder");
    let plot = match &spec.experiment {
        Some(experiment) => experiment.as_str(),
        None => &spec.title,
    };
    match plot {
        "crash" => {
            eprintln!("boom: the last words");
            ExitCode::from(3)
        }
        "fail" => fail("It was meant to fail."),
        "broken-training" if matches!(spec.work, Work::Train(_)) => fail("Training broke."),
        "obey" => obey(folder),
        "ignore" => ignore(folder),
        "garbage" => garbage(),
        "flood" => flood(),
        "wait" => wait_for_file(folder),
        _ => {
            say(&JobEvent::Progress(Progress {
                stage: "pretending".into(),
                done: 1,
                total: 2,
                unit: "steps".into(),
                secs_left: Some(1.0),
            }));
            metric(1);
            finish("All was done.")
        }
    }
}

/// Notes that it came, and computes until it is ended.
fn assist(path: &Path) -> ExitCode {
    let folder = path.parent().expect("a file stands in a folder");
    assert!(path.exists(), "there is no job");
    let mark = folder.join(format!("assistant-{}", std::process::id()));
    std::fs::write(mark, "").expect("writes");
    std::thread::sleep(Duration::from_mins(10));
    ExitCode::SUCCESS
}

/// Saves, waits to be stopped, and finishes when it is resumed.
fn obey(folder: &Path) -> ExitCode {
    let saved = folder.join("saved");
    if saved.exists() {
        return finish("Went on and finished.");
    }
    std::fs::write(&saved, "1").expect("writes");
    say(&JobEvent::Checkpoint { step: 1 });
    wait_for_stop();
    say(&JobEvent::Cancelled { resumable: true });
    ExitCode::SUCCESS
}

/// Starts a process of its own and does not listen.
fn ignore(folder: &Path) -> ExitCode {
    let program = std::env::current_exe().expect("knows itself");
    let child = Command::new(program)
        .arg("--linger")
        .spawn()
        .expect("starts another");
    std::fs::write(folder.join("child"), child.id().to_string()).expect("writes");
    say(&JobEvent::Checkpoint { step: 1 });
    std::thread::sleep(Duration::from_mins(10));
    drop(child);
    ExitCode::SUCCESS
}

fn garbage() -> ExitCode {
    line("loading model…");
    line("{\"event\": \"nonsense\"}");
    line("{ cut");
    stdout().write_all(b"\xff\xfe\x00\n").ok();
    line(&"x".repeat(1 << 20));
    say(&JobEvent::Message {
        level: Level::Warning,
        text: "between".into(),
    });
    finish("Said a lot.")
}

fn flood() -> ExitCode {
    for step in 1..=20_000 {
        metric(step);
    }
    finish("Said a lot more.")
}

/// Waits until a file `go` stands in the job's folder, on several threads as real work is done.
fn wait_for_file(folder: &Path) -> ExitCode {
    let rest = || std::thread::sleep(Duration::from_mins(10));
    let other = std::thread::Builder::new().spawn(rest);
    drop(other.expect("a thread"));
    while !folder.join("go").exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    finish("Waited.")
}

/// A world in which everything is seen and nothing ends.
fn play(game: &mut Option<GameView>, question: WorldQuestion) -> WorldAnswer {
    match question {
        WorldQuestion::Tasks { .. } => WorldAnswer::Tasks(Page::default()),
        WorldQuestion::Try { server } => {
            WorldAnswer::Game(Box::new(begin(WorldSpec::Server(server), "first".into())))
        }
        WorldQuestion::Begin { world, task } => {
            let view = game.insert(begin(world, task));
            WorldAnswer::Game(Box::new(view.clone()))
        }
        WorldQuestion::Act { action } => {
            let view = game.get_or_insert_with(|| begin(WorldSpec::default(), "first".into()));
            view.trajectory.steps.push(Step {
                observation: format!("You did {action:?}."),
                action,
                ..Step::default()
            });
            view.trajectory.id = view.trajectory.content_id();
            WorldAnswer::Game(Box::new(view.clone()))
        }
        WorldQuestion::Suggest => WorldAnswer::Actions(vec!["look".into()]),
        WorldQuestion::Leave => {
            *game = None;
            WorldAnswer::Left
        }
    }
}

fn begin(world: WorldSpec, task: TaskId) -> GameView {
    let task = Task {
        id: task,
        task_type: "look".into(),
        ..Task::default()
    };
    let end = EpisodeEnd::Truncated;
    GameView {
        world,
        trajectory: Trajectory::new(task, "person", "You see everything.", Vec::new(), end),
        admissible: vec!["look".into()],
        templates: Vec::new(),
        end: None,
    }
}

/// An endpoint that nobody can call; it breaks with models called `broken`.
fn endpoint() -> ExitCode {
    let mut lines = stdin().lock().lines().map_while(Result::ok);
    let line = lines.next().unwrap_or_default();
    let speaker: Speaker = serde_json::from_str(&line).expect("a speaker");
    if speaker.model.as_str() == "broken" {
        return ExitCode::from(9);
    }
    say(&EndpointLine::Open {
        door: Door {
            address: "http://127.0.0.1:1/v1".into(),
            token: "lore-secret".into(),
            model: speaker.name().into(),
        },
    });
    say(&EndpointLine::Answered { num_answered: 1 });
    lines.for_each(drop);
    ExitCode::SUCCESS
}

/// Answers questions. Measuring a model called `slow` takes until `measured` stands in the data folder.
fn serve(data: Option<&Path>) -> ExitCode {
    let mut game = None;
    for text in stdin().lock().lines().map_while(Result::ok) {
        let request: WorkerRequest = serde_json::from_str(&text).expect("a question");
        let answer = match request.question {
            Question::Embed { texts, .. } => Answer::Vectors(vec![vec![1.0, 0.0]; texts.len()]),
            // A failed episode is what this one cannot bear.
            Question::Paint { trajectory, .. } if trajectory.end == EpisodeEnd::Failure => {
                return ExitCode::from(9);
            }
            Question::Paint { .. } => Answer::Painted(Box::new(PaintedExample {
                num_learned: 7,
                ..PaintedExample::default()
            })),
            Question::Score { .. } => Answer::Scores(Vec::new()),
            Question::Talk { turns, .. } => {
                let said = |text: &str| Said {
                    text: text.into(),
                    ..Said::default()
                };
                for turn in 0..turns.len() {
                    let saying = Answer::Saying {
                        turn,
                        said: said("lo"),
                    };
                    say(&WorkerReply {
                        id: request.id,
                        result: Ok(saying),
                    });
                }
                Answer::Said(vec![said("look"); turns.len()])
            }
            Question::Measure { model } => {
                let done = data.map(|data| data.join("measured"));
                while model.as_str() == "slow" && done.as_ref().is_some_and(|it| !it.exists()) {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Answer::Speed(MachineSpeed {
                    prefill_tokens_per_sec: 300.0,
                    decode_tokens_per_sec: 30.0,
                    train_tokens_per_sec: 100.0,
                    measured: true,
                })
            }
            Question::World(question) => Answer::World(play(&mut game, question)),
            Question::TryServed { model, key } => Answer::Served(ServedTrial {
                models: vec![model.model.clone()],
                // Tells that the key came, but not the key.
                word: Some((key.map_or("no key", |_| "a key").to_owned(), 1)),
            }),
        };
        say(&WorkerReply {
            id: request.id,
            result: Ok(answer),
        });
    }
    ExitCode::SUCCESS
}
