//! An experience bank.

use lore_core::{
    BankInfo, BankKeys, DropReason, DroppedExperience, Experience, ExperienceId, ExperienceRow,
    Explanation, GridCell, GridScore, Hit, KeyKind, MapPoint, RemovalPreview, RetrievalGrid,
    Trajectory,
};
use lore_protocol::ApiError;

use super::datasets::TYPES;

pub(super) fn banks() -> Vec<BankInfo> {
    let task_types: Vec<String> = TYPES.map(str::to_owned).to_vec();
    vec![
        BankInfo {
            id: "sample-1-bank".into(),
            name: "Bank of the sample".into(),
            embedder: "all-minilm-l6-v2".into(),
            dim: 384,
            num_experiences: 60,
            num_successes: 45,
            task_types: task_types.clone(),
            version: 4,
            num_fragments: 1,
            num_bytes: 1_240_000,
            environments: vec!["alfworld".into()],
            keys: BankKeys {
                outcome: true,
                window_steps: BankKeys::WINDOW_STEPS,
            },
            ..BankInfo::default()
        },
        BankInfo {
            id: "people".into(),
            name: "Recorded by people".into(),
            embedder: "all-minilm-l6-v2".into(),
            dim: 384,
            num_experiences: 3321,
            num_successes: 2610,
            task_types,
            version: 12,
            num_fragments: 3,
            num_bytes: 61_800_000,
            ..BankInfo::default()
        },
    ]
}

pub(super) fn rows(trajectories: &[Trajectory]) -> Vec<ExperienceRow> {
    trajectories
        .iter()
        .enumerate()
        .map(|(index, trajectory)| ExperienceRow {
            id: ExperienceId(trajectory.id.0.clone()),
            goal: trajectory.task.goal.clone(),
            task_type: trajectory.task.task_type.clone(),
            environment: trajectory.task.environment.clone(),
            success: trajectory.is_success(),
            num_steps: trajectory.steps.len() as u32,
            num_tokens: num_tokens(trajectory),
            source: trajectory.source.clone(),
            pinned: index == 0,
            never_use: index == 5,
            lesson: String::new(),
        })
        .collect()
}

fn num_tokens(trajectory: &Trajectory) -> u32 {
    (trajectory.text().len() / 4) as u32
}

fn of(trajectory: &Trajectory) -> Experience {
    Experience {
        id: ExperienceId(trajectory.id.0.clone()),
        trajectory: trajectory.clone(),
        num_tokens: num_tokens(trajectory),
        pinned: false,
        never_use: false,
        lesson: String::new(),
    }
}

pub(super) fn experience(
    trajectories: &[Trajectory],
    id: &ExperienceId,
) -> Result<Experience, ApiError> {
    trajectories
        .iter()
        .find(|trajectory| trajectory.id.0 == id.0)
        .map(of)
        .ok_or_else(|| ApiError::not_found("This experience is no longer in the bank."))
}

pub(super) fn hits(trajectories: &[Trajectory], k: usize) -> Vec<Hit> {
    trajectories
        .iter()
        .take(k)
        .enumerate()
        .map(|(rank, trajectory)| Hit {
            experience: of(trajectory),
            score: 0.93 - 0.06 * rank as f32,
            rank: rank as u32,
        })
        .collect()
}

/// What would be retrieved and what would not; the next best are left out for different reasons.
pub(super) fn explanation(trajectories: &[Trajectory], k: usize) -> Explanation {
    let reasons = [
        DropReason::Diversity,
        DropReason::Budget,
        DropReason::TaskType,
        DropReason::Rank,
    ];
    let dropped = trajectories.iter().skip(k).zip(reasons).zip(k..);
    Explanation {
        hits: hits(trajectories, k),
        dropped: dropped
            .map(|((trajectory, reason), rank)| DroppedExperience {
                id: ExperienceId(trajectory.id.0.clone()),
                goal: trajectory.task.goal.clone(),
                task_type: trajectory.task.task_type.clone(),
                success: trajectory.is_success(),
                score: 0.93 - 0.06 * rank as f32,
                rank: rank as u32,
                num_tokens: num_tokens(trajectory),
                reason,
            })
            .collect(),
        kept_out: vec![(DropReason::NeverUse, 1), (DropReason::Outcome, 15)],
        num_experiences: trajectories.len() as u64,
    }
}

/// What taking these out would change.
pub(super) fn preview(rows: &[ExperienceRow], ids: &[ExperienceId]) -> RemovalPreview {
    let going = || rows.iter().filter(|row| ids.contains(&row.id));
    RemovalPreview {
        num_experiences: going().count() as u64,
        num_pinned: going().filter(|row| row.pinned).count() as u64,
        num_lessons: going().filter(|row| !row.lesson.is_empty()).count() as u64,
        kept_versions: vec!["sample-1.exprag-seed2025".into()],
        ..RemovalPreview::default()
    }
}

/// A small comparison: more memories find more and cost more.
pub(super) fn grid() -> RetrievalGrid {
    let cell = |key, k: usize, success_of_type| GridCell {
        key,
        k,
        score: GridScore {
            success_of_type,
            same_object: success_of_type * 0.6,
            reciprocal_rank: success_of_type * 0.9,
            recall: success_of_type * 0.8,
            num_tokens: 410.0 * k as f64,
        },
        ..GridCell::default()
    };
    RetrievalGrid {
        bank: "sample-1-bank".into(),
        version: 4,
        num_probes: 60,
        cells: vec![
            cell(KeyKind::Task, 1, 0.71),
            cell(KeyKind::Task, 4, 0.93),
            cell(KeyKind::Whole, 1, 0.64),
            cell(KeyKind::Whole, 4, 0.88),
        ],
    }
}

/// Clouds of points, one for each kind of task.
pub(super) fn map(trajectories: &[Trajectory]) -> Vec<MapPoint> {
    trajectories
        .iter()
        .enumerate()
        .map(|(index, trajectory)| {
            let kind = index % TYPES.len();
            let around = kind as f32 * std::f32::consts::TAU / TYPES.len() as f32;
            // Two incommensurable angles scatter the points without chance.
            let wobble = index as f32 * 2.399;
            let spread = 0.28 * ((index as f32 * 0.618).fract().sqrt());
            MapPoint {
                id: ExperienceId(trajectory.id.0.clone()),
                x: around.cos() * 0.7 + wobble.cos() * spread,
                y: around.sin() * 0.5 + wobble.sin() * spread,
                goal: trajectory.task.goal.clone(),
                task_type: trajectory.task.task_type.clone(),
                success: trajectory.is_success(),
            }
        })
        .collect()
}
