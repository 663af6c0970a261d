//! Files that are not what they were: emptied, cut, changed by a bit, or gone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::ledger::unclear;
use super::look::Seen;
use super::place;
use super::tour::{Random, Tour, side_by_side, spread};
use super::trial::{Copy, Outcome, Rehearsal};

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    Emptied,
    Cut,
    Flipped,
    Gone,
}

const ALL: [Damage; 4] = [Damage::Emptied, Damage::Cut, Damage::Flipped, Damage::Gone];

/// Files of which there is none before the first change.
const LISTS: [&str; 4] = ["settings.json", "queue.json", "marks.json", "servers.json"];

impl Damage {
    fn name(self) -> &'static str {
        match self {
            Self::Emptied => "file emptied",
            Self::Cut => "file cut in the middle",
            Self::Flipped => "one bit of a file flipped",
            Self::Gone => "file gone",
        }
    }

    fn apply(self, path: &Path, random: &mut Random) {
        let mut bytes = fs::read(path).expect("is there");
        match self {
            Self::Emptied => bytes.clear(),
            Self::Cut => bytes.truncate(bytes.len() / 2),
            Self::Flipped => {
                let place = random.below(bytes.len());
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << random.below(8);
                }
            }
            Self::Gone => return fs::remove_file(path).expect("is there"),
        }
        fs::write(path, bytes).expect("writes");
    }
}

/// One file to damage.
struct Case {
    damage: Damage,
    path: PathBuf,
    place: &'static str,
    number: u64,
}

/// About `tries` damages of files in `folder`, which the stage's scene left.
pub(super) fn all(tour: &mut Tour<'_>, stage: &Rehearsal<'_>, folder: &Path, tries: usize) {
    let name = |case: &Case| {
        let (scene, fault) = (stage.scene.name, case.damage.name());
        format!("{scene}, files: {fault} at {}", case.place)
    };
    let mut groups = cases(&folder.join("data"));
    groups.retain(|group| group.first().is_some_and(|case| tour.wants(&name(case))));
    let chosen: Vec<Case> = match tour.wishes.nth {
        Some(nth) => {
            let all = groups.into_iter().flatten();
            all.filter(|case| case.number == nth).collect()
        }
        None => spread(groups, tries, tour.wishes.seed),
    };
    if chosen.is_empty() {
        return;
    }
    let before = stage.look(&Copy::new(folder));
    let before = before.unwrap_or_else(|why| panic!("{why}"));
    let seed = tour.wishes.seed;
    let attempt = |case: &Case| {
        let inside = case.path.strip_prefix(folder).expect("stands in it");
        let mut random = Random(seed ^ case.number);
        attempt(stage, folder, &before, case.damage, inside, &mut random)
    };
    side_by_side(chosen, attempt, |case, outcome| {
        let inside = case.path.strip_prefix(folder).expect("stands in it");
        if let Outcome::Failed(_) = &outcome {
            (tour.tell)(&inside.to_string_lossy());
        }
        let fault = case.damage.name();
        tour.note(fault, case.place, &name(&case), case.number, &outcome);
    });
}

/// Every damage of every file, those of one kind at one place together.
fn cases(data: &Path) -> Vec<Vec<Case>> {
    let mut files = Vec::new();
    list(data, &mut files);
    let mut groups: BTreeMap<_, Vec<Case>> = BTreeMap::new();
    for (path, number) in files.iter().zip(0..) {
        let place = place::of(data, path);
        for damage in ALL {
            // Without one of these it is as at the first start, and nobody can tell the difference.
            if damage == Damage::Gone && LISTS.iter().any(|name| path.ends_with(name)) {
                continue;
            }
            let path = path.clone();
            groups
                .entry((damage.name(), place))
                .or_default()
                .push(Case {
                    damage,
                    path,
                    place,
                    number,
                });
        }
    }
    groups.into_values().collect()
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            list(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn attempt(
    stage: &Rehearsal<'_>,
    folder: &Path,
    before: &Seen,
    damage: Damage,
    inside: &Path,
    random: &mut Random,
) -> Outcome {
    let copy = Copy::new(folder);
    let path = copy.root().join(inside);
    damage.apply(&path, random);
    let is_valid = damage == Damage::Flipped && is_valid_text(&path);
    match stage.look(&copy) {
        Ok(seen) => judge(before, &seen, inside, is_valid),
        Err(why) => Outcome::Failed(vec![why]),
    }
}

/// What differs must belong to the file, and must be named.
fn judge(before: &Seen, seen: &Seen, inside: &Path, is_valid: bool) -> Outcome {
    let new: Vec<&(String, String)> = seen.sentences_since(before).collect();
    let mut wrong: Vec<String> = new.iter().filter_map(|(_, text)| unclear(text)).collect();
    let mut was_unnoticed = false;
    let things = before.things.keys().chain(seen.things.keys());
    let mut changed: Vec<&String> = things
        .filter(|thing| before.things.get(*thing) != seen.things.get(*thing))
        .collect();
    changed.sort();
    changed.dedup();
    for thing in &changed {
        let value = |seen: &Seen| seen.things.get(*thing).cloned().unwrap_or(Value::Null);
        let (was, is) = (value(before), value(seen));
        if !belongs(thing, inside) {
            wrong.push(format!(
                "{thing} was {was} and is {is}, without being touched"
            ));
        } else if !new
            .iter()
            .any(|(about, text)| names(about, text, thing, inside))
        {
            was_unnoticed = true;
            if !is_valid {
                wrong.push(format!(
                    "{thing} was {was} and is {is}, and nobody says why"
                ));
            }
        }
    }
    if !wrong.is_empty() {
        Outcome::Failed(wrong)
    } else if was_unnoticed {
        Outcome::StillValid
    } else if changed.is_empty() && new.is_empty() {
        Outcome::NoHarm
    } else {
        Outcome::Named
    }
}

/// The kind and the name of a thing: `dataset` and `kitchen`.
fn parts(thing: &str) -> (&str, &str) {
    let mut parts = thing.split('/');
    let kind = parts.next().unwrap_or_default();
    (kind, parts.next().unwrap_or_default())
}

/// True when the thing is kept in the file, or in the folder that the file is in.
fn belongs(thing: &str, inside: &Path) -> bool {
    let path = inside.to_string_lossy();
    match parts(thing) {
        ("settings" | "usable", _) => path.contains("settings.json"),
        ("mark", _) => path.contains("marks.json"),
        ("server", _) => path.contains("servers.json"),
        // What waits in which order, and what was taken off the list.
        ("job", _) if path.contains("queue.json") => true,
        ("job", name) => {
            let in_experiment = name.split_once('.').map_or(name, |(_, short)| short);
            path.contains(in_experiment)
        }
        ("dataset", name) => path.contains(&format!("datasets/{name}/")),
        (_, name) => path.contains(name),
    }
}

/// True when the sentence is about the thing or its file.
fn names(about: &str, text: &str, thing: &str, inside: &Path) -> bool {
    let (kind, name) = parts(thing);
    let file = inside.file_name().and_then(|name| name.to_str());
    let folder = inside.parent().map(|folder| folder.to_string_lossy());
    about.starts_with(&format!("{kind}/{name}"))
        || text.contains(name)
        || file.is_some_and(|file| text.contains(file))
        || folder.is_some_and(|folder| text.contains(&*folder))
        || (inside.ends_with("queue.json") && text.contains("order of the waiting jobs"))
        || (inside.ends_with("settings.json") && text.contains("settings"))
}

/// True for JSON, or lines of it, that can be read.
fn is_valid_text(path: &Path) -> bool {
    let Ok(text) = fs::read_to_string(path) else {
        return false;
    };
    let whole: Result<Value, _> = serde_json::from_str(&text);
    let mut lines = text.lines();
    whole.is_ok() || lines.all(|line| serde_json::from_str::<Value>(line).is_ok())
}
