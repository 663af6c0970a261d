//! Files of every form that can come in, small and made here: tables, packed files, folders.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use lore_core::testing::RecordingWatcher;
use lore_core::{
    ColumnMap, ColumnRole, DataDir, DatasetId, EpisodeEnd, ImportReport, StopToken, Trajectory,
};
use lore_data::{Dataset, NewDataset, import_as, inspect};

/// A folder for files and data sets, gone after the test.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join("files").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Imports into a data folder of its own, and reads everything back.
    fn read(&self, path: &Path, columns: Option<&ColumnMap>) -> (Vec<Trajectory>, ImportReport) {
        let data = tempfile::tempdir_in(self.folder.path()).unwrap();
        let target = NewDataset {
            data: DataDir::new(data.path()),
            id: DatasetId::from("set"),
            name: String::new(),
            source: String::new(),
            unseen_types: None,
            created_ms: 1,
        };
        let mut watcher = RecordingWatcher::default();
        let imported = import_as(path, columns, &target, &mut watcher, &StopToken::new()).unwrap();
        let set = Dataset::open(&target.data, &target.id).unwrap();
        let file = set.trajectories().unwrap();
        let all = file.read_all().unwrap().map(Result::unwrap).collect();
        (all, imported.info().report.clone())
    }
}

const STEPS: &str = "episode,goal,observation,action,reward,success\n\
    e1,find the key,A room.,look,0,\n\
    e1,find the key,\"A key, on a hook.\",take key,1,true\n\
    e2,open the door,A door.,push,0,false\n";

#[test]
fn a_table_of_steps_becomes_episodes() {
    let world = World::new();
    let path = world.file("steps.csv", STEPS);
    let guess = inspect(&path).unwrap();
    assert_eq!(guess.format, "Table of steps");
    assert_eq!(guess.columns.len(), 6);
    assert_eq!(guess.mapping.column(ColumnRole::Episode), Some("episode"));
    let (all, report) = world.read(&path, None);
    assert_eq!((all.len(), report.num_rejected), (2, 0));
    assert_eq!(all[0].initial_observation, "A room.");
    assert_eq!(all[0].steps[0].observation, "A key, on a hook.");
    assert_eq!(all[0].steps[1].reward.to_bits(), 1f64.to_bits());
    assert_eq!(
        (all[0].end, all[1].end),
        (EpisodeEnd::Success, EpisodeEnd::Failure)
    );
}

#[test]
fn columns_can_be_told() {
    let world = World::new();
    let path = world.file(
        "odd.tsv",
        "wer\twas\tja\nfind it\tlook\tyes\n\tsing\tno\n\t\t\n",
    );
    let guess = inspect(&path).unwrap();
    assert!(guess.format.is_empty() && guess.previews.is_empty());
    let cells = guess.columns.iter().zip(&guess.samples);
    assert!(
        cells
            .into_iter()
            .any(|cell| cell == (&"wer".into(), &"find it".into()))
    );
    let map = ColumnMap(
        [
            (ColumnRole::Goal, "wer".to_owned()),
            (ColumnRole::Action, "was".to_owned()),
            (ColumnRole::Outcome, "ja".to_owned()),
        ]
        .into(),
    );
    let (all, report) = world.read(&path, Some(&map));
    assert_eq!((all.len(), report.num_rejected), (2, 1));
    assert_eq!(report.rejected[0].line, 4);
    assert!(report.rejected[0].reason.contains("no action"));
    assert!(all[0].is_success() && !all[1].is_success());
}

#[test]
fn an_episode_in_two_pieces_is_named() {
    let world = World::new();
    let path = world.file("steps.csv", format!("{STEPS}e1,find the key,x,run,0,\n"));
    let (all, report) = world.read(&path, None);
    assert_eq!(all.len(), 2);
    assert_eq!(report.rejected[0].line, 5);
    assert!(report.rejected[0].reason.contains("sort the table"));
}

#[test]
fn packed_files_and_folders_of_them_read_alike() {
    let world = World::new();
    let plain = world.file("plain/steps.csv", STEPS);
    let (expected, _) = world.read(&plain, None);
    let goals = |all: &[Trajectory]| -> Vec<String> {
        all.iter().map(|one| one.task.goal.clone()).collect()
    };
    let zst = zstd::stream::encode_all(STEPS.as_bytes(), 3).unwrap();
    let zst = world.file("packed/steps.csv.zst", zst);
    assert_eq!(goals(&world.read(&zst, None).0), goals(&expected));
    let folder = zst.parent().unwrap().to_owned();
    assert_eq!(goals(&world.read(&folder, None).0), goals(&expected));
    let path = world.folder.path().join("steps.zip");
    let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Zstd);
    zip.start_file("a/steps.csv", options).unwrap();
    zip.write_all(STEPS.as_bytes()).unwrap();
    zip.finish().unwrap();
    assert_eq!(goals(&world.read(&path, None).0), goals(&expected));
}

#[test]
fn instructions_and_answers_come_in() {
    let world = World::new();
    let rows = r#"[{"instruction": "Add.", "input": "2 and 2", "output": "4"},
        {"instruction": "Sing.", "input": "", "output": "La."},
        {"instruction": "Wait.", "output": " "}]"#;
    let path = world.file("alpaca.json", rows);
    assert_eq!(inspect(&path).unwrap().format, "Alpaca instructions");
    let (all, report) = world.read(&path, None);
    assert_eq!((all.len(), report.num_rejected), (2, 1));
    assert_eq!(all[0].initial_observation, "Add.\n\n2 and 2");
    assert_eq!(all[1].steps[0].action, "La.");
}

#[test]
fn one_file_of_spans_holds_many_traces() {
    let world = World::new();
    let span = |trace: &str, said: &str| {
        serde_json::json!({"context": {"trace_id": trace}, "attributes": {
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "Hi",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": said,
        }})
        .to_string()
    };
    let text = format!("{}\n{}\n{{\"broken\n", span("a", "one"), span("b", "two"));
    let path = world.file("spans.jsonl", text);
    assert_eq!(inspect(&path).unwrap().format, "OpenTelemetry spans");
    let (all, report) = world.read(&path, None);
    assert_eq!((all.len(), report.num_rejected), (2, 1));
    assert_eq!(report.rejected[0].line, 3);
}

#[test]
fn damaged_packing_keeps_what_came_before() {
    let world = World::new();
    let rows: Vec<String> = (0..20_000)
        .map(|index| format!("goal {index},act {}\n", index * 7919 % 10_007))
        .collect();
    let many = format!("goal,action\n{}", rows.concat());
    let mut packed = zstd::stream::encode_all(many.as_bytes(), 1).unwrap();
    packed.truncate(packed.len() / 2);
    let path = world.file("half.csv.zst", packed);
    let (all, report) = world.read(&path, None);
    assert!(all.len() > 100 && report.num_rejected == 1, "{report:?}");
    let parquet = world.file("half.parquet", b"PAR1 and then nothing PAR1");
    assert!(inspect(&parquet).is_err());
}
