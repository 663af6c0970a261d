//! Files of other programs, as they are. Skipped where the data is not at hand.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::PathBuf;

use lore_core::testing::RecordingWatcher;
use lore_core::{
    DataDir, DatasetId, DatasetInfo, DatasetKind, Split, StopToken, TrajectoryFilter, UNSEEN_TYPES,
};
use lore_data::{Dataset, NewDataset, import, inspect};

/// The file `name` of the shared data, if it is here.
fn shared(name: &str) -> Option<PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let path = PathBuf::from(root).join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not here", path.display());
        return None;
    }
    Some(path)
}

/// Imports the file `name` into a fresh data folder.
fn imported(name: &str) -> Option<(tempfile::TempDir, DataDir, DatasetInfo)> {
    let path = shared(name)?;
    let folder = tempfile::tempdir().unwrap();
    let target = NewDataset {
        data: DataDir::new(folder.path()),
        id: DatasetId::from("set"),
        name: String::new(),
        source: String::new(),
        unseen_types: None,
        created_ms: 1,
    };
    let mut watcher = RecordingWatcher::default();
    let info = import(&path, &target, &mut watcher, &StopToken::new()).unwrap();
    let (_, done, total) = watcher.progress.last().unwrap();
    assert_eq!(done, total, "the work is told to its end");
    assert_eq!(info.report.num_rejected, 0, "{:?}", info.report.rejected);
    Some((folder, target.data, info))
}

#[test]
fn tau_bench_has_200_runs_and_84_successes() {
    let Some((_folder, data, info)) = imported("imports/tau_bench_airline.json.gz") else {
        return;
    };
    assert_eq!((info.num_items, info.num_successes), (200, 84));
    assert_eq!(info.types[0].name, "airline");
    let set = Dataset::open(&data, &info.id).unwrap();
    let page = set.page(&TrajectoryFilter::default(), 199, 9).unwrap();
    assert_eq!(page.rows.len(), 1);
    let with_tools = TrajectoryFilter {
        text: "get_user_details({\"user_id\"".into(),
        ..TrajectoryFilter::default()
    };
    assert!(set.page(&with_tools, 0, 0).unwrap().total > 100);
}

#[test]
fn fireact_has_500_successes() {
    let name = "imports/fireact_hotpotqa_messages.jsonl.gz";
    let Some((_folder, _data, info)) = imported(name) else {
        return;
    };
    assert_eq!((info.num_items, info.num_successes), (500, 500));
    let guess = inspect(&shared(name).unwrap()).unwrap();
    assert_eq!(guess.format, "OpenAI messages");
    assert_eq!((guess.num_items, guess.complete), (500, true));
}

#[test]
fn alfworld_has_3554_training_games_and_the_papers_split() {
    let name = "alfworld/alfworld_games_train.jsonl.gz";
    let Some((_folder, data, info)) = imported(name) else {
        return;
    };
    assert_eq!(info.num_items, 3554);
    assert_eq!(info.kind, DatasetKind::Games);
    let mut papers = UNSEEN_TYPES.map(str::to_owned).to_vec();
    papers.sort();
    assert_eq!(info.unseen_types, papers);
    let num_unseen: u64 = info
        .types
        .iter()
        .filter(|count| papers.contains(&count.name))
        .map(|count| count.count)
        .sum();
    assert_eq!((num_unseen, info.num_items - num_unseen), (1805, 1749));

    let games = Dataset::open(&data, &info.id).unwrap().games().unwrap();
    let page = games.page("HEAT SOME CUP", 0, 3);
    assert_eq!(page.rows.len(), 3);
    let game = games.get(&page.rows[2].id).unwrap();
    assert!(game.pddl_problem.contains("(define (problem"));
    assert_eq!(game.to_task(), page.rows[2]);
    assert_eq!(game.to_task().split, Split::Train);
    let guess = inspect(&shared(name).unwrap()).unwrap();
    assert_eq!(guess.format, "ALFWorld games");
    assert!(!guess.complete);
}

#[test]
fn alfworlds_validation_games_in_seen_rooms_are_for_choosing() {
    let name = "alfworld/alfworld_games_valid_seen.jsonl.gz";
    let Some((_folder, data, info)) = imported(name) else {
        return;
    };
    assert_eq!(info.num_items, 140);
    let games = Dataset::open(&data, &info.id).unwrap().games().unwrap();
    assert!(games.tasks().all(|task| task.split == Split::Validation));
}

#[test]
fn expert_episodes_of_two_worlds_come_in() {
    let Some((_folder, _data, info)) = imported("alfworld/expert_episodes.jsonl") else {
        return;
    };
    assert_eq!((info.num_items, info.num_successes), (16, 16));
    assert_eq!(info.environments, ["alfworld"]);
    let Some((_folder, _data, info)) = imported("scienceworld/gold_episodes.jsonl.gz") else {
        return;
    };
    assert_eq!(
        (info.num_items, info.num_successes),
        (72, 71),
        "one ends at -100"
    );
    assert_eq!(info.types.len(), 24);
    assert_eq!(info.unseen_types.len(), 8, "the last third");
}

#[test]
fn an_inspect_log_comes_in_without_its_bookkeeping() {
    let Some((_folder, _data, info)) = imported("imports/log_streaming.eval") else {
        return;
    };
    assert_eq!((info.num_items, info.num_successes), (4, 3));
    assert_eq!(info.types[0].name, "log_streaming");
}
