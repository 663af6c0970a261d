//! What is answered where.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::completion::{ChatRequest, Delivery, Stamp};
use super::desk::{Desk, News, Ordered};
use super::guard;
use super::head::{self, Head};
use super::pieces::Pieces;
use super::refusal::Refusal;
use crate::random::random_text;

const MODELS: &str = "/v1/models";
const CHAT: &str = "/v1/chat/completions";

/// Random bytes of an answer's name, and of the seed of callers that set none.
const NAME_BYTES: usize = 8;

/// What a caller gets.
#[derive(Debug)]
pub(super) enum Reply {
    /// All at once.
    Value(Value),
    /// As it is written.
    Pieces(Box<Pieces>),
    /// Nothing: the caller left.
    Nobody,
}

/// Answers a request, whose body begins with `rest`.
pub(super) fn answer(
    desk: &Desk,
    stream: &mut TcpStream,
    head: &Head,
    rest: Vec<u8>,
) -> Result<Reply, Refusal> {
    guard::check_way(head, desk.port)?;
    guard::check_token(head, desk.token.reveal())?;
    let path = head.target.split('?').next().unwrap_or_default();
    let is_get = head.method == "GET";
    match path {
        MODELS if is_get => {
            let list = json!({"object": "list", "data": [model(desk)]});
            Ok(Reply::Value(list))
        }
        CHAT if head.method == "POST" => {
            let body = body(desk, stream, head, rest)?;
            complete(desk, stream, &body)
        }
        MODELS | CHAT => Err(Refusal::wrong_method()),
        _ => match path.strip_prefix("/v1/models/") {
            Some(name) if is_get && name == desk.model => Ok(Reply::Value(model(desk))),
            Some(_) if is_get => Err(Refusal::no_such_model(&desk.model)),
            _ => Err(Refusal::no_such_path()),
        },
    }
}

fn model(desk: &Desk) -> Value {
    json!({"id": desk.model, "object": "model", "created": 0, "owned_by": "lorekeeper"})
}

/// The body, if it is not too long and does not take too long.
fn body(
    desk: &Desk,
    stream: &mut TcpStream,
    head: &Head,
    rest: Vec<u8>,
) -> Result<Vec<u8>, Refusal> {
    let limits = &desk.limits;
    let length = head.content_length().ok_or_else(Refusal::no_length)?;
    if length > limits.body_bytes as u64 {
        return Err(Refusal::too_large(limits.body_bytes));
    }
    // Some wait for this before they send much.
    if head.has("expect") && rest.is_empty() {
        let written = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
        if written.is_err() {
            return Err(Refusal::too_slow());
        }
    }
    head::read_body(stream, rest, length as usize, limits.body)
}

fn complete(desk: &Desk, stream: &TcpStream, body: &[u8]) -> Result<Reply, Refusal> {
    let request = ChatRequest::read(body)?;
    request.check_model(&desk.model)?;
    let random = random_text(NAME_BYTES).map_err(|error| Refusal::failed(&error))?;
    let seed = u64::from_str_radix(&random, 16).unwrap_or_default();
    let ordered = desk.order(request.chat()?, request.sampling(seed)?)?;
    let memories = match ordered.next(stream) {
        Some(News::Begun(memories)) => memories,
        Some(News::Refused(refusal)) => return Err(refusal),
        Some(News::Piece(_) | News::Ended(_)) | None => return Ok(Reply::Nobody),
    };
    let stamp = Stamp {
        id: format!("chatcmpl-{random}"),
        created: now(),
        model: desk.model.clone(),
    };
    match request.delivery() {
        Delivery::Whole => whole(stream, &ordered, |completion| {
            stamp.whole(completion, &memories)
        }),
        Delivery::Pieces { with_usage } => Ok(Reply::Pieces(Box::new(Pieces {
            ordered,
            stamp,
            with_usage,
            memories,
        }))),
    }
}

/// Waits until all of it is there.
fn whole(
    stream: &TcpStream,
    ordered: &Ordered,
    write: impl FnOnce(&lore_core::Completion) -> Value,
) -> Result<Reply, Refusal> {
    while let Some(news) = ordered.next(stream) {
        match news {
            News::Begun(_) | News::Piece(_) => {}
            News::Ended(completion) => return Ok(Reply::Value(write(&completion))),
            News::Refused(refusal) => return Err(refusal),
        }
    }
    Ok(Reply::Nobody)
}

/// Seconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
