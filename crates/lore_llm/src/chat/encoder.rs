//! Which tokens of a chat belong to which turn, and which of them the model is to say itself.
//!
//! Templates do not tell. They are asked instead: what a chat looks like up to each turn shows
//! where the turn ends, and with an opened assistant turn, where its content begins. Templates that
//! cannot answer (they refuse unfinished chats, or write earlier turns differently) are helped by
//! searching for the content.

use std::ops::Range;

use anyhow::Result;

use lore_core::{Message, Role};

use super::ChatTemplate;
use crate::tokenizer::{PlacedToken, TextTokenizer};

/// Turns chats into tokens, the same way for prompts and for training.
#[derive(Clone, Copy, Debug)]
pub struct ChatEncoder<'a> {
    pub(super) tokenizer: &'a TextTokenizer,
    pub(super) template: &'a ChatTemplate,
}

/// A chat as tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncodedChat {
    /// The tokens.
    pub ids: Vec<u32>,
    /// For each message, its role and its tokens with all that the template puts around them. What
    /// the template says on its own (a default system turn) belongs to the first message.
    pub spans: Vec<(Role, Range<usize>)>,
    /// For each token, whether the model says it itself: the content of assistant turns and the
    /// token that ends them.
    pub learned: Vec<bool>,
}

/// Bytes of a rendered chat.
pub(super) struct TurnBytes {
    /// The whole turn.
    pub(super) turn: Range<usize>,
    /// From the first byte of the content to the end of the turn.
    pub(super) said: Range<usize>,
    /// Where the content ends.
    pub(super) content_end: usize,
}

impl<'a> ChatEncoder<'a> {
    /// An encoder for a model.
    pub fn new(tokenizer: &'a TextTokenizer, template: &'a ChatTemplate) -> Self {
        Self {
            tokenizer,
            template,
        }
    }

    /// The tokens of a chat with an opened assistant turn at the end.
    pub fn encode_prompt(&self, messages: &[Message]) -> Result<Vec<u32>> {
        self.tokenizer
            .encode(&self.template.render(messages, true)?)
    }

    /// The tokens of a finished chat, with turns and learned tokens marked.
    pub fn encode_chat(&self, messages: &[Message]) -> Result<EncodedChat> {
        let text = self.template.render(messages, false)?;
        let tokens = self.tokenizer.encode_placed(&text)?;
        let mut chat = EncodedChat {
            ids: tokens.iter().map(|token| token.id).collect(),
            spans: Vec::with_capacity(messages.len()),
            learned: vec![false; tokens.len()],
        };
        let mut start = 0;
        for (index, message) in messages.iter().enumerate() {
            let bytes = self.turn_bytes(&text, start, messages, index);
            start = bytes.turn.end;
            chat.spans
                .push((message.role, tokens_starting_in(&tokens, &bytes.turn)));
            if message.role == Role::Assistant {
                chat.learned[self.said_tokens(&tokens, &bytes)].fill(true);
            }
        }
        Ok(chat)
    }

    /// Finds message `index` in the rendered chat, behind `start`.
    fn turn_bytes(
        &self,
        text: &str,
        start: usize,
        messages: &[Message],
        index: usize,
    ) -> TurnBytes {
        let message = &messages[index];
        let opened = (message.role == Role::Assistant)
            .then(|| self.prefix_len(text, &messages[..index], true))
            .flatten()
            .filter(|len| *len >= start);
        let closed = self
            .prefix_len(text, &messages[..=index], false)
            .filter(|len| *len >= start);
        let from = opened.unwrap_or(start);
        let until = match closed {
            Some(len) => len,
            // Written into another turn, which may come much later.
            None if message.role == Role::System => start,
            None => text.len(),
        };
        let content = find_content(text, from..until, &message.content);
        let end = if index + 1 == messages.len() {
            text.len()
        } else {
            closed.unwrap_or(content.end)
        };
        TurnBytes {
            turn: start..end,
            said: opened.unwrap_or(content.start)..end,
            content_end: content.end,
        }
    }

    /// The length of the chat up to here as the template writes it, if it writes the same again in
    /// the whole chat.
    fn prefix_len(&self, text: &str, messages: &[Message], open: bool) -> Option<usize> {
        let prefix = self.template.render(messages, open).ok()?;
        text.starts_with(&prefix).then_some(prefix.len())
    }

    /// The content and the first token behind it that ends a turn; the content alone when the
    /// template writes no such token.
    pub(super) fn said_tokens(&self, tokens: &[PlacedToken], bytes: &TurnBytes) -> Range<usize> {
        let mut said = tokens_starting_in(tokens, &bytes.said);
        // A space before the content is often part of its first token.
        let first = said.start.checked_sub(1);
        if first.is_some_and(|index| tokens[index].bytes.end > bytes.said.start) {
            said.start -= 1;
        }
        let ends_turn = |index: &usize| {
            let token = &tokens[*index];
            token.bytes.start >= bytes.content_end && self.tokenizer.is_end_of_turn(token.id)
        };
        let end = said.clone().find(ends_turn).map_or_else(
            || tokens_starting_in(tokens, &(bytes.said.start..bytes.content_end)).end,
            |index| index + 1,
        );
        said.start..end
    }
}

/// Where a message's content stands within the range: as it is, or trimmed, as many templates do.
/// Empty, at the beginning of the range, when it does not stand there.
pub(super) fn find_content(text: &str, within: Range<usize>, content: &str) -> Range<usize> {
    let from = within.start;
    let range = text.get(within).unwrap_or_default();
    let found = [content, content.trim()].into_iter().find_map(|candidate| {
        let start = from + range.find(candidate)?;
        Some(start..start + candidate.len())
    });
    found.unwrap_or(from..from)
}

/// The tokens whose first byte lies in the range. Tokens are in order.
fn tokens_starting_in(tokens: &[PlacedToken], bytes: &Range<usize>) -> Range<usize> {
    let before = |limit: usize| tokens.partition_point(|token| token.bytes.start < limit);
    before(bytes.start)..before(bytes.end)
}
