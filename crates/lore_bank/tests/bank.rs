//! Banks on disk: what goes in comes out, in the right order, and never what is guarded.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use lore_bank::{
    BankRetriever, BankRowFilter, ExperienceBank, KeyedExperience, NewBank, map_points,
};
use lore_core::testing::{HashEmbedder, InMemoryBank, experience};
use lore_core::{
    BankId, BankKeys, DataDir, EpisodeEnd, Experience, ExperienceId, Filter, LeakGuard, ModelId,
    OutcomeFilter, Query, RetrievalMode, Retriever, TrajectoryFilter,
};

const DIM: usize = 32;

struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn data(&self) -> DataDir {
        DataDir::new(self.folder.path())
    }

    fn bank(&self, experiences: &[Experience]) -> ExperienceBank {
        let bank = ExperienceBank::create(&self.data(), &new_bank("b")).unwrap();
        let keyed: Vec<KeyedExperience> = experiences.iter().map(keyed).collect();
        assert_eq!(bank.add(&keyed).unwrap(), experiences.len() as u64);
        bank
    }
}

fn new_bank(id: &str) -> NewBank {
    NewBank {
        id: BankId::from(id),
        name: "A bank".into(),
        embedder: ModelId::from("hash"),
        dim: DIM,
        keys: BankKeys::default(),
    }
}

fn keyed(experience: &Experience) -> KeyedExperience {
    let embedder = HashEmbedder::new(DIM);
    KeyedExperience {
        task_key: embedder.vector(&experience.trajectory.task_key()),
        trajectory_key: embedder.vector(&experience.trajectory.trajectory_key()),
        outcome_key: Vec::new(),
        window_keys: Vec::new(),
        experience: experience.clone(),
    }
}

/// Household goals, two thirds of them reached; several share their words, hence their keys.
fn experiences() -> Vec<Experience> {
    let mut all = Vec::new();
    for (i, verb) in ["heat", "cool", "clean", "take"].into_iter().enumerate() {
        for (j, thing) in ["mug", "egg's shell", "öl \"can\""].into_iter().enumerate() {
            let end = if j == 1 {
                EpisodeEnd::Failure
            } else {
                EpisodeEnd::Success
            };
            let mut one = experience(&format!("{verb} the {thing}"), end);
            one.trajectory.task.task_type = format!("type-{}", i % 2);
            all.push(one);
            // The same words in another order: the same key, another task.
            all.push(experience(&format!("the {thing} {verb}"), end));
        }
    }
    all
}

fn query(text: &str, k: usize) -> Query {
    Query {
        text: text.into(),
        k,
        ..Query::default()
    }
}

fn ask(bank: &ExperienceBank, query: &Query) -> Vec<String> {
    let vector = HashEmbedder::new(DIM).vector(&query.text);
    let hits = bank.retrieve(query, &vector).unwrap();
    hits.into_iter()
        .map(|hit| hit.experience.trajectory.task.goal)
        .collect()
}

#[test]
fn what_goes_in_comes_out() {
    let world = World::new();
    let mut all = experiences();
    all[3].pinned = true;
    all[4].never_use = true;
    let bank = world.bank(&all);
    drop(bank);
    let bank = ExperienceBank::open(&world.data(), &BankId::from("b")).unwrap();
    for one in &all {
        assert_eq!(bank.get(&one.id).unwrap(), *one);
    }
    let ids = bank.ids().unwrap();
    assert!(ids.len() == 24 && ids.contains(&all[0].id));
    let info = bank.info().unwrap();
    assert_eq!((info.num_experiences, info.num_successes), (24, 16));
    assert_eq!(
        (info.name.as_str(), info.embedder.as_str(), info.dim),
        ("A bank", "hash", DIM)
    );
    assert_eq!(info.task_types, ["pick", "type-0", "type-1"]);
    assert!(!info.environments.is_empty(), "the worlds are named");
    assert_eq!(
        (info.version, info.num_fragments),
        (bank.version().unwrap(), 1)
    );
    assert!(info.num_bytes > 0);
    assert_eq!(ExperienceBank::list(&world.data()).unwrap(), [info]);
}

#[test]
fn order_and_scores_are_those_of_brute_force() {
    let world = World::new();
    let all = experiences();
    let mut real = BankRetriever::new(world.bank(&all), HashEmbedder::new(DIM)).unwrap();
    let mut plain = InMemoryBank::holding(HashEmbedder::new(DIM), all.clone()).unwrap();
    for mode in [RetrievalMode::Static, RetrievalMode::Dynamic] {
        for outcome in [
            OutcomeFilter::All,
            OutcomeFilter::Successes,
            OutcomeFilter::Failures,
        ] {
            for k in [0, 1, 7, 99] {
                for text in ["heat the mug", ""] {
                    let mut query = query(text, k);
                    query.mode = mode;
                    query.filter.outcome = outcome;
                    let (real, plain) = (
                        real.retrieve(&query).unwrap(),
                        plain.retrieve(&query).unwrap(),
                    );
                    assert_eq!(real, plain, "{query:?}");
                }
            }
        }
    }
}

#[test]
fn the_guard_holds_whatever_the_score() {
    let world = World::new();
    let mut all = experiences();
    // A twin by text under another task, and another episode of the same game.
    let mut twin = all[0].clone();
    twin.trajectory.task.id = "another".into();
    twin.trajectory.id = twin.trajectory.content_id();
    twin.id = ExperienceId(twin.trajectory.id.0.clone());
    let mut again = all[0].clone();
    again
        .trajectory
        .initial_observation
        .push_str(" It is dark.");
    again.trajectory.id = again.trajectory.content_id();
    again.id = ExperienceId(again.trajectory.id.0.clone());
    all.extend([twin, again]);
    let bank = world.bank(&all);
    for one in &all {
        let mut query = query(&one.trajectory.task.goal, 99);
        query.guard = LeakGuard::for_training(&one.trajectory);
        let vector = HashEmbedder::new(DIM).vector(&query.text);
        let hits = bank.retrieve(&query, &vector).unwrap();
        let num_allowed = all
            .iter()
            .filter(|other| !query.guard.blocks(&other.trajectory))
            .count();
        assert_eq!(hits.len(), num_allowed, "all others stay");
        assert!(
            hits.iter()
                .all(|hit| !query.guard.blocks(&hit.experience.trajectory))
        );
    }
}

#[test]
fn filters_take_any_text() {
    let world = World::new();
    let bank = world.bank(&experiences());
    let with = |change: &dyn Fn(&mut Filter)| {
        let mut query = query("mug", 99);
        change(&mut query.filter);
        ask(&bank, &query).len()
    };
    assert_eq!(with(&|filter| filter.text = "EGG'S".into()), 8);
    assert_eq!(with(&|filter| filter.text = "Öl \"c".into()), 8);
    assert_eq!(with(&|filter| filter.text = "' OR true --".into()), 0);
    assert_eq!(with(&|filter| filter.text = "100%_\\".into()), 0);
    assert_eq!(
        with(&|filter| filter.task_types = vec!["type-1".into(), "it's".into()]),
        6
    );
    assert_eq!(
        with(&|filter| filter.environments = vec!["elsewhere".into()]),
        0
    );
}

#[test]
fn adding_twice_adds_nothing() {
    let world = World::new();
    let all = experiences();
    let bank = world.bank(&all);
    bank.set_pinned(&all[0].id, true).unwrap();
    let version = bank.version().unwrap();
    let mut keyed: Vec<KeyedExperience> = all.iter().map(keyed).collect();
    assert_eq!(bank.add(&keyed).unwrap(), 0);
    assert_eq!(bank.version().unwrap(), version, "nothing was written");
    assert!(
        bank.get(&all[0].id).unwrap().pinned,
        "and nothing overwritten"
    );
    let new = self::keyed(&experience("something else", EpisodeEnd::Success));
    keyed.extend([new.clone(), new]);
    assert_eq!(bank.add(&keyed).unwrap(), 1, "twice in one call is once");
}

#[test]
fn pinned_come_first_shunned_never_removed_are_gone() {
    let world = World::new();
    let all = experiences();
    let bank = world.bank(&all);
    let last = bank.rows(&BankRowFilter::default(), 23, 9).unwrap();
    assert_eq!((last.total, last.rows.len()), (24, 1));
    bank.set_pinned(&last.rows[0].id, true).unwrap();
    let first = bank.rows(&BankRowFilter::default(), 0, 1).unwrap();
    assert_eq!(first.rows[0].id, last.rows[0].id);

    let best = ask(&bank, &query("heat the mug", 1));
    assert_eq!(best.len(), 1);
    let shunned = all
        .iter()
        .find(|one| one.trajectory.task.goal == best[0])
        .unwrap();
    bank.set_never_use(&shunned.id, true).unwrap();
    assert!(!ask(&bank, &query("heat the mug", 99)).contains(&best[0]));
    bank.set_never_use(&shunned.id, false).unwrap();
    assert_eq!(ask(&bank, &query("heat the mug", 1)), best);

    assert_eq!(bank.remove(std::slice::from_ref(&shunned.id)).unwrap(), 1);
    assert_eq!(bank.remove(std::slice::from_ref(&shunned.id)).unwrap(), 0);
    assert!(bank.get(&shunned.id).is_err());
    assert!(bank.set_pinned(&shunned.id, true).is_err());
    assert_eq!(bank.info().unwrap().num_experiences, 23);
}

#[test]
fn lists_filter() {
    let world = World::new();
    let bank = world.bank(&experiences());
    let total = |filter: BankRowFilter| bank.rows(&filter, 0, 0).unwrap().total;
    let filter = TrajectoryFilter {
        success: Some(true),
        text: "HEAT".into(),
        ..TrajectoryFilter::default()
    };
    assert_eq!(total(filter.into()), 4);
    let without = BankRowFilter {
        without_types: vec!["pick".into()],
        ..BankRowFilter::default()
    };
    assert_eq!(total(without), 12);
}

#[test]
fn two_handles_see_each_others_changes() {
    let world = World::new();
    let all = experiences();
    let one = world.bank(&all[..12]);
    let two = ExperienceBank::open(&world.data(), &BankId::from("b")).unwrap();
    let rest: Vec<KeyedExperience> = all[12..].iter().map(keyed).collect();
    two.add(&rest).unwrap();
    assert_eq!(one.info().unwrap().num_experiences, 24);
    one.set_never_use(&all[20].id, true).unwrap();
    two.set_pinned(&all[20].id, true).unwrap();
    let both = one.get(&all[20].id).unwrap();
    assert!(both.pinned && both.never_use);
}

#[test]
fn another_embedder_is_refused_in_words() {
    let world = World::new();
    let bank = world.bank(&experiences());
    let other = BankRetriever::new(bank.clone(), HashEmbedder::new(8))
        .err()
        .unwrap();
    assert!(other.to_string().contains("choose that embedder"));
    let mut new = new_bank("b");
    new.embedder = ModelId::from("another");
    let error = ExperienceBank::open_or_create(&world.data(), &new)
        .err()
        .unwrap();
    assert!(error.to_string().contains("made with the embedder hash"));
    assert!(bank.retrieve(&query("x", 1), &[0.0; 8]).is_err());
    let mut wrong = keyed(&experience("x", EpisodeEnd::Success));
    wrong.task_key.push(0.0);
    assert!(bank.add(&[wrong]).is_err());
    assert!(
        ExperienceBank::create(&world.data(), &new_bank("b")).is_err(),
        "taken"
    );
    assert!(ExperienceBank::open_or_create(&world.data(), &new_bank("b")).is_ok());
}

#[test]
fn past_versions_can_be_read_until_they_are_thrown_away() {
    let world = World::new();
    let all = experiences();
    let bank = world.bank(&all[..12]);
    let before = bank.version().unwrap();
    bank.keep_version("experiment-1", before).unwrap();
    for one in &all[12..] {
        bank.add(&[keyed(one)]).unwrap();
    }
    let middle = bank.version().unwrap() - 3;
    let past = bank.checkout(before).unwrap();
    assert_eq!(past.info().unwrap().num_experiences, 12);
    assert_eq!(
        bank.info().unwrap().num_experiences,
        24,
        "the other handle stays"
    );
    assert!(past.add(&[]).is_err());

    let top = ask(&bank, &query("heat the mug", 9));
    let fragments = bank.info().unwrap().num_fragments;
    assert_eq!(fragments, 13);
    bank.compact(Duration::ZERO).unwrap();
    assert_eq!(bank.info().unwrap().num_fragments, 1);
    assert_eq!(ask(&bank, &query("heat the mug", 9)), top);
    assert!(bank.checkout(middle).is_err(), "thrown away");
    assert_eq!(
        bank.checkout(before)
            .unwrap()
            .info()
            .unwrap()
            .num_experiences,
        12,
        "kept"
    );
}

#[test]
fn damage_and_absence_are_described() {
    let world = World::new();
    let missing = ExperienceBank::open(&world.data(), &BankId::from("b"))
        .err()
        .unwrap();
    assert!(missing.to_string().contains("no bank called"));
    assert!(ExperienceBank::list(&world.data()).unwrap().is_empty());
    drop(world.bank(&experiences()));
    let versions = world.data().bank().join("b.lance/_versions");
    for file in std::fs::read_dir(versions).unwrap() {
        std::fs::write(file.unwrap().path(), b"garbage").unwrap();
    }
    let damaged = ExperienceBank::open(&world.data(), &BankId::from("b"))
        .err()
        .unwrap();
    assert!(damaged.to_string().contains("damaged"), "{damaged:#}");
    let list = ExperienceBank::list(&world.data()).unwrap();
    assert_eq!(list[0].name, "b (cannot be opened)");
    ExperienceBank::delete(&world.data(), &BankId::from("b")).unwrap();
    assert!(ExperienceBank::list(&world.data()).unwrap().is_empty());
    assert!(ExperienceBank::delete(&world.data(), &BankId::from("../b")).is_err());
    world.bank(&experiences());
}

/// What a killed program leaves when it had not come further.
#[test]
fn a_bank_that_was_never_made_is_made() {
    let world = World::new();
    let remains = world.data().bank().join("b.lance").join("_transactions");
    std::fs::create_dir_all(&remains).unwrap();
    std::fs::write(remains.join("0-1.txn"), "begun").unwrap();
    let id = BankId::from("b");
    assert!(!ExperienceBank::exists(&world.data(), &id));
    assert!(ExperienceBank::list(&world.data()).unwrap().is_empty());
    let bank = ExperienceBank::open_or_create(&world.data(), &new_bank("b")).unwrap();
    assert_eq!(bank.info().unwrap().num_experiences, 0);
    assert_eq!(ExperienceBank::list(&world.data()).unwrap().len(), 1);
}

#[test]
fn an_empty_bank_answers_with_nothing() {
    let world = World::new();
    let bank = world.bank(&[]);
    assert!(ask(&bank, &query("x", 3)).is_empty());
    assert_eq!(bank.rows(&BankRowFilter::default(), 0, 9).unwrap().total, 0);
    assert!(map_points(&bank).unwrap().is_empty());
    bank.compact(Duration::from_mins(1)).unwrap();
    assert_eq!(bank.info().unwrap().num_experiences, 0);
}

#[test]
fn the_map_puts_equal_keys_together() {
    let world = World::new();
    let bank = world.bank(&experiences());
    let points = map_points(&bank).unwrap();
    assert_eq!(points.len(), 24);
    let at = |goal: &str| {
        let point = points.iter().find(|point| point.goal == goal).unwrap();
        (point.x, point.y)
    };
    assert_eq!(at("heat the mug"), at("the mug heat"));
    assert_ne!(at("heat the mug"), at("cool the mug"));
    assert_eq!(points, map_points(&bank).unwrap());
}
