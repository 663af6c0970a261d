//! An answer piece by piece, as server-sent events.

use std::io::Write as _;
use std::net::TcpStream;

use lore_core::MemoryUse;
use serde_json::{Value, json};

use super::completion::Stamp;
use super::desk::{News, Ordered};

/// The end of the head is the beginning of the answer; its end is the end of the connection.
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
                      Cache-Control: no-cache\r\nConnection: close\r\n\r\n";

/// An answer that is being written.
#[derive(Debug)]
pub(super) struct Pieces {
    pub(super) ordered: Ordered,
    pub(super) stamp: Stamp,
    /// With the counts at the end.
    pub(super) with_usage: bool,
    pub(super) memories: Vec<MemoryUse>,
}

impl Pieces {
    /// Sends everything as it comes. Whoever hangs up ends the writing.
    pub(super) fn send(self, stream: &mut TcpStream) -> std::io::Result<()> {
        stream.write_all(HEAD)?;
        let delta = json!({"role": "assistant", "content": ""});
        let mut first = self.stamp.piece(&delta, None);
        first["memories"] = json!(self.memories);
        event(stream, &first)?;
        while let Some(news) = self.ordered.next(stream) {
            match news {
                News::Begun(_) => {}
                News::Piece(piece) => {
                    event(stream, &self.stamp.piece(&json!({"content": piece}), None))?;
                }
                News::Ended(completion) => {
                    let last = self.stamp.piece(&json!({}), Some(completion.finish));
                    event(stream, &last)?;
                    if self.with_usage {
                        event(stream, &self.stamp.counts(&completion))?;
                    }
                    return stream.write_all(b"data: [DONE]\n\n");
                }
                News::Refused(refusal) => return event(stream, &refusal.body()),
            }
        }
        // The engine ended, or the caller left; so does the answer, without its last word.
        Ok(())
    }
}

fn event(stream: &mut TcpStream, value: &Value) -> std::io::Result<()> {
    stream.write_all(format!("data: {value}\n\n").as_bytes())
}
