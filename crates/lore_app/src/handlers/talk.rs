//! Talking to a model, and letting other programs do so.

use anyhow::Result;
use lore_core::Sampling;
use lore_protocol::{
    Answer, ApiError, Event, Question, Response, Speaker, TalkRequest, TalkResponse, Topic, Turn,
};

use super::jobs;
use crate::core::Core;
use crate::mentions::Noun;

/// Chats that are answered side by side at most.
const MAX_TURNS: usize = 4;

/// Answers.
pub(super) fn handle(core: &Core, request: TalkRequest) -> Result<Response> {
    let response = match request {
        TalkRequest::Ask {
            talk,
            turns,
            sampling,
        } => ask(core, talk, turns, sampling)?,
        TalkRequest::Stop => {
            core.interactive.stop_talk();
            return Ok(Response::Done);
        }
        TalkRequest::Endpoint => endpoint(core),
        TalkRequest::Open { speaker } => {
            check(core, &speaker)?;
            core.endpoint.open(*speaker)?;
            core.hub.stale(Topic::Endpoint);
            endpoint(core)
        }
        TalkRequest::Close => {
            core.endpoint.close();
            core.hub.stale(Topic::Endpoint);
            endpoint(core)
        }
    };
    Ok(Response::Talk(response))
}

fn endpoint(core: &Core) -> TalkResponse {
    TalkResponse::Endpoint(Box::new(core.endpoint.state()))
}

fn ask(core: &Core, talk: u64, turns: Vec<Turn>, sampling: Sampling) -> Result<TalkResponse> {
    if turns.is_empty() || turns.len() > MAX_TURNS {
        return Err(ApiError::new("Ask in one chat, or in up to four side by side").into());
    }
    for turn in &turns {
        check(core, &turn.speaker)?;
    }
    let mut hear = |turn, said| core.hub.publish(Event::Talk { talk, turn, said });
    let question = Question::Talk { turns, sampling };
    match core.interactive.talk(question, &mut hear)? {
        Answer::Said(said) => Ok(TalkResponse::Answered { talk, said }),
        _ => Err(ApiError::new("The model gave no usable answer; try again").into()),
    }
}

/// Refuses speakers that could only fail later.
fn check(core: &Core, speaker: &Speaker) -> Result<(), ApiError> {
    Noun::Model.check(speaker.model.as_str())?;
    if let Some(adapter) = &speaker.adapter {
        Noun::Adapter.check(adapter.as_str())?;
    }
    if let Some(bank) = &speaker.bank {
        Noun::Bank.check(bank.as_str())?;
    }
    if !(0.0..=Speaker::MAX_STRENGTH).contains(&speaker.strength) {
        return Err(ApiError::new(format!(
            "The strength of an adapter is between 0 and {}",
            Speaker::MAX_STRENGTH
        )));
    }
    jobs::needs_model(core, &speaker.model)
}
