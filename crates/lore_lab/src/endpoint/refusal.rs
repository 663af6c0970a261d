//! Errors in OpenAI's form.

use serde_json::{Value, json};

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// OpenAI's word for the sort of error.
    sort: &'static str,
    message: String,
    /// The field of the request at fault.
    param: Option<&'static str>,
    code: Option<&'static str>,
}

impl Refusal {
    fn new(status: u16, sort: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            sort,
            message: message.into(),
            param: None,
            code: None,
        }
    }

    fn code(self, code: &'static str) -> Self {
        Self {
            code: Some(code),
            ..self
        }
    }

    /// A request that is not understood.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", message)
    }

    /// A field that is not understood.
    pub(super) fn field(param: &'static str, message: impl Into<String>) -> Self {
        Self {
            param: Some(param),
            ..Self::invalid(message)
        }
    }

    /// A chat that does not fit into the model.
    pub(super) fn too_long(num_tokens: usize, limit: usize) -> Self {
        let message = format!(
            "The chat has {num_tokens} tokens, and the model takes at most {limit}; shorten the messages"
        );
        Self::field("messages", message).code("context_length_exceeded")
    }

    /// A caller that does not know the token.
    pub(super) fn wrong_token() -> Self {
        let message = "The token is missing or wrong; it stands on Lorekeeper's Try page and is new each \
                       time the endpoint is switched on";
        Self::new(401, "invalid_request_error", message).code("invalid_api_key")
    }

    /// A caller that is not a program on this computer.
    pub(super) fn foreign(message: &'static str) -> Self {
        Self::new(403, "invalid_request_error", message).code("foreign_caller")
    }

    /// Another model than the one that is served.
    pub(super) fn no_such_model(served: &str) -> Self {
        let message = format!("There is one model here, {served:?}");
        Self {
            param: Some("model"),
            ..Self::new(404, "invalid_request_error", message)
        }
        .code("model_not_found")
    }

    /// A path that leads nowhere.
    pub(super) fn no_such_path() -> Self {
        let message =
            "There is nothing here; the endpoint answers /v1/models and /v1/chat/completions";
        Self::new(404, "invalid_request_error", message)
    }

    /// A path that is asked in another way.
    pub(super) fn wrong_method() -> Self {
        let message = "Models are asked for with GET, chat completions with POST";
        Self::new(405, "invalid_request_error", message)
    }

    /// A body beyond the limit.
    pub(super) fn too_large(limit: usize) -> Self {
        let message = format!("The request is larger than {} MB", limit >> 20);
        Self::new(413, "invalid_request_error", message)
    }

    /// A body of unknown length.
    pub(super) fn no_length() -> Self {
        let message = "The request must say how long it is, in Content-Length";
        Self::new(411, "invalid_request_error", message)
    }

    /// A head beyond the limit.
    pub(super) fn head_too_large() -> Self {
        let message = "The head of the request is too large";
        Self::new(431, "invalid_request_error", message)
    }

    /// A body that does not come.
    pub(super) fn too_slow() -> Self {
        let message = "The request did not come in time";
        Self::new(408, "invalid_request_error", message)
    }

    /// Too many at a time.
    pub(super) fn busy() -> Self {
        let message = "Too many requests wait already; try again in a while";
        Self::new(429, "rate_limit_error", message).code("rate_limit_exceeded")
    }

    /// A mistake that is not the caller's.
    pub(super) fn failed(error: &anyhow::Error) -> Self {
        Self::new(500, "server_error", format!("{error:#}"))
    }

    /// The endpoint is being switched off.
    pub(super) fn closing() -> Self {
        Self::new(500, "server_error", "Lorekeeper is closing the endpoint")
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> Value {
        json!({"error": {
            "message": self.message,
            "type": self.sort,
            "param": self.param,
            "code": self.code,
        }})
    }
}
