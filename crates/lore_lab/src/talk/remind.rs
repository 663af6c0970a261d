//! A chat with what its speaker remembers: the memories that its first message calls for, under its
//! system prompt.

use anyhow::Result;

use lore_core::{
    Hit, LanguageModel as _, MemoryUse, Message, Query, RetrievalConfig, Role, Sampling, prompt,
};
use lore_llm::ChatModel;
use lore_protocol::Speaker;

use crate::loaded::Loaded;

/// A chat as it goes to the model.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reminded {
    /// The chat.
    pub(crate) messages: Vec<Message>,
    /// The memories in its system prompt, best first.
    pub(crate) memories: Vec<MemoryUse>,
}

/// A chat and what it calls to mind.
pub(crate) struct Recalled<'a> {
    speaker: &'a Speaker,
    messages: Vec<Message>,
    /// Best first.
    hits: Vec<Hit>,
}

/// Looks for memories for a chat. Whoever has an adapter or a bank gets the agent's instructions when the
/// chat has none of its own: that is what adapters are trained under.
pub(crate) fn recall<'a>(
    loaded: &mut Loaded,
    speaker: &'a Speaker,
    messages: &[Message],
) -> Result<Recalled<'a>> {
    let mut messages = messages.to_vec();
    let bank = speaker.bank.as_ref().filter(|_| speaker.retrieval.k > 0);
    let is_agent = speaker.adapter.is_some() || bank.is_some();
    let has_system = messages.iter().any(|turn| turn.role == Role::System);
    if is_agent && !has_system {
        messages.insert(0, Message::system(prompt::instructions(&[])));
    }
    let first = messages.iter().find(|turn| turn.role == Role::User);
    let hits = match bank.zip(first) {
        Some((bank, first)) => loaded.recall(bank, &query(&speaker.retrieval, first))?,
        None => Vec::new(),
    };
    Ok(Recalled {
        speaker,
        messages,
        hits,
    })
}

/// What is asked of a bank when a chat begins with `first`.
fn query(retrieval: &RetrievalConfig, first: &Message) -> Query {
    let (mode, selection) = (retrieval.mode, &retrieval.selection);
    Query {
        text: selection.task_question(mode, prompt::task_in(&first.content)),
        mode,
        k: retrieval.k,
        filter: retrieval.filter.clone(),
        selection: selection.clone(),
        ..Query::default()
    }
}

impl Recalled<'_> {
    /// Writes the memories under the system prompt, without the worst ones where they are too long to
    /// leave room for the answer.
    pub(crate) fn remind(mut self, model: &ChatModel, sampling: &Sampling) -> Result<Reminded> {
        let retrieval = &self.speaker.retrieval;
        let cost = |hit: &Hit| {
            let memory = prompt::memory(&hit.experience.trajectory, retrieval.format);
            model.count_tokens(&memory)
        };
        let mut costs: Vec<usize> = self.hits.iter().map(cost).collect();
        // Half the context at least is for the chat, however long the answer may be.
        let context = model.context_length();
        let room = context - sampling.max_new_tokens.min(context / 2);
        loop {
            let messages = self.written();
            let budget = retrieval.token_budget;
            let is_within = budget == 0 || costs.iter().sum::<usize>() <= budget;
            if self.hits.is_empty() || is_within && model.count_chat_tokens(&messages)? <= room {
                let memories = self.hits.iter().zip(&costs);
                return Ok(Reminded {
                    messages,
                    memories: memories
                        .map(|(hit, cost)| MemoryUse::of(hit, *cost))
                        .collect(),
                });
            }
            self.hits.pop();
            costs.pop();
        }
    }

    /// The chat with all memories.
    fn written(&self) -> Vec<Message> {
        let mut messages = self.messages.clone();
        if let Some(system) = messages.iter_mut().find(|turn| turn.role == Role::System) {
            let format = self.speaker.retrieval.format;
            system.content = prompt::with_memories(&system.content, &self.hits, format);
        }
        messages
    }
}
