//! Data sets.

use lore_core::{
    ColumnMap, ColumnRole, DatasetId, DatasetInfo, DatasetKind, DatasetStats, EpisodeEnd,
    FormatGuess, ImportReport, ItemPreview, LengthCount, RejectedRow, Split, SplitLeak, Task,
    Trajectory, TrajectoryFilter, TrajectoryRow, TypeCount,
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
            num_near_duplicates: 31,
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

/// A table whose columns have odd names, as it is read by them.
pub(super) fn table() -> FormatGuess {
    let cells = [
        ("did", "go to desk 1"),
        ("goal", "examine the mug with the desk lamp"),
        ("points", "0"),
        ("run", "17"),
        ("saw", "You are in the middle of a room."),
    ];
    let roles = [
        (ColumnRole::Goal, "goal"),
        (ColumnRole::Action, "did"),
        (ColumnRole::Observation, "saw"),
    ];
    let preview = |goal: &str, num_steps, end| ItemPreview {
        goal: goal.to_owned(),
        task_type: "unknown".to_owned(),
        environment: "table".to_owned(),
        observation: "You are in the middle of a room. Looking quickly around you, you see"
            .to_owned(),
        action: "go to desk 1".to_owned(),
        num_steps,
        reward: f64::from(u8::from(end == EpisodeEnd::Success)),
        end,
    };
    FormatGuess {
        format: "Table of steps".to_owned(),
        num_items: 3,
        complete: true,
        num_bytes: 48_200,
        columns: cells.map(|(name, _)| name.to_owned()).to_vec(),
        samples: cells.map(|(_, sample)| sample.to_owned()).to_vec(),
        mapping: ColumnMap(roles.map(|(role, name)| (role, name.to_owned())).into()),
        previews: vec![
            preview("examine the mug with the desk lamp", 6, EpisodeEnd::Success),
            preview("put a clean plate on the shelf", 11, EpisodeEnd::Failure),
            preview(
                "cool the tomato and put it in the microwave",
                14,
                EpisodeEnd::Unknown,
            ),
        ],
        examples: vec!["examine the mug with the desk lamp".to_owned()],
        ..FormatGuess::default()
    }
}

/// Those of the rows that match, as far as tests choose.
pub(super) fn matching(rows: &[TrajectoryRow], filter: &TrajectoryFilter) -> Vec<TrajectoryRow> {
    let text = filter.text.to_lowercase();
    let among = |row: &&TrajectoryRow| {
        filter.task_types.is_empty() || filter.task_types.contains(&row.task_type)
    };
    rows.iter()
        .filter(|row| row.goal.to_lowercase().contains(&text))
        .filter(|row| {
            filter
                .success
                .is_none_or(|it| it == (row.end == EpisodeEnd::Success))
        })
        .filter(among)
        .filter(|row| filter.min_steps.is_none_or(|least| row.num_steps >= least))
        .filter(|row| filter.max_steps.is_none_or(|most| row.num_steps <= most))
        .cloned()
        .collect()
}

pub(super) fn stats(dataset: &DatasetInfo) -> DatasetStats {
    let lengths = |counts: &[(u64, u64)]| {
        let counts = counts.iter();
        counts
            .map(|&(length, count)| LengthCount { length, count })
            .collect()
    };
    let failed = dataset.num_items - dataset.num_successes;
    DatasetStats {
        outcomes: [
            (EpisodeEnd::Success, dataset.num_successes),
            (EpisodeEnd::Truncated, failed),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect(),
        steps: lengths(&[(4, 6), (6, 11), (7, 9), (9, 12), (12, 6), (17, 3), (24, 1)]),
        tokens: lengths(&[(256, 4), (512, 19), (1024, 18), (2048, 6), (4096, 1)]),
        attempts: lengths(&[(2, 5), (3, 1)]),
        environments: vec![TypeCount {
            name: "alfworld".to_owned(),
            count: dataset.num_items,
            successes: dataset.num_successes,
        }],
    }
}

/// Pairs of episodes on both sides of the split of the first data set.
pub(super) fn leaks(trajectories: &[Trajectory]) -> Vec<(DatasetId, SplitLeak)> {
    let pair = |seen: &Trajectory, unseen: &Trajectory, similarity, same_game| SplitLeak {
        seen: seen.id.0.clone(),
        unseen: unseen.id.0.clone(),
        goals: [seen.task.goal.clone(), unseen.task.goal.clone()],
        task_types: [TYPES[0].to_owned(), TYPES[4].to_owned()],
        similarity,
        same_game,
    };
    let pairs = trajectories.windows(2).take(5).enumerate();
    let leaks = pairs.filter_map(|(index, pair_of)| match pair_of {
        [seen, unseen] => Some(pair(seen, unseen, 0.97 - index as f32 * 0.02, index == 0)),
        _ => None,
    });
    leaks
        .map(|leak| ("sample-1-episodes".into(), leak))
        .collect()
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
