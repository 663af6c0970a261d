//! Talking to a model: in the window, and from other programs through the endpoint.

use serde::{Deserialize, Serialize};

use lore_core::{
    AdapterId, BankId, FinishReason, MemoryUse, Message, ModelId, RetrievalConfig, Sampling, Secret,
};

use crate::ApiError;

/// Who answers: a model, with an adapter or without, reminded of past episodes or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speaker {
    /// The base model.
    pub model: ModelId,
    /// The adapter.
    pub adapter: Option<AdapterId>,
    /// How much of the adapter is applied: 1 as trained, 0 not at all.
    pub strength: f64,
    /// The bank that memories come from. What the first message of a chat resembles is written under its
    /// system prompt.
    pub bank: Option<BankId>,
    /// How many memories, how they are found and how they are written.
    pub retrieval: RetrievalConfig,
}

impl Speaker {
    /// The largest strength of an adapter.
    pub const MAX_STRENGTH: f64 = 2.0;

    /// A model as it is.
    pub fn plain(model: ModelId) -> Self {
        Self {
            model,
            adapter: None,
            strength: 1.0,
            bank: None,
            retrieval: RetrievalConfig::default(),
        }
    }

    /// What other programs call it: its adapter, else its model.
    pub fn name(&self) -> &str {
        self.adapter
            .as_ref()
            .map_or(self.model.as_str(), AdapterId::as_str)
    }
}

/// A chat and who answers in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Who answers.
    pub speaker: Speaker,
    /// The chat so far, without memories; ends with a user turn.
    pub messages: Vec<Message>,
}

/// An answer, whole or as far as it has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// The text.
    pub text: String,
    /// The memories in the prompt, best first.
    pub memories: Vec<MemoryUse>,
    /// Tokens in the prompt, memories included; 0 until it was read.
    pub prompt_tokens: u32,
    /// Tokens written.
    pub completion_tokens: u32,
    /// Seconds from the first token written to the last.
    pub secs: f64,
    /// Why it ended; `None` while it goes on, and when somebody stopped it.
    pub finish: Option<FinishReason>,
}

impl Said {
    /// Tokens written in a second, once there are two.
    pub fn tokens_per_sec(&self) -> Option<f64> {
        let num_timed = self.completion_tokens.checked_sub(1)?;
        (num_timed > 0 && self.secs > 0.0).then(|| f64::from(num_timed) / self.secs)
    }
}

/// Something about talking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TalkRequest {
    /// Answers several chats side by side → [`TalkResponse::Answered`], with an
    /// [`Event::Talk`](crate::Event::Talk) for what is written on the way. A talk that is under way is
    /// stopped first.
    Ask {
        /// Tells it from others.
        talk: u64,
        /// The chats.
        turns: Vec<Turn>,
        /// How tokens are picked.
        sampling: Sampling,
    },
    /// Stops the talk under way; what was said by then is its answer → `Done`.
    Stop,
    /// How the endpoint stands → [`TalkResponse::Endpoint`].
    Endpoint,
    /// Lets other programs on this computer talk to a speaker, in place of the one so far
    /// → [`TalkResponse::Endpoint`].
    Open {
        /// Who answers.
        speaker: Box<Speaker>,
    },
    /// Ends that → [`TalkResponse::Endpoint`].
    Close,
}

/// The answer to a [`TalkRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TalkResponse {
    /// What was said in each chat.
    Answered {
        /// In which talk.
        talk: u64,
        /// In the order of the turns.
        said: Vec<Said>,
    },
    /// How the endpoint stands.
    Endpoint(Box<EndpointState>),
}

/// How the endpoint stands: off when the program starts, off when it ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum EndpointState {
    /// Nobody can call.
    #[default]
    Off,
    /// The model is being loaded.
    Starting {
        /// Who will answer.
        speaker: Box<Speaker>,
    },
    /// Other programs can call.
    On {
        /// Who answers.
        speaker: Box<Speaker>,
        /// Where.
        door: Door,
        /// Chats that were answered.
        num_answered: u64,
    },
    /// It ended by itself.
    Failed {
        /// Why.
        error: ApiError,
    },
}

/// How to call the endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Door {
    /// The base address, `http://127.0.0.1:PORT/v1`.
    pub address: String,
    /// What a caller must know; kept in memory only.
    pub token: Secret,
    /// What a caller asks for as the model.
    pub model: String,
}

/// A line from the process behind the endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "endpoint", rename_all = "snake_case")]
pub enum EndpointLine {
    /// The model is loaded, and others can call.
    Open {
        /// Where.
        door: Door,
    },
    /// So many chats were answered.
    Answered {
        /// Since it was opened.
        num_answered: u64,
    },
    /// It could not be opened, or not go on.
    Failed {
        /// Why.
        error: ApiError,
    },
}
