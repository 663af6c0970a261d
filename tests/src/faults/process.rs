//! What can happen to whole processes: they are killed, hang, run out of memory, or run twice.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::programs::{Running, processes_of, signal};
use super::scene::Word;
use super::scenes::{CLOSING, DEAF_WORKER, KILLED_WORKER, STUCK_WORKER, Scene};
use super::tour::{Random, Tour};
use super::trial::{Copy, Outcome, Rehearsal, Victim, words};

/// The longest that a scene may take.
const PATIENCE: Duration = Duration::from_mins(8);

/// Most tries of each kind with the worker that pretends.
const TRIES: u64 = 4;

/// Scenes of processes, with the worker that pretends.
pub(super) fn all(tour: &mut Tour<'_>, start: &Path) {
    trials(tour, start, &KILLED_WORKER, "worker killed", killed_worker);
    trials(
        tour,
        start,
        &STUCK_WORKER,
        "worker hangs when asked to stop",
        stuck_worker,
    );
    trials(
        tour,
        start,
        &CLOSING,
        "worker hangs when the window closes",
        stuck_worker,
    );
    trials(
        tour,
        start,
        &KILLED_WORKER,
        "application killed",
        killed_application,
    );
    trials(
        tour,
        start,
        &DEAF_WORKER,
        "application killed, worker deaf",
        deaf_worker,
    );
    trials(tour, start, &STUCK_WORKER, "started twice", started_twice);
}

fn trials(
    tour: &mut Tour<'_>,
    start: &Path,
    scene: &Scene,
    fault: &str,
    attempt: fn(&Rehearsal<'_>) -> Outcome,
) {
    let name = format!("{}: {fault}", scene.name);
    if !tour.wants(&name) {
        return;
    }
    let stage = Rehearsal::plain(tour.programs, scene, start);
    for number in 1..=TRIES.min(tour.wishes.tries as u64) {
        let outcome = attempt(&stage);
        tour.note(fault, "worker and application", &name, number, &outcome);
    }
}

/// A scene that is waiting for us.
struct Waiting<'a> {
    stage: &'a Rehearsal<'a>,
    copy: Copy,
    driver: Running,
}

impl<'a> Waiting<'a> {
    fn start(stage: &'a Rehearsal<'a>) -> Self {
        let copy = Copy::new(&stage.start);
        let command = stage
            .programs
            .drive(stage.scene.name, &copy.data(), stage.worker());
        let driver = Running::start(command, &copy.notes());
        let waiting = Self {
            stage,
            copy,
            driver,
        };
        let deadline = Instant::now() + PATIENCE;
        while !waiting.copy.root().join("ready").exists() {
            assert!(Instant::now() < deadline, "{}", waiting.driver.output());
            std::thread::sleep(Duration::from_millis(5));
        }
        waiting
    }

    /// The workers, without the application.
    fn workers(&self) -> Vec<u32> {
        let all = processes_of(&self.copy.data()).into_iter();
        all.filter(|pid| *pid != self.driver.child.id()).collect()
    }

    fn go_on(&self) {
        fs::write(self.copy.root().join("go"), "").expect("writes");
    }

    fn end(self, victim: Victim) -> Outcome {
        let ended = self.driver.wait(PATIENCE);
        self.stage.judge(victim, &self.copy, &ended)
    }
}

fn killed_worker(stage: &Rehearsal<'_>) -> Outcome {
    let waiting = Waiting::start(stage);
    for pid in waiting.workers() {
        signal(pid, "-KILL");
    }
    waiting.go_on();
    waiting.end(Victim::Worker)
}

fn stuck_worker(stage: &Rehearsal<'_>) -> Outcome {
    let waiting = Waiting::start(stage);
    for pid in waiting.workers() {
        signal(pid, "-STOP");
    }
    waiting.go_on();
    waiting.end(Victim::Worker)
}

fn killed_application(stage: &Rehearsal<'_>) -> Outcome {
    let waiting = Waiting::start(stage);
    signal(waiting.driver.child.id(), "-KILL");
    waiting.end(Victim::Application)
}

/// The worker stays until the next start; then it must go, with the process that it started.
fn deaf_worker(stage: &Rehearsal<'_>) -> Outcome {
    let waiting = Waiting::start(stage);
    let job = waiting
        .copy
        .data()
        .join("jobs")
        .join("measure-speed-ignore");
    let child = fs::read_to_string(job.join("child")).expect("a number");
    let workers = waiting.workers();
    signal(waiting.driver.child.id(), "-KILL");
    let ended = waiting.driver.wait(PATIENCE);
    let opened = stage.look(&waiting.copy);
    let is_alive = |pid: &str| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    let old = workers.iter().map(u32::to_string).chain([child]);
    let left: Vec<String> = old.filter(|pid| is_alive(pid)).collect();
    for pid in left.iter().filter_map(|pid| pid.parse().ok()) {
        signal(pid, "-KILL");
    }
    match opened {
        Err(why) => Outcome::Failed(vec![why]),
        Ok(_) if !left.is_empty() => {
            Outcome::Failed(vec![format!("processes outlive the next start: {left:?}")])
        }
        Ok(_) => stage.judge(Victim::Application, &waiting.copy, &ended),
    }
}

/// The second application says so and leaves; the first goes on.
fn started_twice(stage: &Rehearsal<'_>) -> Outcome {
    let waiting = Waiting::start(stage);
    let data = waiting.copy.data();
    let second = stage.programs.drive("look", &data, stage.worker());
    let folder = waiting.copy.notes().join("second");
    fs::create_dir(&folder).expect("makes a folder");
    let second = Running::start(second, &folder).wait(PATIENCE);
    waiting.go_on();
    let said = words(&second.output);
    match &said[..] {
        [Word::NotOpened(error)] if error.summary.contains("already open") => {
            match waiting.end(Victim::Nobody) {
                Outcome::NoHarm => Outcome::OneSentence,
                other => other,
            }
        }
        _ => Outcome::Failed(vec![format!(
            "the second application said {:?} {}",
            second.output, second.errors
        )]),
    }
}

/// Processes of one scene with the real worker: killed at odd moments, and short of memory.
pub(super) fn of_scene(tour: &mut Tour<'_>, stage: &Rehearsal<'_>) {
    if !stage.scene.needs_worker {
        return;
    }
    let place = format!("real worker: {}", stage.scene.name);
    let mut random = Random(tour.wishes.seed);
    let took = duration(stage);
    for (fault, victim) in [
        ("worker killed", Victim::Worker),
        ("application killed", Victim::Application),
    ] {
        let name = format!("{}: {fault}", stage.scene.name);
        for number in 1..=3 {
            let part = (random.below(900) as u32 + 50 + 100 * number) % 1000;
            if tour.wants(&name) {
                let outcome = killed_after(stage, took * part / 1000, victim);
                tour.note(fault, &place, &name, number.into(), &outcome);
            }
        }
    }
    let fault = "memory runs out";
    let name = format!("{}: {fault}", stage.scene.name);
    for (number, megabytes) in [100, 200, 400].into_iter().enumerate() {
        if tour.wants(&name) {
            let outcome = short_of_memory(stage, megabytes);
            tour.note(fault, &place, &name, number as u64, &outcome);
        }
    }
}

/// How long the scene takes.
fn duration(stage: &Rehearsal<'_>) -> Duration {
    let copy = Copy::new(&stage.start);
    let began = Instant::now();
    stage.run(&copy, None);
    began.elapsed()
}

/// Kills somebody after a time. The scene itself resumes a job whose worker was killed.
fn killed_after(stage: &Rehearsal<'_>, after: Duration, victim: Victim) -> Outcome {
    let copy = Copy::new(&stage.start);
    let command = stage
        .programs
        .drive(stage.scene.name, &copy.data(), stage.worker());
    let driver = Running::start(command, &copy.notes());
    std::thread::sleep(after);
    let application = driver.child.id();
    let mut victims = vec![application];
    if victim == Victim::Worker {
        victims = processes_of(&copy.data());
        victims.retain(|pid| *pid != application);
    }
    for pid in &victims {
        signal(*pid, "-KILL");
    }
    let ended = driver.wait(PATIENCE);
    let was_alive = ended.status.is_none_or(|status| status.code().is_none());
    match victim {
        Victim::Application if !was_alive => Outcome::NotReached,
        Victim::Worker if victims.is_empty() => Outcome::NotReached,
        _ => stage.judge(victim, &copy, &ended),
    }
}

/// Gives the worker so much memory and no more.
fn short_of_memory(stage: &Rehearsal<'_>, megabytes: u64) -> Outcome {
    let copy = Copy::new(&stage.start);
    let program = copy.notes().join("small_worker");
    let text = format!(
        "#!/bin/sh\nulimit -v {}\nexec {} \"$@\"\n",
        megabytes * 1024,
        stage.worker().display()
    );
    fs::write(&program, text).expect("writes");
    make_executable(&program);
    let command = stage
        .programs
        .drive(stage.scene.name, &copy.data(), &program);
    let ended = Running::start(command, &copy.notes()).wait(PATIENCE);
    stage.judge(Victim::Nobody, &copy, &ended)
}

fn make_executable(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("may run");
    }
    #[cfg(not(unix))]
    drop(path);
}
