//! One trial: a copy of a data folder, a program with a fault, and a look afterwards.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::fault::{NONE, Notes, SeenCall, Strike};
use super::ledger::{Ledger, unclear};
use super::look::Seen;
use super::programs::{Ended, Programs, Running, copy_folder, processes_of, signal};
use super::scene::Word;
use super::scenes::Scene;

/// The longest that a scene or a look may take.
const PATIENCE: Duration = Duration::from_mins(8);

/// How long a worker may save after its application was killed.
const LAST_BREATH: Duration = Duration::from_secs(20);

/// What came of a trial, in the words of the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// Nothing was noticed.
    NoHarm,
    /// A sentence was said, everything else is right.
    OneSentence,
    /// The application was killed; the next start has everything.
    NextStart,
    /// A job ended early, went on, and made the same.
    Resumed,
    /// What was damaged is named, everything else is right.
    Named,
    /// What was damaged is still valid, and is used as it now stands.
    StillValid,
    /// The place was not come to.
    NotReached,
    /// Something that must hold does not.
    Failed(Vec<String>),
}

impl Outcome {
    /// The words of the table.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Self::NoHarm => "no harm",
            Self::OneSentence => "one sentence, nothing lost",
            Self::NextStart => "killed, nothing lost at the next start",
            Self::Resumed => "resumed, with the same result",
            Self::Named => "set aside or named, all else whole",
            Self::StillValid => "still valid, used as it stands",
            Self::NotReached => "not reached",
            Self::Failed(_) => "FAILED",
        }
    }
}

/// A scene with the folder it starts from, and how that looks before and after.
pub(super) struct Rehearsal<'a> {
    pub(super) programs: &'a Programs,
    pub(super) scene: &'a Scene,
    /// The folder it starts from.
    pub(super) start: PathBuf,
    pub(super) first: Seen,
    pub(super) last: Seen,
    /// The calls of the application and of its workers, in order.
    pub(super) calls: [(&'static str, Vec<SeenCall>); 2],
}

/// A copy of a folder to try something on, and a place for notes about it.
pub(super) struct Copy {
    folder: TempDir,
}

impl Copy {
    /// Copies what `of` holds.
    ///
    /// # Panics
    /// When the disk of the harness itself is full.
    pub(super) fn new(of: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let copy = Self { folder };
        copy_folder(of, &copy.root());
        std::fs::create_dir(copy.notes()).expect("makes a folder");
        copy
    }

    /// The copy of the folder.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().join("copy")
    }

    /// The data folder in it.
    pub(super) fn data(&self) -> PathBuf {
        self.root().join("data")
    }

    /// The calls with paths as if the copy were the root of everything.
    fn relative(&self, mut calls: Vec<SeenCall>) -> Vec<SeenCall> {
        let root = self.root();
        for call in &mut calls {
            call.path = call.path.replace(&*root.to_string_lossy(), "");
        }
        calls
    }

    /// Where the harness writes.
    pub(super) fn notes(&self) -> PathBuf {
        self.folder.path().join("notes")
    }
}

impl<'a> Rehearsal<'a> {
    /// A scene that needs no rehearsal, because it says itself what comes of it.
    ///
    /// # Panics
    /// When the application does not open the folder.
    pub(super) fn plain(programs: &'a Programs, scene: &'a Scene, start: &Path) -> Self {
        let mut stage = Self::unseen(programs, scene, start);
        let seen = stage.look(&Copy::new(start));
        stage.first = seen.unwrap_or_else(|why| panic!("{why}"));
        stage
    }

    fn unseen(programs: &'a Programs, scene: &'a Scene, start: &Path) -> Self {
        Self {
            programs,
            scene,
            start: start.to_owned(),
            first: Seen::default(),
            last: Seen::default(),
            calls: [("fault_driver", Vec::new()), ("lore_worker", Vec::new())],
        }
    }

    /// Opens a folder once with the scene's worker and leaves what that makes of it in `then`: models that
    /// came with the program are looked at by jobs at the first start.
    ///
    /// # Panics
    /// When the application does not open the folder.
    pub(super) fn settle(programs: &'a Programs, scene: &'a Scene, start: &Path, then: &Path) {
        let copy = Copy::new(start);
        let seen = Self::unseen(programs, scene, start).look(&copy);
        seen.unwrap_or_else(|why| panic!("{why}"));
        copy_folder(&copy.root(), then);
    }

    /// Plays the scene without a fault, noting its calls. What it leaves is left in `then`.
    ///
    /// # Panics
    /// When the scene does not go well even so.
    pub(super) fn rehearse(
        programs: &'a Programs,
        scene: &'a Scene,
        start: &Path,
        then: Option<&Path>,
    ) -> Self {
        let mut stage = Self::plain(programs, scene, start);
        for index in 0..stage.calls.len() {
            let copy = Copy::new(start);
            let notes = Notes::in_folder(&copy.notes());
            let program = stage.calls[index].0;
            let strike = Strike {
                fault: &NONE,
                nth: 0,
                program,
            };
            let ended = stage.run(&copy, Some((&strike, &notes)));
            let said: Vec<Word> = words(&ended.output);
            let is_good = said.last() == Some(&Word::End)
                && !said.iter().any(|word| matches!(word, Word::Said(_)));
            assert!(is_good, "{} alone: {said:#?}\n{}", scene.name, ended.errors);
            stage.calls[index].1 = copy.relative(notes.calls("saw"));
            stage.last = stage.look(&copy).unwrap_or_else(|why| panic!("{why}"));
            if let Some(then) = then.filter(|_| index == 0) {
                copy_folder(&copy.root(), then);
            }
        }
        stage
    }

    /// The worker of the scene.
    pub(super) fn worker(&self) -> &Path {
        match &self.programs.worker {
            Some(worker) if self.scene.needs_worker => worker,
            _ => &self.programs.fake_worker,
        }
    }

    /// Plays the scene on a copy.
    pub(super) fn run(&self, copy: &Copy, strike: Option<(&Strike<'_>, &Notes)>) -> Ended {
        let (data, name) = (copy.data(), self.scene.name);
        let mut command = self.programs.drive(name, &data, self.worker());
        if let Some((strike, notes)) = strike {
            strike.arm(&mut command, &self.programs.shim, &copy.root(), notes);
        }
        Running::start(command, &copy.notes()).wait(PATIENCE)
    }

    /// Looks at a copy, without a fault.
    pub(super) fn look(&self, copy: &Copy) -> Result<Seen, String> {
        let command = self.programs.drive("look", &copy.data(), self.worker());
        let ended = Running::start(command, &copy.notes()).wait(PATIENCE);
        if !ended.status.is_some_and(|status| status.success()) {
            return Err(format!(
                "the next start ended with {:?}: {}{}",
                ended.status, ended.output, ended.errors
            ));
        }
        let seen = ended.output.lines().last();
        seen.and_then(|line| serde_json::from_str(line).ok())
            .ok_or_else(|| format!("the next start did not open: {}", ended.output))
    }

    /// Tries one fault. Also tells which call it befell.
    pub(super) fn attempt(&self, strike: &Strike<'_>) -> (Outcome, Option<SeenCall>) {
        let copy = Copy::new(&self.start);
        let notes = Notes::in_folder(&copy.notes());
        let ended = self.run(&copy, Some((strike, &notes)));
        let Some(befallen) = copy.relative(notes.calls("did")).into_iter().next() else {
            return (Outcome::NotReached, None);
        };
        let victim = if !strike.fault.kills() {
            Victim::Nobody
        } else if strike.program == "fault_driver" {
            Victim::Application
        } else {
            Victim::Worker
        };
        (self.judge(victim, &copy, &ended), Some(befallen))
    }

    /// Compares what was said and what is there with what must be.
    pub(super) fn judge(&self, victim: Victim, copy: &Copy, ended: &Ended) -> Outcome {
        let mut ledger = Ledger::new(&self.first, &self.last);
        for word in words(&ended.output) {
            ledger.take(word);
        }
        let mut wrong: Vec<String> = ended_badly(victim, &ledger, ended).into_iter().collect();
        wrong.extend(ledger.said.iter().filter_map(|it| unclear(&it.summary)));
        wrong.extend(lingering(&copy.data()));
        let mut was_resumed = victim == Victim::Worker;
        match self.look(copy) {
            Err(why) => wrong.push(why),
            Ok(seen) => {
                wrong.extend(ledger.wrong(&seen).into_iter().map(|(_, words)| words));
                let new: Vec<_> = seen.sentences_since(&self.first).collect();
                wrong.extend(new.iter().filter_map(|(_, text)| unclear(text)));
                let (of_jobs, alarms): (Vec<_>, Vec<_>) = new
                    .into_iter()
                    .partition(|(about, _)| about.starts_with("job/"));
                // Nothing was damaged, so nothing may be called damaged; what is said without a fault as
                // well is no alarm.
                let alarm = |(about, text): &(String, String)| {
                    format!("a false alarm about {about}: {text}")
                };
                let alarms = alarms.into_iter().filter(|it| !self.last.says(it));
                wrong.extend(alarms.map(alarm));
                was_resumed |= !of_jobs.is_empty();
            }
        }
        if !wrong.is_empty() {
            Outcome::Failed(wrong)
        } else if victim == Victim::Application {
            Outcome::NextStart
        } else if was_resumed {
            Outcome::Resumed
        } else if ledger.said.is_empty() {
            Outcome::NoHarm
        } else {
            Outcome::OneSentence
        }
    }
}

/// Whom a fault ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    /// None.
    Nobody,
    /// The application.
    Application,
    /// A worker.
    Worker,
}

/// How the driver should not have ended, if so.
fn ended_badly(victim: Victim, ledger: &Ledger<'_>, ended: &Ended) -> Option<String> {
    let is_right = if victim == Victim::Application {
        // A signal ends a process without a code.
        ended.status.is_some_and(|status| status.code().is_none())
    } else {
        ledger.has_ended && ended.status.is_some_and(|status| status.success())
    };
    (!is_right).then(|| {
        let lines: Vec<&str> = ended.errors.lines().collect();
        let last = &lines[lines.len().saturating_sub(12)..];
        format!("the application ended with {:?}: {last:?}", ended.status)
    })
}

/// What the driver said; a line that breaks off with its process is none.
pub(super) fn words(output: &str) -> Vec<Word> {
    let lines = output.lines();
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// Processes that outlive the application, in words; they are ended.
pub(super) fn lingering(data: &Path) -> Vec<String> {
    let deadline = Instant::now() + LAST_BREATH;
    loop {
        let left = processes_of(data);
        if left.is_empty() {
            return Vec::new();
        }
        if Instant::now() > deadline {
            for pid in &left {
                signal(*pid, "-9");
            }
            return vec![format!("processes outlive the application: {left:?}")];
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
