//! All trials, one after the other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;

use tempfile::TempDir;

use super::fault::{FAULTS, Fault, SeenCall, Strike};
use super::furnish::furnish;
use super::programs::{Programs, copy_folder};
use super::scenes::{SCENES, Scene};
use super::table::Table;
use super::trial::{Outcome, Rehearsal};
use super::{damage, place, process, servers};

/// Trials at a time: most of one is waiting.
const SIDE_BY_SIDE: usize = 4;

/// What is to be tried.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// Faults of calls and of files, about.
    pub tries: usize,
    /// Decides which calls.
    pub seed: u64,
    /// Only trials with this in their name.
    pub only: Option<String>,
    /// Only this call of those that `only` leaves.
    pub nth: Option<u64>,
}

/// The trials of a data folder and those that build on it.
pub struct Tour<'a> {
    pub(super) programs: &'a Programs,
    pub(super) wishes: &'a Wishes,
    /// What came of them.
    pub table: Table,
    pub(super) tell: &'a dyn Fn(&str),
    folders: TempDir,
}

/// One fault that may be tried.
struct Choice<'a> {
    fault: &'a Fault,
    program: &'static str,
    nth: u64,
    name: String,
    place: &'static str,
}

impl<'a> Tour<'a> {
    /// Furnishes the folder to begin with.
    ///
    /// # Panics
    /// When the folder for temporary files cannot be written.
    pub fn new(programs: &'a Programs, wishes: &'a Wishes, tell: &'a dyn Fn(&str)) -> Self {
        let folders = tempfile::tempdir().expect("a folder");
        let tour = Self {
            programs,
            wishes,
            table: Table::default(),
            tell,
            folders,
        };
        let start = tour.folder("furnished");
        fs::create_dir(&start).expect("makes a folder");
        furnish(&start, &programs.fake_worker);
        // The real worker wants real models.
        let real = tour.folder("real");
        copy_folder(&start, &real);
        for name in ["models", "adapters", "experiments", "bank.lance"] {
            fs::remove_dir_all(real.join("data").join(name)).expect("was furnished");
        }
        tour
    }

    /// Every trial.
    pub fn all(&mut self) {
        let tries = self.wishes.tries;
        let mut start = "furnished".to_owned();
        for scene in SCENES {
            if !self.can_play(scene) {
                (self.tell)(&format!(
                    "left out: {}, for want of its programs",
                    scene.name
                ));
                continue;
            }
            if scene.needs_worker && start == "furnished" {
                let (real, settled) = (self.folder("real"), self.folder("settled"));
                Rehearsal::settle(self.programs, scene, &real, &settled);
                "settled".clone_into(&mut start);
            }
            let then = self.folder(&format!("after {}", scene.name));
            (self.tell)(&format!("rehearsing: {}", scene.name));
            let stage =
                Rehearsal::rehearse(self.programs, scene, &self.folder(&start), Some(&then));
            self.scene(&stage, tries * scene.share / 100);
            damage::all(self, &stage, &then, tries * scene.share / 250);
            process::of_scene(self, &stage);
            if scene.needs_worker {
                start = format!("after {}", scene.name);
            }
        }
        process::all(self, &self.folder("furnished"));
        if self.programs.worker.is_some() {
            servers::all(self, &self.folder("settled"));
        }
    }

    /// A short walk through the scene that needs nothing: for tests.
    pub fn desk(&mut self) {
        let then = self.folder("after desk");
        let start = self.folder("furnished");
        let stage = Rehearsal::rehearse(self.programs, &SCENES[0], &start, Some(&then));
        self.scene(&stage, self.wishes.tries);
        damage::all(self, &stage, &then, self.wishes.tries / 2);
    }

    /// Only what happens to processes, with the worker that pretends: for tests.
    pub fn processes(&mut self) {
        process::all(self, &self.folder("furnished"));
    }

    fn can_play(&self, scene: &Scene) -> bool {
        let has_worker = !scene.needs_worker || self.programs.worker.is_some();
        has_worker && (!scene.needs_models || self.programs.models.is_some())
    }

    fn folder(&self, name: &str) -> std::path::PathBuf {
        self.folders.path().join(name.replace(' ', "-"))
    }

    /// True when a trial of this name is wanted.
    pub(super) fn wants(&self, name: &str) -> bool {
        self.wishes
            .only
            .as_ref()
            .is_none_or(|only| name.contains(&**only))
    }

    /// Keeps what came of a trial, and tells it.
    pub(super) fn note(&mut self, fault: &str, place: &str, name: &str, nth: u64, what: &Outcome) {
        let seed = self.wishes.seed;
        let again = format!("cargo xtask faults --seed {seed} --only {name:?} --nth {nth}");
        (self.tell)(&format!("{}: {name}, {nth}", what.words()));
        if let Outcome::Failed(why) = what {
            (self.tell)(&format!("  {}", why.join("\n  ")));
        }
        self.table.add(fault, place, what, &again);
    }

    /// Faults of calls in one scene, evenly over faults and places.
    fn scene(&mut self, stage: &Rehearsal<'_>, tries: usize) {
        let attempt = |choice: &Choice<'_>| {
            stage.attempt(&Strike {
                fault: choice.fault,
                nth: choice.nth,
                program: choice.program,
            })
        };
        side_by_side(self.choose(stage, tries), attempt, |choice, result| {
            let (outcome, befallen) = result;
            // What it befell may differ by a call or two from the rehearsal.
            let place = befallen.map_or(choice.place, |call| place_of(&call, "/data".as_ref()));
            self.note(choice.fault.name, place, &choice.name, choice.nth, &outcome);
        });
    }

    fn choose(&self, stage: &Rehearsal<'_>, tries: usize) -> Vec<Choice<'static>> {
        let mut groups: Vec<Vec<Choice<'static>>> = Vec::new();
        for (program, calls) in &stage.calls {
            let program = *program;
            for fault in FAULTS {
                let mut by_place: BTreeMap<&str, Vec<Choice<'static>>> = BTreeMap::new();
                let befallen = calls.iter().filter(|call| fault.befalls(&call.call));
                for (index, call) in befallen.enumerate() {
                    let place = place_of(call, "/data".as_ref());
                    let name =
                        format!("{}, {program}: {} at {place}", stage.scene.name, fault.name);
                    by_place.entry(place).or_default().push(Choice {
                        fault,
                        program,
                        nth: index as u64 + 1,
                        name,
                        place,
                    });
                }
                groups.extend(by_place.into_values());
            }
        }
        groups.retain(|group| group.first().is_some_and(|choice| self.wants(&choice.name)));
        if let Some(nth) = self.wishes.nth {
            let all = groups.into_iter().flatten();
            return all.filter(|choice| choice.nth == nth).collect();
        }
        spread(groups, tries, self.wishes.seed)
    }
}

/// `tries` of them: round after round one of each group, in each group evenly over its length.
pub(super) fn spread<T>(groups: Vec<Vec<T>>, tries: usize, seed: u64) -> Vec<T> {
    let mut random = Random(seed);
    let mut queues: Vec<Vec<T>> = groups
        .into_iter()
        .map(|group| evenly(group, random.next()))
        .collect();
    // When there are more groups than tries, the seed decides.
    for place in (1..queues.len()).rev() {
        queues.swap(place, random.next() as usize % (place + 1));
    }
    let mut chosen = Vec::new();
    while chosen.len() < tries && queues.iter().any(|queue| !queue.is_empty()) {
        for queue in &mut queues {
            chosen.extend(queue.pop().filter(|_| chosen.len() < tries));
        }
    }
    chosen
}

/// The same, in an order whose every end is spread over the whole: by the golden ratio.
fn evenly<T>(group: Vec<T>, offset: u64) -> Vec<T> {
    let len = group.len();
    let mut left: BTreeMap<usize, T> = group.into_iter().enumerate().collect();
    let mut order = Vec::with_capacity(len);
    for step in 0..len as u64 {
        let wish = offset.wrapping_add(step.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let wish = ((u128::from(wish) * len as u128) >> 64) as usize;
        let mut free = left.range(wish..).chain(left.range(..wish));
        let place = free.next().map(|(place, _)| *place);
        order.extend(place.and_then(|place| left.remove(&place)));
    }
    order.reverse();
    order
}

/// Tries all cases, a few at a time, and hands on what came of each as it comes.
pub(super) fn side_by_side<C: Send, R: Send>(
    cases: Vec<C>,
    attempt: impl Fn(&C) -> R + Sync,
    mut keep: impl FnMut(C, R),
) {
    let queue = Mutex::new(cases.into_iter());
    let (results, came) = sync_channel(SIDE_BY_SIDE);
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            let results = results.clone();
            let (queue, attempt) = (&queue, &attempt);
            scope.spawn(move || {
                let next = || queue.lock().expect("nobody fails with it").next();
                while let Some(case) = next() {
                    let result = attempt(&case);
                    results.send((case, result)).expect("somebody listens");
                }
            });
        }
        drop(results);
        for (case, result) in came {
            keep(case, result);
        }
    });
}

/// What a call is about, its path below `data`.
fn place_of(call: &SeenCall, data: &Path) -> &'static str {
    place::of_call(data, &call.call, Path::new(&call.path))
}

/// Numbers that look random (`SplitMix64`).
pub(super) struct Random(pub(super) u64);

impl Random {
    /// The next one.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..below`.
    pub(super) fn below(&mut self, below: usize) -> usize {
        (self.next() % below.max(1) as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_of_many_are_spread_over_the_whole() {
        let mut order = evenly((0..100).collect(), 7);
        assert_eq!(order.len(), 100);
        let mut first: Vec<i32> = (0..5).filter_map(|_| order.pop()).collect();
        first.sort_unstable();
        let gaps = first.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.into_iter().all(|gap| gap >= 10), "{first:?}");
    }
}
