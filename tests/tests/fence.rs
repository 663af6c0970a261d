//! The real worker behind its fence: what it is asked to do is done, and what lies beside it is not
//! reached. What a fence holds back call by call is tried in `lore_worker` itself.
//!
//! Needs a built `lore_worker`, and says so and passes without it.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use lore_core::{DataDir, ExportForm, JavaWorld, WorldSpec};
use lore_data::Dataset;
use lore_protocol::{
    CollectWork, ExportTrajectoriesWork, ImportWork, InstallWork, JavaSource, JobSpec, Source, Work,
};
use lore_tests::{built_worker, spec_of};

/// A data folder, and beside it a place for temporary files and a stranger's folder.
struct Scene {
    worker: PathBuf,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        for part in ["data", "temporary", "outside"] {
            fs::create_dir(folder.path().join(part)).expect("is made");
        }
        let worker = built_worker()?;
        Some(Self { worker, folder })
    }

    fn data(&self) -> DataDir {
        DataDir::new(self.folder.path().join("data"))
    }

    fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join("outside").join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.worker);
        command
            .arg("--data")
            .arg(self.data().root())
            // Whatever lies there may be read and written; the stranger's folder must not be below it.
            .env("TMPDIR", self.folder.path().join("temporary"));
        command
    }

    /// Does a job, which is described in a file of its folder.
    fn run(&self, id: &str, work: Work) -> Done {
        let spec = JobSpec {
            work,
            ..spec_of(id, id)
        };
        self.run_spec(&spec)
    }

    fn run_spec(&self, spec: &JobSpec) -> Done {
        let path = self.folder.path().join("data/job.json");
        fs::write(&path, serde_json::to_string(spec).expect("is JSON")).expect("writes");
        let mut child = self
            .command()
            .arg("--job")
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        // Held open: a worker whose input closes stops.
        let stdin = child.stdin.take();
        let output = child.wait_with_output().expect("ends");
        drop(stdin);
        Done::new(&output)
    }
}

/// What a worker said.
struct Done {
    last: String,
    log: String,
}

impl Done {
    fn new(output: &Output) -> Self {
        let said = String::from_utf8_lossy(&output.stdout);
        Self {
            last: said.lines().last().unwrap_or_default().to_owned(),
            log: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    fn finished(&self) {
        let (last, log) = (&self.last, &self.log);
        assert!(last.contains("\"finished\""), "{last}\n{log}");
    }

    /// Failed because the system said no.
    #[track_caller]
    fn was_refused(&self) {
        let (last, log) = (&self.last, &self.log);
        assert!(last.contains("\"failed\""), "{last}\n{log}");
        assert!(log.contains("Permission denied"), "{last}\n{log}");
    }

    /// True where the system holds files, too; says so where it does not.
    #[expect(
        clippy::print_stderr,
        reason = "a test that checks nothing must say so"
    )]
    fn was_fenced(&self) -> bool {
        let gaps = self
            .log
            .lines()
            .filter(|line| line.starts_with("Not fenced"));
        let gaps: Vec<&str> = gaps.collect();
        for gap in &gaps {
            eprintln!("skipped: {gap}");
        }
        gaps.is_empty()
    }
}

fn collect(world: WorldSpec, per_type: usize) -> Work {
    Work::Collect(CollectWork {
        world,
        unseen_types: Vec::new(),
        per_type,
        seed: 7,
        max_steps: 50,
        dataset: "d".into(),
        name: "D".into(),
    })
}

fn export(to: &Path) -> Work {
    Work::ExportTrajectories(ExportTrajectoriesWork {
        source: Source::Dataset { id: "d".into() },
        form: ExportForm::OpenAi,
        path: to.display().to_string(),
    })
}

#[test]
fn a_job_reads_and_writes_what_it_names_and_nothing_else() {
    let Some(scene) = Scene::new() else { return };
    let done = scene.run("collect", collect(WorldSpec::default(), 1));
    done.finished();
    let is_fenced = done.was_fenced();
    scene
        .run("out", export(&scene.outside("mine.jsonl")))
        .finished();
    let written = fs::read_to_string(scene.outside("mine.jsonl")).expect("it was written");
    assert!(written.lines().count() > 1);

    // The whole of it is known to the data folder already.
    let first = written.lines().next().expect("it has a line");
    fs::write(scene.outside("first.jsonl"), first).expect("writes");
    scene
        .run(
            "in",
            Work::Import(ImportWork {
                path: scene.outside("first.jsonl").display().to_string(),
                dataset: "again".into(),
                name: "Again".into(),
                columns: None,
            }),
        )
        .finished();
    Dataset::open(&scene.data(), &"again".into()).expect("it was imported");
    if !is_fenced {
        return;
    }
    // A data set whose file is a link to what the person keeps elsewhere.
    let file = scene.data().dataset(&"d".into()).join("trajectories.jsonl");
    let elsewhere = scene.folder.path().join("private.jsonl");
    fs::rename(&file, &elsewhere).expect("moves");
    symlink(&elsewhere, &file).expect("links");
    let done = scene.run("spy", export(&scene.outside("spied.jsonl")));
    done.was_refused();
    assert!(!scene.outside("spied.jsonl").exists());
}

#[test]
fn a_job_does_not_write_through_a_link() {
    let Some(scene) = Scene::new() else { return };
    let done = scene.run("collect", collect(WorldSpec::default(), 1));
    done.finished();
    if !done.was_fenced() {
        return;
    }
    let private = scene.folder.path().join("private");
    fs::create_dir(&private).expect("is made");
    let target = scene.outside("file.jsonl");
    // Under this name a file is written before it gets its own.
    symlink(private.join("stolen"), scene.outside("file.jsonl.partial")).expect("links");
    scene.run("through", export(&target)).was_refused();
    assert!(
        !private.join("stolen").exists(),
        "it was written through the link"
    );
}

#[test]
fn a_forged_job_gets_no_folder_outside() {
    let Some(scene) = Scene::new() else { return };
    let honest = spec_of("j", "j");
    for id in ["../../outside", "..", "a/b", "", "/etc"] {
        let mut by_name = honest.clone();
        by_name.id = id.into();
        by_name.work = collect(WorldSpec::default(), 1);
        let mut by_experiment = by_name.clone();
        by_experiment.id = "j".into();
        by_experiment.experiment = Some(id.into());
        for forged in [by_name, by_experiment] {
            let done = scene.run_spec(&forged);
            assert!(done.last.contains("\"failed\""), "{id:?}: {}", done.last);
            assert!(done.last.contains("cannot be the name"), "{}", done.last);
        }
    }
    let left = fs::read_dir(scene.folder.path().join("outside")).expect("is listed");
    assert_eq!(left.count(), 0);
}

#[test]
fn what_is_no_job_is_refused_in_words() {
    let Some(scene) = Scene::new() else { return };
    for text in [
        "",
        "{",
        "[]",
        "null",
        "{\"version\": 99999999999999999999}",
        "\u{0}",
    ] {
        let path = scene.folder.path().join("data/job.json");
        fs::write(&path, text).expect("writes");
        let output = scene
            .command()
            .arg("--job")
            .arg(path)
            .output()
            .expect("ends");
        let done = Done::new(&output);
        assert!(done.last.contains("is damaged"), "{text:?}: {}", done.last);
    }
}

/// The long-lived worker, looked at from outside.
#[test]
fn the_system_says_that_the_fence_is_up() {
    let Some(scene) = Scene::new() else { return };
    let mut child = scene
        .command()
        .arg("--serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let mut stdin = child.stdin.take().expect("is a pipe");
    let stdout = child.stdout.take().expect("is a pipe");
    let mut hello = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut hello).expect("reads");
    assert!(hello.contains("hello"), "{hello}");
    let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).expect("it runs");
    let mut num_threads = 0;
    for task in tasks {
        let status = task.expect("is listed").path().join("status");
        // A thread may have ended in between.
        let Ok(status) = fs::read_to_string(status) else {
            continue;
        };
        num_threads += 1;
        assert!(status.contains("NoNewPrivs:\t1"), "{status}");
        assert!(status.contains("Seccomp:\t2"), "{status}");
    }
    assert!(num_threads > 1, "every thread is behind the fence");
    stdin.write_all(b"\n").ok();
    drop(stdin);
    child.wait().expect("ends");
}

/// A world in Java plays behind the fence, where `LOREKEEPER_TEST_WORLDS` names a folder with its wheel
/// and py4j's.
#[test]
#[expect(
    clippy::print_stderr,
    reason = "a test that checks nothing must say so"
)]
fn a_world_in_java_plays_behind_the_fence() {
    let Some(wheels) = std::env::var_os("LOREKEEPER_TEST_WORLDS") else {
        eprintln!("skipped: LOREKEEPER_TEST_WORLDS names no folder with wheels");
        return;
    };
    let Some(scene) = Scene::new() else { return };
    let wheels = fs::read_dir(wheels).expect("the folder is there").flatten();
    let wheels = wheels.filter(|file| file.path().extension().is_some_and(|kind| kind == "whl"));
    for (wheel, number) in wheels.zip(0..) {
        let path = wheel.path().display().to_string();
        let source = JavaSource::File { path };
        let work = Work::InstallWorld(InstallWork { source });
        scene.run(&format!("install-{number}"), work).finished();
    }
    assert!(
        scene
            .data()
            .java_world(JavaWorld::TextWorldExpress)
            .is_file()
    );
    scene
        .run("play", collect(WorldSpec::TextWorldExpress, 1))
        .finished();
    let played = Dataset::open(&scene.data(), &"d".into()).expect("it was made");
    assert!(played.info().num_items > 0);
}
