//! Data sets.

use lore_core::{
    DatasetInfo, DatasetKind, FormatGuess, ImportReport, RejectedRow, Split, Task, TypeCount,
};
use lore_protocol::TaskRow;

/// The six kinds of household task.
pub(super) const TYPES: [&str; 6] = [
    "look_at_obj_in_light",
    "pick_and_place_simple",
    "pick_clean_then_place_in_recep",
    "pick_cool_then_place_in_recep",
    "pick_heat_then_place_in_recep",
    "pick_two_obj_and_place",
];

/// Kinds that training never sees.
pub(super) const UNSEEN: [&str; 3] = [
    "pick_cool_then_place_in_recep",
    "pick_heat_then_place_in_recep",
    "pick_two_obj_and_place",
];

fn types(counts: [(u64, u64); 6]) -> Vec<TypeCount> {
    TYPES
        .iter()
        .zip(counts)
        .map(|(name, (count, successes))| TypeCount {
            name: (*name).to_owned(),
            count,
            successes,
        })
        .collect()
}

pub(super) fn datasets() -> Vec<DatasetInfo> {
    let unseen: Vec<String> = UNSEEN.map(str::to_owned).to_vec();
    vec![
        DatasetInfo {
            id: "sample-1-episodes".into(),
            name: "Expert episodes of the sample".into(),
            source: "generated games, seed 1".into(),
            num_items: 48,
            num_successes: 48,
            types: types([(8, 8); 6]),
            environments: vec!["alfworld".into()],
            num_steps: 402,
            unseen_types: unseen.clone(),
            content_hash: "9f2c41d07ab35e88".into(),
            split_hash: "41aa09d35b6c7e12".into(),
            report: ImportReport {
                num_accepted: 48,
                ..ImportReport::default()
            },
            created_ms: 1_795_260_000_000,
            num_bytes: 611_000,
            ..DatasetInfo::default()
        },
        DatasetInfo {
            id: "alfworld-human".into(),
            name: "ALFWorld, recorded by people".into(),
            source: "agent_runs_2026.jsonl".into(),
            num_items: 3321,
            num_successes: 2610,
            types: types([
                (308, 240),
                (790, 702),
                (650, 531),
                (533, 402),
                (459, 330),
                (581, 405),
            ]),
            environments: vec!["alfworld".into()],
            num_steps: 41_870,
            num_duplicates: 14,
            unseen_types: unseen,
            content_hash: "77be03aa1cd94f20".into(),
            split_hash: "c05512aa98d7e301".into(),
            report: ImportReport {
                num_accepted: 3321,
                num_duplicates: 14,
                num_rejected: 3,
                rejected: rejected(),
            },
            created_ms: 1_795_100_000_000,
            num_bytes: 38_400_000,
            ..DatasetInfo::default()
        },
        DatasetInfo {
            id: "alfworld-games".into(),
            name: "Official ALFWorld games".into(),
            kind: DatasetKind::Games,
            source: "alfworld_games_train.jsonl.gz".into(),
            num_items: 3553,
            types: types([(308, 0), (790, 0), (650, 0), (533, 0), (459, 0), (813, 0)]),
            environments: vec!["alfworld".into()],
            content_hash: "1d00b4c7e9f03a55".into(),
            split_hash: "aa21c05f1e8870b3".into(),
            report: ImportReport {
                num_accepted: 3553,
                ..ImportReport::default()
            },
            created_ms: 1_795_000_000_000,
            num_bytes: 24_100_000,
            ..DatasetInfo::default()
        },
    ]
}

fn rejected() -> Vec<RejectedRow> {
    let row = |line, reason: &str| RejectedRow {
        file: String::new(),
        line,
        reason: reason.to_owned(),
    };
    vec![
        row(112, "The line ends in the middle: it is not complete JSON"),
        row(1840, "There is no action in this episode"),
        row(3302, "The goal is missing"),
    ]
}

pub(super) fn guess() -> FormatGuess {
    FormatGuess {
        path: String::new(),
        format: "Agent chats, one episode a line (ShareGPT)".into(),
        kind: DatasetKind::Trajectories,
        num_items: 1200,
        complete: false,
        examples: vec![
            "Put a clean mug in the coffee machine · 14 actions · success".into(),
            "Find two pillows and put them on the sofa · 22 actions · success".into(),
            "Examine the alarm clock under the desk lamp · 9 actions · out of steps".into(),
        ],
        report: ImportReport {
            num_accepted: 1198,
            num_rejected: 2,
            rejected: rejected().into_iter().take(2).collect(),
            ..ImportReport::default()
        },
        num_bytes: 38_400_000,
        ..FormatGuess::default()
    }
}

pub(super) fn tasks() -> Vec<TaskRow> {
    (0..240usize)
        .map(|index| {
            let task_type = TYPES[index % TYPES.len()];
            TaskRow {
                task: Task {
                    id: format!("game-{index}").into(),
                    environment: "alfworld".into(),
                    task_type: task_type.into(),
                    goal: super::trajectories::goal(task_type, index / TYPES.len()),
                    split: if index % 9 == 0 {
                        Split::Test
                    } else {
                        Split::Train
                    },
                },
                unseen: UNSEEN.contains(&task_type),
            }
        })
        .collect()
}
