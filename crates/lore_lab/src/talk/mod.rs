//! Talking: chats that are completed side by side, told as they are written.

mod remind;

use std::time::{Duration, Instant};

use anyhow::Result;

use lore_core::{Completion, GenerateRequest, Sampling};
use lore_llm::{ChatModel, Talks};
use lore_protocol::{Said, Speaker, Turn};

use crate::loaded::Loaded;

pub(crate) use remind::recall;

/// The time between two looks at what was written: as often as an eye can follow.
const PAUSE: Duration = Duration::from_millis(60);

/// Answers every chat. `tell` hears what was written so far and says whether to go on; when not, what
/// there is is the answer. Chats of the same model and adapter are completed together.
pub(crate) fn answer(
    loaded: &mut Loaded,
    turns: &[Turn],
    sampling: &Sampling,
    tell: &mut dyn FnMut(usize, &Said) -> bool,
) -> Result<Vec<Said>> {
    let mut said = vec![Said::default(); turns.len()];
    let mut left: Vec<usize> = (0..turns.len()).collect();
    while let Some(&first) = left.first() {
        let voice = voice(&turns[first].speaker);
        let together: Vec<usize> = left
            .extract_if(.., |index| self::voice(&turns[*index].speaker) == voice)
            .collect();
        if !answer_together(loaded, turns, &together, sampling, &mut said, tell)? {
            break;
        }
    }
    Ok(said)
}

/// What chats must have in common to be completed together.
fn voice(speaker: &Speaker) -> impl PartialEq {
    (&speaker.model, &speaker.adapter, speaker.strength)
}

/// Answers the turns with these numbers; false when somebody had enough.
fn answer_together(
    loaded: &mut Loaded,
    turns: &[Turn],
    numbers: &[usize],
    sampling: &Sampling,
    said: &mut [Said],
    tell: &mut dyn FnMut(usize, &Said) -> bool,
) -> Result<bool> {
    let mut requests = Vec::new();
    for number in numbers {
        let Turn { speaker, messages } = &turns[*number];
        let recalled = recall(loaded, speaker, messages)?;
        let reminded = recalled.remind(loaded.voice(speaker)?, sampling)?;
        said[*number].memories = reminded.memories;
        if !tell(*number, &said[*number]) {
            return Ok(false);
        }
        requests.push(GenerateRequest {
            messages: reminded.messages,
            sampling: sampling.clone(),
        });
    }
    let Some(first) = numbers.first() else {
        return Ok(true);
    };
    let model = loaded.voice(&turns[*first].speaker)?;
    let mut talks = Talks::default();
    for (number, request) in numbers.iter().zip(&requests) {
        model.join(&mut talks, *number as u64, request)?;
    }
    Telling {
        model,
        said,
        began: None,
        told: None,
    }
    .until_the_end(talks, numbers, tell)
}

/// Chats being completed, and what is told of them.
struct Telling<'a> {
    model: &'a mut ChatModel,
    said: &'a mut [Said],
    /// When the first token was there.
    began: Option<Instant>,
    told: Option<Instant>,
}

impl Telling<'_> {
    fn until_the_end(
        mut self,
        mut talks: Talks,
        numbers: &[usize],
        tell: &mut dyn FnMut(usize, &Said) -> bool,
    ) -> Result<bool> {
        let mut open = numbers.to_vec();
        while !open.is_empty() {
            let ended = self.model.advance(&mut talks)?;
            let secs = self
                .began
                .get_or_insert_with(Instant::now)
                .elapsed()
                .as_secs_f64();
            for number in &open {
                self.said[*number].secs = secs;
                self.said[*number].completion_tokens += 1;
            }
            let mut goes_on = true;
            for (number, completion) in ended {
                let number = number as usize;
                open.retain(|other| *other != number);
                close(&mut self.said[number], completion);
                goes_on &= tell(number, &self.said[number]);
            }
            if self.told.is_none_or(|told| told.elapsed() >= PAUSE) {
                self.told = Some(Instant::now());
                for number in &open {
                    let said = &mut self.said[*number];
                    said.text = self.model.said(&talks, *number as u64)?;
                    goes_on &= tell(*number, said);
                }
            }
            if !goes_on {
                return self.stop(talks, &open);
            }
        }
        Ok(true)
    }

    /// What was said so far is the answer.
    fn stop(self, mut talks: Talks, open: &[usize]) -> Result<bool> {
        for number in open {
            if let Some(completion) = self.model.leave(&mut talks, *number as u64)? {
                close(&mut self.said[*number], completion);
                self.said[*number].finish = None;
            }
        }
        Ok(false)
    }
}

fn close(said: &mut Said, completion: Completion) {
    said.text = completion.text;
    said.prompt_tokens = completion.prompt_tokens;
    said.completion_tokens = completion.completion_tokens;
    said.finish = Some(completion.finish);
}
