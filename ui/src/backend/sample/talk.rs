//! A talk with a model, and the endpoint.

use lore_core::{FinishReason, MemoryUse, Trajectory};
use lore_protocol::{Door, EndpointState, Said, Speaker, TalkRequest, TalkResponse};

use super::bank;

/// What is answered.
pub(super) fn answer(
    request: &TalkRequest,
    endpoint: &EndpointState,
    trajectories: &[Trajectory],
) -> Option<TalkResponse> {
    match request {
        TalkRequest::Ask { talk, turns, .. } => {
            let said = turns
                .iter()
                .map(|turn| said(&turn.speaker, trajectories))
                .collect();
            Some(TalkResponse::Answered { talk: *talk, said })
        }
        TalkRequest::Stop => None,
        TalkRequest::Endpoint => Some(TalkResponse::Endpoint(Box::new(endpoint.clone()))),
        TalkRequest::Open { speaker } => Some(TalkResponse::Endpoint(Box::new(on(speaker)))),
        TalkRequest::Close => Some(TalkResponse::Endpoint(Box::default())),
    }
}

/// An endpoint that is open.
pub(super) fn on(speaker: &Speaker) -> EndpointState {
    EndpointState::On {
        speaker: Box::new(speaker.clone()),
        door: Door {
            address: "http://127.0.0.1:8371/v1".into(),
            token: "lore-5b1e0c7a9d3f42e8a6c0b7d1f9e35a2480c61b7d9e2f3a54".into(),
            model: speaker.name().into(),
        },
        num_answered: 3,
    }
}

fn said(speaker: &Speaker, trajectories: &[Trajectory]) -> Said {
    let hits = match speaker.bank {
        Some(_) => bank::hits(trajectories, speaker.retrieval.k),
        None => Vec::new(),
    };
    let memories: Vec<MemoryUse> = hits
        .into_iter()
        .map(|hit| MemoryUse {
            goal: hit.experience.trajectory.task.goal.clone(),
            task_type: hit.experience.trajectory.task.task_type.clone(),
            success: hit.experience.trajectory.is_success(),
            experience: hit.experience.id,
            score: hit.score,
            rank: hit.rank,
            num_tokens: hit.experience.num_tokens,
        })
        .collect();
    let text = if memories.is_empty() {
        "I would begin by looking around the kitchen for a mug, then clean it, and put it where it belongs."
    } else {
        "go to countertop 1"
    };
    Said {
        text: text.into(),
        prompt_tokens: if memories.is_empty() { 61 } else { 812 },
        memories,
        completion_tokens: 23,
        secs: 1.2,
        finish: Some(FinishReason::Stop),
    }
}
