//! An experience bank.

use lore_core::{BankInfo, Experience, ExperienceId, ExperienceRow, Hit, MapPoint, Trajectory};
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
