//! Data sets from import to export, on small files made here.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use lore_core::testing::{RecordingWatcher, task, trajectory};
use lore_core::{
    DataDir, DatasetId, DatasetInfo, DatasetKind, EpisodeEnd, ExportForm, Labels, Split, SplitKind,
    StopToken, Trajectory, TrajectoryFilter,
};
use lore_data::{
    Dataset, Imported, NewDataset, TrajectoryFile, export, import, import_as, inspect,
    write_dataset,
};

/// A data folder and a place for files, gone after the test.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join("files").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn data(&self) -> DataDir {
        DataDir::new(self.folder.path().join("data"))
    }

    fn target(&self, id: &str) -> NewDataset {
        NewDataset {
            data: self.data(),
            id: DatasetId::from(id),
            name: "A set".into(),
            source: String::new(),
            unseen_types: None,
            created_ms: 7,
        }
    }

    fn import(&self, path: &Path, id: &str) -> Result<DatasetInfo> {
        let mut watcher = RecordingWatcher::default();
        let target = self.target(id);
        import(path, &target, &mut watcher, &StopToken::new())
    }

    fn open(&self, id: &str) -> Dataset {
        Dataset::open(&self.data(), &DatasetId::from(id)).unwrap()
    }
}

/// `n` trajectories of types `type-0` to `type-2`; every fourth failed.
fn trajectories(n: usize) -> Vec<Trajectory> {
    (0..n)
        .map(|i| {
            let mut task = task(&format!("t{i}"));
            task.task_type = format!("type-{}", i % 3);
            let end = match i % 4 {
                3 => EpisodeEnd::Failure,
                _ => EpisodeEnd::Success,
            };
            let found = format!("You see a \"desk {i}\".\nAnd Öl.");
            trajectory(task, &[("look", &found), ("take it", "Taken.")], end)
        })
        .collect()
}

fn lines(trajectories: &[Trajectory]) -> String {
    trajectories
        .iter()
        .map(|trajectory| serde_json::to_string(trajectory).unwrap() + "\n")
        .collect()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .map(|listing| {
            listing
                .map(|item| item.unwrap().file_name().into_string().unwrap())
                .collect()
        })
        .unwrap_or_default();
    names.sort();
    names
}

#[test]
fn duplicates_are_counted_and_bad_rows_named() {
    let world = World::new();
    let mut text = lines(&trajectories(4));
    text.push_str(&lines(&trajectories(1)));
    text.push_str("{\"id\": \"half of");
    let path = world.file("mine.jsonl", &text);
    let info = world.import(&path, "a").unwrap();
    assert_eq!((info.num_items, info.num_successes), (4, 3));
    assert_eq!(info.report.num_duplicates, 1);
    assert_eq!(info.report.rejected[0].line, 6);
    assert!(info.report.rejected[0].reason.contains("breaks off"));
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        text,
        "the source is untouched"
    );
    assert_eq!(info, *world.open("a").info());
}

#[test]
fn near_twins_by_text_are_counted() {
    let world = World::new();
    let twins = ["a", "b", "c"].map(|source| {
        let mut twin = trajectories(1).remove(0);
        twin.source = source.into();
        twin.id = twin.content_id();
        Ok(twin)
    });
    let others = trajectories(3).into_iter().skip(1).map(Ok);
    let info = write_dataset(&world.target("a"), twins.into_iter().chain(others)).unwrap();
    assert_eq!((info.num_items, info.num_duplicates), (5, 3));
}

#[test]
fn pages_filter_and_count() {
    let world = World::new();
    let all = trajectories(30);
    write_dataset(&world.target("a"), all.iter().cloned().map(Ok)).unwrap();
    let set = world.open("a");
    assert_eq!(
        set.info().unseen_types,
        ["type-2"],
        "the last third of three"
    );
    let total = |filter: TrajectoryFilter| set.page(&filter, 0, 0).unwrap().total;
    let every = TrajectoryFilter::default();
    assert_eq!(total(every.clone()), 30);
    assert_eq!(
        total(TrajectoryFilter {
            success: Some(false),
            ..every.clone()
        }),
        7
    );
    assert_eq!(
        total(TrajectoryFilter {
            split: Some(SplitKind::Unseen),
            ..every.clone()
        }),
        10
    );
    assert_eq!(
        total(TrajectoryFilter {
            task_types: vec!["type-1".into()],
            ..every.clone()
        }),
        10
    );
    assert_eq!(
        total(TrajectoryFilter {
            arms: vec!["nobody".into()],
            ..every.clone()
        }),
        0
    );
    assert_eq!(
        total(TrajectoryFilter {
            text: "\"DESK 1\"".into(),
            ..every.clone()
        }),
        1
    );
    assert_eq!(
        total(TrajectoryFilter {
            text: "öl".into(),
            ..every.clone()
        }),
        30
    );
    let page = set.page(&every, 28, 10).unwrap();
    assert_eq!((page.rows.len(), page.offset), (2, 28));
    assert_eq!(page.rows[1].id, all[29].id);
    assert_eq!(set.get(&all[17].id).unwrap(), all[17]);
}

#[test]
fn a_stopped_or_failed_import_leaves_nothing() {
    let world = World::new();
    let path = world.file("mine.jsonl", &lines(&trajectories(9)));
    let stop = StopToken::new();
    let mut watcher = RecordingWatcher::stopping_at(1, &stop);
    let stopped = import(&path, &world.target("a"), &mut watcher, &stop);
    assert!(stopped.unwrap_err().to_string().contains("stopped"));
    let failing = trajectories(3)
        .into_iter()
        .map(Ok)
        .chain([Err(anyhow::anyhow!("broke"))]);
    assert!(write_dataset(&world.target("a"), failing).is_err());
    assert!(names(&world.data().datasets()).is_empty());
    world.import(&path, "a").unwrap();
    let taken = world.import(&path, "a").unwrap_err();
    assert!(taken.to_string().contains("already"));
    assert_eq!(names(&world.data().datasets()), ["a"]);
}

#[test]
fn nothing_recognised_is_said_in_words() {
    let world = World::new();
    for (name, content) in [
        ("empty", ""),
        ("prose.txt", "It was a dark night.\n"),
        ("other.json", "{\"a\": 1}"),
        ("list.json", "[1, 2]"),
    ] {
        let path = world.file(name, content);
        let error = format!("{:#}", world.import(&path, "a").unwrap_err());
        assert!(
            error.contains("formats that can be read"),
            "{name}: {error}"
        );
        assert!(inspect(&path).unwrap().format.is_empty());
    }
    assert!(names(&world.data().datasets()).is_empty());
}

#[test]
fn exports_come_back_the_same() {
    let world = World::new();
    let all = trajectories(5);
    for form in ExportForm::ALL {
        let id = format!("{form:?}");
        let path = world.file(&format!("{id}.{}", form.extension()), "");
        let num_rows = export(all.iter().cloned().map(Ok), form, &path).unwrap();
        assert_eq!(num_rows, 5);
        let format = match form {
            ExportForm::Parquet => ExportForm::OpenAi.label(),
            form => form.label(),
        };
        assert_eq!(inspect(&path).unwrap().format, format);
        let target = NewDataset {
            data: DataDir::new(world.folder.path().join(&id)),
            ..world.target(&id)
        };
        let mut watcher = RecordingWatcher::default();
        import(&path, &target, &mut watcher, &StopToken::new()).unwrap();
        let set = Dataset::open(&target.data, &target.id).unwrap();
        let file = set.trajectories().unwrap();
        let back: Vec<Trajectory> = file.read_all().unwrap().collect::<Result<_>>().unwrap();
        assert_eq!(back, all, "{id}");
    }
}

#[test]
fn importing_twice_adds_nothing() {
    let world = World::new();
    let path = world.file("mine.jsonl", &lines(&trajectories(4)));
    let info = world.import(&path, "a").unwrap();
    let mut watcher = RecordingWatcher::default();
    let target = world.target("b");
    let again = import_as(&path, None, &target, &mut watcher, &StopToken::new()).unwrap();
    assert_eq!(again, Imported::AlreadyThere(info));
    assert_eq!(names(&world.data().datasets()), ["a"]);
}

#[test]
fn seen_and_unseen_that_share_a_text_are_named() {
    let world = World::new();
    let twins = ["type-a", "type-b"].map(|task_type| {
        let mut task = task(task_type);
        task.task_type = task_type.into();
        task.goal = "put the mug away".into();
        Ok(trajectory(
            task,
            &[("take the mug", "You hold the mug.")],
            EpisodeEnd::Success,
        ))
    });
    write_dataset(&world.target("a"), twins).unwrap();
    let mut set = world.open("a");
    assert!(set.split_leaks().unwrap().is_empty(), "nothing is held out");
    set.set_unseen(&["type-b".into()]).unwrap();
    let leaks = set.split_leaks().unwrap();
    assert_eq!(leaks.len(), 1);
    assert_eq!(leaks[0].task_types, ["type-a", "type-b"]);
    assert!(!leaks[0].same_game && leaks[0].similarity > 0.99);
}

#[test]
fn labels_can_be_changed() {
    let world = World::new();
    let all = trajectories(8);
    write_dataset(&world.target("a"), all.iter().cloned().map(Ok)).unwrap();
    let mut set = world.open("a");
    set.set_unseen(&["type-1".into()]).unwrap();
    let labels = Labels {
        end: Some(EpisodeEnd::Success),
        ..Labels::default()
    };
    let failed = &all[3].id;
    let everything = TrajectoryFilter::default();
    let named = std::slice::from_ref(failed);
    let changed = set.relabel(&world.data(), named, &everything, &labels);
    assert_eq!(changed.unwrap(), 1);
    let info = world.open("a").info().clone();
    assert_eq!((info.num_items, info.num_successes), (8, 7));
    assert_eq!(info.unseen_types, ["type-1"], "the split stays");
    assert!(
        world.open("a").get(failed).is_err(),
        "the identifier follows"
    );
    let rename = Labels {
        task_type: Some("other".into()),
        ..Labels::default()
    };
    let changed = set.relabel(&world.data(), &[], &everything, &rename);
    assert_eq!(changed.unwrap(), 8);
    let info = world.open("a").info().clone();
    assert_eq!((info.types.len(), info.unseen_types.len()), (1, 0));
    let kept = names(&world.data().datasets());
    assert_eq!(kept, [".before-a", "a"], "what it was, to be taken back");
}

#[test]
fn an_episode_is_added_once() {
    let world = World::new();
    let all = trajectories(3);
    write_dataset(&world.target("a"), all.iter().take(2).cloned().map(Ok)).unwrap();
    let mut set = world.open("a");
    let created_ms = set.info().created_ms;
    for _ in 0..2 {
        set.append(&world.data(), all[2].clone()).unwrap();
    }
    let info = world.open("a").info().clone();
    assert_eq!(info, *set.info());
    assert_eq!((info.num_items, info.created_ms), (3, created_ms));
    let report = &info.report;
    assert_eq!((report.num_accepted, report.num_duplicates), (3, 1));
    assert!(world.open("a").get(&all[2].id).is_ok());
    assert_eq!(names(&world.data().datasets()), ["a"]);
}

#[test]
fn figures_are_counted() {
    let world = World::new();
    write_dataset(&world.target("a"), trajectories(8).into_iter().map(Ok)).unwrap();
    let stats = world.open("a").stats().unwrap();
    assert_eq!(stats.outcomes[&EpisodeEnd::Failure], 2);
    assert_eq!((stats.steps[0].length, stats.steps[0].count), (2, 8));
    assert!(stats.attempts.is_empty());
}

#[test]
fn a_release_of_alfworld_comes_in_as_folder_and_as_zip() {
    const GRAMMAR: &str =
        "\"task\": [{\"rhs\": \"Your task is to: heat some egg and put it in sinkbasin.\"}]";
    let game = |problem: &str| {
        serde_json::json!({
            "pddl_domain": "(define (domain alfred))",
            "pddl_problem": problem,
            "grammar": GRAMMAR,
            "solvable": problem != "(hopeless)",
        })
        .to_string()
    };
    let heat = "pick_heat_then_place_in_recep-Egg-None-SinkBasin-1";
    let files = [
        (
            format!("json_2.1.1/train/{heat}/trial_1/game.tw-pddl"),
            game("(one)"),
        ),
        (
            format!("json_2.1.1/train/{heat}/trial_1/traj_data.json"),
            "{\"plan\": {}}".into(),
        ),
        (
            format!("json_2.1.1/train/{heat}/trial_2/game.tw-pddl"),
            game("(hopeless)"),
        ),
        (
            format!("json_2.1.1/valid_unseen/{heat}/trial_3/game.tw-pddl"),
            game("(three)"),
        ),
    ];
    let world = World::new();
    let zip_path = world.folder.path().join("release.zip");
    let mut zip = zip::ZipWriter::new(File::create(&zip_path).unwrap());
    for (name, content) in &files {
        world.file(&format!("release/{name}"), content);
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    for (path, id) in [
        (world.folder.path().join("files/release"), "folder"),
        (zip_path, "zip"),
    ] {
        assert_eq!(inspect(&path).unwrap().format, "ALFWorld release");
        let info = world.import(&path, id).unwrap();
        assert_eq!((info.kind, info.num_items), (DatasetKind::Games, 2));
        assert_eq!(info.report.num_rejected, 1, "{:?}", info.report);
        assert!(info.report.rejected[0].reason.contains("impossible"));
        let tasks = world.open(id).tasks("", 0, 9).unwrap().rows;
        assert_eq!(tasks[0].id.0, format!("train/{heat}/trial_1"));
        assert_eq!(tasks[0].goal, "heat some egg and put it in sinkbasin.");
        assert_eq!(
            (tasks[0].split, tasks[1].split),
            (Split::Train, Split::Test)
        );
        // Else the next one would be told to be there already.
        fs::remove_dir_all(world.data().dataset(&DatasetId::from(id))).unwrap();
    }
}

#[test]
fn a_split_that_was_set_is_kept_and_named() {
    let world = World::new();
    write_dataset(&world.target("a"), trajectories(6).into_iter().map(Ok)).unwrap();
    let mut set = world.open("a");
    let before = set.info().split_hash.clone();
    set.set_unseen(&["type-1".into(), "type-0".into()]).unwrap();
    set.rename(" Better ").unwrap();
    assert!(set.set_unseen(&["unheard-of".into()]).is_err());
    assert!(set.rename(" ").is_err());
    let info = world.open("a").info().clone();
    assert_eq!(info.unseen_types, ["type-0", "type-1"]);
    assert_eq!(info.name, "Better");
    assert_ne!(info.split_hash, before);
    set.set_unseen(&["type-2".into()]).unwrap();
    assert_eq!(
        set.info().split_hash,
        before,
        "the same split has the same name"
    );
}

#[test]
fn damage_is_described_and_the_rest_can_be_read() {
    let world = World::new();
    let all = trajectories(4);
    write_dataset(&world.target("a"), all.iter().cloned().map(Ok)).unwrap();
    let path = world
        .data()
        .dataset(&DatasetId::from("a"))
        .join("trajectories.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 10]).unwrap();
    // Nobody learns from a part without knowing, and what is left can be had.
    let refused = world.open("a").trajectories().err().unwrap();
    assert!(refused.to_string().contains("of its 4 items 3 can be read"));
    assert!(refused.to_string().contains(path.to_str().unwrap()));
    let file = TrajectoryFile::open(&path).unwrap();
    assert_eq!(file.len(), 3);
    assert!(file.problems()[0].reason.contains("breaks off"));
    assert_eq!(file.get(&all[2].id).unwrap(), all[2]);
    fs::remove_file(&path).unwrap();
    let missing = world.open("a").trajectories().err().unwrap();
    assert!(missing.to_string().contains("import the data set again"));

    let info = path.with_file_name("dataset.json");
    fs::write(&info, "{").unwrap();
    let broken = Dataset::open(&world.data(), &DatasetId::from("a")).unwrap_err();
    assert!(broken.to_string().contains("damaged"));
    let list = Dataset::list(&world.data()).unwrap();
    assert!(list[0].report.rejected[0].reason.contains("damaged"));
    let gone = Dataset::open(&world.data(), &DatasetId::from("b")).unwrap_err();
    assert!(gone.to_string().contains("no data set"));
    assert!(Dataset::open(&world.data(), &DatasetId::from("../a")).is_err());
}

#[test]
fn a_file_that_is_still_written_can_be_followed() {
    let world = World::new();
    let all = trajectories(3);
    let text = lines(&all);
    let cut = text.len() - 5;
    let path = world.file("run/trajectories.jsonl", &text[..cut]);
    let mut file = TrajectoryFile::open(&path).unwrap();
    assert_eq!((file.len(), file.problems().len()), (2, 1));
    fs::write(&path, &text).unwrap();
    file.refresh().unwrap();
    assert_eq!((file.len(), file.problems().len()), (3, 0));
    assert_eq!(file.get(&all[2].id).unwrap(), all[2]);
}
