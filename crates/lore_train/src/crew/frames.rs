//! What leader and assistants say to each other: lengths, a header in JSON, and raw numbers behind it.

use std::io::{self, Read};

use anyhow::{Context as _, Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use lore_core::Secret;

/// Rises when the two would not understand each other any more.
pub(super) const VERSION: u32 = 1;

/// The longest header: the seeds and lengths of a pass of many short examples.
const MAX_HEADER: u32 = 1 << 20;

/// The longest header of somebody who has not shown the token.
pub(super) const MAX_GREETING: u32 = 4 << 10;

/// What the leader says.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ToAssistant {
    /// The adapter as it is at this step; its numbers follow.
    Adapter {
        /// Which step.
        step: u64,
    },
    /// A pass to compute; its tokens follow.
    Pass {
        /// With the adapter of this step.
        step: u64,
        /// Its place in the step.
        pass: usize,
        /// Factor of the loss.
        weight: f64,
        /// Tokens of each example.
        lengths: Vec<usize>,
        /// What decides the dropout of each example.
        seeds: Option<Vec<u64>>,
    },
    /// There is nothing to do, and the leader is still there.
    Still {},
    /// The training has no more to compute.
    Goodbye {},
    /// The token is not the one of this training.
    Refused {},
    /// The assistant is of no use.
    Dismissed {
        /// Why, in a sentence.
        why: String,
    },
}

/// What an assistant says.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ToLeader {
    /// First of all.
    Hello {
        /// [`VERSION`] of its program.
        version: u32,
        /// What the leader let those know who may take part.
        token: Secret,
    },
    /// What a pass gives; the gradient follows.
    Part {
        /// The step and the place of the pass.
        step: u64,
        /// The same.
        pass: usize,
        /// The loss.
        loss: f64,
    },
}

/// How much is read of what another computer sends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bytes of the header.
    header: u32,
    /// Bytes behind it.
    body: u64,
}

impl Limits {
    /// Of somebody who has not shown the token.
    pub(super) const GREETING: Self = Self {
        header: MAX_GREETING,
        body: 0,
    };

    /// Of what carries at most `body` bytes of numbers.
    pub(super) fn carrying(body: u64) -> Self {
        Self {
            header: MAX_HEADER,
            body,
        }
    }
}

/// A message as it is sent.
pub(super) fn encode(message: &impl Serialize, body: &[u8]) -> Result<Vec<u8>> {
    let header = serde_json::to_vec(message)?;
    let length = u32::try_from(header.len()).context("A message is too long to be sent")?;
    let mut frame = Vec::with_capacity(12 + header.len() + body.len());
    frame.extend(length.to_le_bytes());
    frame.extend((body.len() as u64).to_le_bytes());
    frame.extend(header);
    frame.extend_from_slice(body);
    Ok(frame)
}

/// Reads one message. Nothing is kept in memory for what is longer than `limits` allow.
pub(super) fn decode<T: DeserializeOwned>(
    reader: &mut impl Read,
    limits: Limits,
) -> Result<(T, Vec<u8>)> {
    let (mut header, mut body) = ([0; 4], [0; 8]);
    reader.read_exact(&mut header)?;
    reader.read_exact(&mut body)?;
    let (header, body) = (u32::from_le_bytes(header), u64::from_le_bytes(body));
    ensure!(
        header <= limits.header && body <= limits.body,
        "A message is longer than any should be"
    );
    let header = read_bytes(reader, header.into())?;
    let message = serde_json::from_slice(&header).context("A message is not understood")?;
    Ok((message, read_bytes(reader, body)?))
}

fn read_bytes(reader: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    // Memory grows with what really comes.
    let mut bytes = Vec::new();
    reader.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass() -> ToAssistant {
        ToAssistant::Pass {
            step: 3,
            pass: 1,
            weight: 1.0 / 3.0,
            lengths: vec![2, 1],
            seeds: Some(vec![u64::MAX, 1]),
        }
    }

    #[test]
    fn what_is_sent_arrives() {
        let limits = Limits::carrying(5);
        let frame = encode(&pass(), b"12345").unwrap();
        let (message, body) = decode::<ToAssistant>(&mut frame.as_slice(), limits).unwrap();
        assert_eq!((message, body.as_slice()), (pass(), &b"12345"[..]));
        for end in 0..frame.len() {
            let cut = &mut &frame[..end];
            assert!(decode::<ToAssistant>(cut, limits).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn what_is_too_long_is_not_read() {
        let frame = encode(&pass(), b"12345").unwrap();
        for limits in [Limits::GREETING, Limits::carrying(4)] {
            decode::<ToAssistant>(&mut frame.as_slice(), limits).unwrap_err();
        }
        let mut endless = Vec::from(u32::MAX.to_le_bytes());
        endless.extend(u64::MAX.to_le_bytes());
        let limits = Limits::carrying(1 << 20);
        decode::<ToAssistant>(&mut endless.as_slice(), limits).unwrap_err();
    }

    /// Not every number of every byte, but many: nothing panics, and what is read fits what was sent.
    #[test]
    fn noise_is_refused_or_read_whole() {
        let frame = encode(&pass(), b"12345").unwrap();
        let limits = Limits::carrying(64);
        for place in 0..frame.len() {
            for value in [0, 1, b'"', b'9', 0x7f, 0x80, 0xff] {
                let mut noise = frame.clone();
                noise[place] = value;
                if let Ok((_, body)) = decode::<ToAssistant>(&mut noise.as_slice(), limits) {
                    assert!(body.len() <= 5);
                }
                decode::<ToLeader>(&mut noise.as_slice(), limits).unwrap_err();
            }
        }
    }

    #[test]
    fn only_numbers_are_losses() {
        let part = |loss| ToLeader::Part {
            step: 1,
            pass: 0,
            loss,
        };
        for loss in [0.1 + 0.2, f64::MIN_POSITIVE, -0.0] {
            let frame = encode(&part(loss), &[]).unwrap();
            let (read, _) = decode(&mut frame.as_slice(), Limits::carrying(0)).unwrap();
            assert_eq!(part(loss), read);
        }
        let frame = encode(&part(f64::NAN), &[]).unwrap();
        decode::<ToLeader>(&mut frame.as_slice(), Limits::carrying(0)).unwrap_err();
    }
}
