//! What goes wrong with a server, and what is said about it.

use std::time::Duration;

use lore_core::Secret;
use lore_protocol::{ApiError, ErrorCode};
use serde_json::Value as Json;

/// The longest quotation of a server, in characters.
const MAX_QUOTED: usize = 300;

/// Why a question was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The server could not be reached, or broke off.
    Unreachable(String),
    /// No answer came within so many seconds.
    Silent(u64),
    /// The server answered that it does not answer.
    Refused(Refusal),
    /// The answer is not understood.
    Odd(String),
    /// Somebody asked to stop.
    Stopped,
}

/// An answer with a status that is no success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) status: u16,
    /// What the server said about it.
    pub(super) said: String,
    /// The field of the question that it names.
    pub(super) field: Option<String>,
    /// How long it asks to be left alone.
    pub(super) wait: Option<Duration>,
}

impl Refusal {
    /// From the body of the answer: OpenAI's form, or the `detail` or `message` of others, or plain text. The
    /// key is taken out, should the server repeat it.
    pub(super) fn read(
        status: u16,
        body: &str,
        wait: Option<Duration>,
        key: Option<&Secret>,
    ) -> Self {
        let json: Json = serde_json::from_str(body).unwrap_or_default();
        let error = if json["error"].is_object() {
            &json["error"]
        } else {
            &json
        };
        let said = ["message", "error", "detail"]
            .iter()
            .find_map(|name| error[name].as_str());
        Self {
            status,
            said: quoted(said.unwrap_or(body), key),
            field: error["param"].as_str().map(str::to_owned),
            wait,
        }
    }
}

/// The beginning of what a server wrote, on one line and without the key.
pub(super) fn quoted(text: &str, key: Option<&Secret>) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let text = match key.map(Secret::reveal).filter(|key| !key.is_empty()) {
        Some(key) => text.replace(key, "…"),
        None => text,
    };
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl Fault {
    /// True for what may be over when one asks again.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Silent(_) | Self::Odd(_) => true,
            Self::Refused(refusal) => {
                matches!(refusal.status, 408 | 425 | 429) || refusal.status >= 500
            }
            Self::Stopped => false,
        }
    }

    /// In a sentence that names the server, and says how often it was asked.
    pub(super) fn tell(&self, base: &str, num_tries: u32) -> ApiError {
        let times = match num_tries {
            0 | 1 => String::new(),
            num => format!(" It was asked {num} times."),
        };
        let (code, words) = match self {
            Self::Unreachable(why) => (
                ErrorCode::Offline,
                format!(
                    "The server {base} cannot be reached or broke off ({why}).{times} Check its address, and \
                     that it is running."
                ),
            ),
            Self::Silent(secs) => (
                ErrorCode::Offline,
                format!(
                    "The server {base} gave no answer within {secs} seconds.{times} Give it more time, or \
                     ask it less at once."
                ),
            ),
            Self::Refused(refusal) => (ErrorCode::Other, refused(base, refusal, &times)),
            Self::Odd(answer) => (
                ErrorCode::Other,
                format!(
                    "The answer of the server {base} is not understood: {answer:?}.{times} Check that the \
                     address is that of an OpenAI-compatible server."
                ),
            ),
            Self::Stopped => (ErrorCode::Other, "Stopped.".to_owned()),
        };
        ApiError::with_code(code, words)
    }
}

fn refused(base: &str, refusal: &Refusal, times: &str) -> String {
    let Refusal {
        status,
        said,
        field: _,
        wait,
    } = refusal;
    let hint = match status {
        401 | 403 => " Check the key on the Models page.",
        404 => " Check the address and the model's name on the Models page.",
        429 => " Ask it less at once, or go on later: what was played is kept.",
        _ => "",
    };
    let wait = wait.map_or_else(String::new, |wait| {
        format!(" It asks to wait {} seconds.", wait.as_secs())
    });
    let said = if said.is_empty() {
        String::new()
    } else {
        format!(" and said {said:?}")
    };
    format!("The server {base} answered with status {status}{said}.{times}{wait}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_read_in_every_form() {
        let openai = r#"{"error": {"message": "No  such\nmodel", "param": "model"}}"#;
        for (body, said, field) in [
            (openai, "No such model", Some("model")),
            (r#"{"error": "not found"}"#, "not found", None),
            (r#"{"detail": "no"}"#, "no", None),
            ("<h1>Bad gateway</h1>", "<h1>Bad gateway</h1>", None),
            ("", "", None),
        ] {
            let refusal = Refusal::read(404, body, None, None);
            assert_eq!(
                (refusal.said.as_str(), refusal.field.as_deref()),
                (said, field)
            );
        }
    }

    #[test]
    fn a_key_that_is_repeated_is_not_told() {
        let key = Secret::from("sk-1234567890");
        let body = r#"{"error": {"message": "Incorrect API key provided: sk-1234567890."}}"#;
        let fault = Fault::Refused(Refusal::read(401, body, None, Some(&key)));
        let told = fault.tell("https://a/v1", 1).summary;
        assert!(told.contains("provided: …."), "{told}");
        assert!(
            told.contains("https://a/v1") && told.contains("401"),
            "{told}"
        );
        assert!(!format!("{fault:?}").contains("1234567890"));
    }

    #[test]
    fn only_what_may_pass_is_asked_again() {
        let refused = |status| {
            Fault::Refused(Refusal {
                status,
                ..Refusal::default()
            })
        };
        for (fault, passes) in [
            (refused(429), true),
            (refused(503), true),
            (refused(400), false),
            (refused(401), false),
            (Fault::Silent(1), true),
            (Fault::Stopped, false),
        ] {
            assert_eq!(fault.may_pass(), passes, "{fault:?}");
        }
    }
}
