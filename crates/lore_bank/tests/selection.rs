//! Keys, searches and choices beyond the paper's, and why a memory was not retrieved.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use lore_bank::{ExperienceBank, KeyedExperience, NewBank};
use lore_core::testing::{HashEmbedder, task, trajectory};
use lore_core::{
    BankId, BankKeys, DataDir, DropReason, EpisodeEnd, Experience, ExperienceId, KeyKind,
    LeakGuard, ModelId, OutcomeFilter, Query, SearchKind,
};

const DIM: usize = 64;
const WINDOW: usize = 2;

/// A bank with every kind of key, gone after the test.
struct World {
    _folder: tempfile::TempDir,
    bank: ExperienceBank,
    all: Vec<Experience>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let new = NewBank {
            id: BankId::from("b"),
            name: "A bank".into(),
            embedder: ModelId::from("hash"),
            dim: DIM,
            keys: BankKeys {
                outcome: true,
                window_steps: WINDOW,
            },
        };
        let bank = ExperienceBank::create(&DataDir::new(folder.path()), &new).unwrap();
        let all = experiences();
        let keyed: Vec<KeyedExperience> = all.iter().map(keyed).collect();
        bank.add(&keyed).unwrap();
        Self {
            _folder: folder,
            bank,
            all,
        }
    }

    /// The goals found for a question, best first.
    fn ask(&self, query: &Query) -> Vec<String> {
        let hits = self.bank.retrieve(query, &vector(&query.text)).unwrap();
        hits.into_iter()
            .map(|hit| hit.experience.trajectory.task.goal)
            .collect()
    }
}

fn vector(text: &str) -> Vec<f32> {
    HashEmbedder::new(DIM).vector(text)
}

fn keyed(experience: &Experience) -> KeyedExperience {
    let one = &experience.trajectory;
    KeyedExperience {
        task_key: vector(&one.task_key()),
        trajectory_key: vector(&one.trajectory_key()),
        outcome_key: vector(&one.outcome_key()),
        window_keys: one
            .window_keys(WINDOW)
            .iter()
            .map(|text| vector(text))
            .collect(),
        experience: experience.clone(),
    }
}

fn experience(goal: &str, task_type: &str, end: EpisodeEnd) -> Experience {
    let mut task = task(goal);
    goal.clone_into(&mut task.goal);
    task_type.clone_into(&mut task.task_type);
    let steps = [
        ("go to the kitchen", "You are in a kitchen with a stove."),
        ("open the cupboard", "You see plates."),
        (goal, "Done."),
        ("whistle a tune", "A zebra answers from the savannah."),
        ("go home", "You are at home."),
    ];
    let steps = if end == EpisodeEnd::Success {
        &steps[..]
    } else {
        &steps[..3]
    };
    let trajectory = trajectory(task, steps, end);
    Experience {
        id: ExperienceId(trajectory.id.0.clone()),
        num_tokens: 100,
        trajectory,
        pinned: false,
        never_use: false,
        lesson: String::new(),
    }
}

fn experiences() -> Vec<Experience> {
    [
        ("heat the mug", "heat", EpisodeEnd::Success),
        ("heat the mug now", "heat", EpisodeEnd::Failure),
        ("heat the mug again", "heat", EpisodeEnd::Success),
        ("cool the xylophone", "cool", EpisodeEnd::Failure),
        ("cool the plate", "cool", EpisodeEnd::Success),
    ]
    .map(|(goal, task_type, end)| experience(goal, task_type, end))
    .into()
}

fn query(text: &str, k: usize) -> Query {
    Query {
        text: text.into(),
        k,
        ..Query::default()
    }
}

#[test]
fn words_find_what_is_rare() {
    let world = World::new();
    let mut query = query("what to do with a Xylophone?", 1);
    query.selection.search = SearchKind::Words;
    assert_eq!(world.ask(&query), ["cool the xylophone"]);
    query.selection.search = SearchKind::Both;
    assert_eq!(world.ask(&query), ["cool the xylophone"]);
    query.filter.outcome = OutcomeFilter::Successes;
    assert!(!world.ask(&query).contains(&"cool the xylophone".to_owned()));
    query.text = "?!".into();
    query.selection.search = SearchKind::Words;
    assert!(world.ask(&query).is_empty(), "no word, no answer");
}

#[test]
fn rows_added_after_the_words_were_indexed_are_found() {
    let world = World::new();
    world.bank.tidy(Duration::ZERO).unwrap();
    let late = experience("tune the glockenspiel", "heat", EpisodeEnd::Success);
    world.bank.add(&[keyed(&late)]).unwrap();
    let mut query = query("glockenspiel", 1);
    query.selection.search = SearchKind::Words;
    assert_eq!(world.ask(&query), ["tune the glockenspiel"]);
}

/// A smaller bank holds what a larger one holds, and not everything.
#[test]
fn shares_of_a_bank_lie_within_each_other() {
    let world = World::new();
    let found = |percent| {
        let mut query = query("heat the mug", 5);
        query.filter.percent = Some(percent);
        let mut goals = world.ask(&query);
        goals.sort();
        let accepted = |one: &&Experience| query.filter.accepts(&one.trajectory);
        assert_eq!(goals.len(), world.all.iter().filter(accepted).count());
        goals
    };
    let mut smaller = found(0);
    assert_eq!(smaller, [""; 0]);
    for percent in (10..=100).step_by(10) {
        let larger = found(percent);
        assert!(smaller.iter().all(|goal| larger.contains(goal)));
        smaller = larger;
    }
    assert_eq!(smaller.len(), 5);
    assert!((10..=90).any(|percent| (1..5).contains(&found(percent).len())));
}

#[test]
fn the_best_stretch_of_an_episode_counts() {
    let world = World::new();
    let mut query = query("> whistle a tune\nA zebra answers from the savannah.", 9);
    query.selection.key = Some(KeyKind::Window);
    let found = world.ask(&query);
    assert_eq!(found.len(), 5, "each experience once");
    let first: Vec<bool> = world
        .bank
        .retrieve(&query, &vector(&query.text))
        .unwrap()
        .iter()
        .map(|hit| hit.experience.trajectory.is_success())
        .collect();
    assert_eq!(first, [true, true, true, false, false]);
    query.guard = LeakGuard::for_training(&world.all[0].trajectory);
    assert_eq!(world.ask(&query).len(), 4);
}

#[test]
fn keys_with_the_outcome_prefer_it() {
    let world = World::new();
    let mut query = query("heat the mug now\nOutcome: success", 1);
    query.selection.key = Some(KeyKind::TaskAndOutcome);
    let hits = world.bank.retrieve(&query, &vector(&query.text)).unwrap();
    assert!(hits[0].experience.trajectory.is_success());
}

#[test]
fn keys_that_a_bank_does_not_have_are_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let new = NewBank {
        id: BankId::from("plain"),
        name: "Plain".into(),
        embedder: ModelId::from("hash"),
        dim: DIM,
        keys: BankKeys::default(),
    };
    let bank = ExperienceBank::create(&DataDir::new(folder.path()), &new).unwrap();
    for key in [KeyKind::Window, KeyKind::TaskAndOutcome] {
        let mut query = query("x", 1);
        query.selection.key = Some(key);
        let error = bank.retrieve(&query, &vector("x")).unwrap_err();
        assert!(
            error.to_string().contains("no keys of the kind"),
            "{error:#}"
        );
    }
}

#[test]
fn every_drop_is_explained() {
    let mut world = World::new();
    let shunned = world.all[2].id.clone();
    world.bank.set_never_use(&shunned, true).unwrap();
    world.all[2].never_use = true;
    let mut query = query("heat the mug", 2);
    query.filter.without_types = vec!["cool".into()];
    let explained = world
        .bank
        .explain(&query, &vector(&query.text), 150)
        .unwrap();
    assert_eq!(explained.num_experiences, 5);
    assert_eq!(explained.hits.len(), 1, "a hundred tokens each");
    assert_eq!(
        explained.hits[0].experience.trajectory.task.goal,
        "heat the mug"
    );
    let reasons: Vec<(&str, DropReason)> = explained
        .dropped
        .iter()
        .map(|one| (one.goal.as_str(), one.reason))
        .collect();
    assert!(
        reasons.contains(&("heat the mug now", DropReason::Budget)),
        "{reasons:?}"
    );
    assert!(
        reasons.contains(&("heat the mug again", DropReason::NeverUse)),
        "{reasons:?}"
    );
    assert!(
        reasons.contains(&("cool the plate", DropReason::TaskType)),
        "{reasons:?}"
    );
    assert_eq!(
        explained.kept_out,
        [(DropReason::NeverUse, 1), (DropReason::TaskType, 2)]
    );
    query.guard = LeakGuard::for_training(&world.all[0].trajectory);
    let explained = world.bank.explain(&query, &vector(&query.text), 0).unwrap();
    assert!(
        explained
            .dropped
            .iter()
            .any(|one| one.reason == DropReason::Guard)
    );
}

#[test]
fn lessons_are_kept_and_a_removal_is_previewed() {
    let world = World::new();
    let id = &world.all[4].id;
    world
        .bank
        .set_lesson(id, " It's the second shelf. ")
        .unwrap();
    assert_eq!(world.bank.get(id).unwrap().lesson, "It's the second shelf.");
    let preview = world
        .bank
        .preview_removal(std::slice::from_ref(id))
        .unwrap();
    assert_eq!((preview.num_experiences, preview.num_lessons), (1, 1));
    assert_eq!(preview.types_without_success, ["cool"]);
    assert!(preview.types_emptied.is_empty());
    let both = [id.clone(), world.all[3].id.clone()];
    let version = world.bank.version().unwrap();
    world.bank.keep_version("run-1", version).unwrap();
    let preview = world.bank.preview_removal(&both).unwrap();
    assert_eq!(preview.types_emptied, ["cool"]);
    assert_eq!(preview.kept_versions, ["run-1"]);
    assert_eq!(
        world.bank.info().unwrap().kept_versions,
        [("run-1".into(), version)]
    );
}

#[test]
fn a_large_bank_is_indexed_and_still_finds() {
    let folder = tempfile::tempdir().unwrap();
    let new = NewBank {
        id: BankId::from("large"),
        name: "Large".into(),
        embedder: ModelId::from("hash"),
        dim: 16,
        keys: BankKeys::default(),
    };
    let bank = ExperienceBank::create(&DataDir::new(folder.path()), &new)
        .unwrap()
        .indexed_from(1000);
    let embedder = HashEmbedder::new(16);
    let rows: Vec<KeyedExperience> = (0..1500)
        .map(|i| {
            let end = if i % 2 == 0 {
                EpisodeEnd::Success
            } else {
                EpisodeEnd::Failure
            };
            let task = task(&format!("thing {i} {} {}", i / 7, i / 91));
            let one = trajectory(task, &[], end);
            KeyedExperience {
                task_key: embedder.vector(&one.task_key()),
                trajectory_key: embedder.vector(&one.trajectory_key()),
                outcome_key: Vec::new(),
                window_keys: Vec::new(),
                experience: Experience {
                    id: ExperienceId(one.id.0.clone()),
                    trajectory: one,
                    num_tokens: 1,
                    pinned: false,
                    never_use: false,
                    lesson: String::new(),
                },
            }
        })
        .collect();
    bank.add(&rows).unwrap();
    let questions = (0..20).map(|i| format!("do thing {} {i} {}", 71 * i, 3 * i));
    let best_failures: Vec<(Query, Vec<f32>)> = questions
        .map(|text| {
            let mut query = query(&text, 4);
            query.filter.outcome = OutcomeFilter::Failures;
            let vector = embedder.vector(&query.text);
            (query, vector)
        })
        .collect();
    let ask = || -> Vec<Vec<f32>> {
        let asked = best_failures.iter();
        asked
            .map(|(query, vector)| scores(&bank, query, vector))
            .collect()
    };
    let exact = ask();
    bank.tidy(Duration::ZERO).unwrap();
    let info = bank.info().unwrap();
    for column in ["id", "task_key", "trajectory_key", "task_type", "text"] {
        assert!(info.indices.iter().any(|name| name == column), "{column}");
    }
    let found = ask();
    let as_good = exact.iter().flatten().zip(found.iter().flatten());
    let num_as_good = as_good
        .filter(|(exact, found)| *found + 1e-5 >= **exact)
        .count();
    assert!(
        num_as_good >= 76,
        "{num_as_good} of 80 hits are as good as exact ones"
    );
}

fn scores(bank: &ExperienceBank, query: &Query, vector: &[f32]) -> Vec<f32> {
    let hits = bank.retrieve(query, vector).unwrap();
    hits.iter().map(|hit| hit.score).collect()
}
