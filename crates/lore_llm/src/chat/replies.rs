//! Several possible next turns of the assistant, as tokens.

use std::ops::Range;

use anyhow::{Result, ensure};

use lore_core::Message;

use super::ChatEncoder;
use super::encoder::{TurnBytes, find_content};
use crate::tokenizer::PlacedText;

/// A chat and one possible next turn of the assistant, as tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EncodedReply {
    /// The tokens of both.
    pub(crate) ids: Vec<u32>,
    /// What the model says itself: the content and the token that ends the turn. Not empty.
    pub(crate) said: Range<usize>,
}

impl ChatEncoder<'_> {
    /// The tokens of a chat that the assistant continues with each of `replies`: as of each alone, but
    /// the conversation is cut into tokens once.
    pub(crate) fn encode_replies(
        &self,
        messages: &[Message],
        replies: &[String],
    ) -> Result<Vec<EncodedReply>> {
        let opened = self.template.render(messages, true).ok();
        let mut chat = messages.to_vec();
        chat.push(Message::assistant(""));
        let mut encoded = Vec::with_capacity(replies.len());
        let mut known = PlacedText::default();
        for reply in replies {
            if let Some(turn) = chat.last_mut() {
                reply.clone_into(&mut turn.content);
            }
            let text = self.template.render(&chat, false)?;
            known = self.tokenizer.encode_placed_like(&known, text)?;
            encoded.push(self.reply_in(&known, opened.as_deref(), reply)?);
        }
        Ok(encoded)
    }

    /// Finds the reply at the end of a chat; `opened` is the chat before it with an opened turn.
    fn reply_in(
        &self,
        chat: &PlacedText,
        opened: Option<&str>,
        reply: &str,
    ) -> Result<EncodedReply> {
        let text = &chat.text;
        let opened = opened
            .filter(|opened| text.starts_with(opened))
            .map(str::len);
        // Content may stand in earlier turns, too: the last place is the right one.
        let from = opened.or_else(|| text.rfind(reply.trim())).unwrap_or(0);
        let content = find_content(text, from..text.len(), reply);
        let bytes = TurnBytes {
            turn: from..text.len(),
            said: opened.unwrap_or(content.start)..text.len(),
            content_end: content.end,
        };
        let said = self.said_tokens(&chat.tokens, &bytes);
        ensure!(
            !said.is_empty() && said.start > 0,
            "The model's chat template does not show where the assistant's turn begins"
        );
        Ok(EncodedReply {
            ids: chat.tokens.iter().map(|token| token.id).collect(),
            said,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BaseModel;

    const MODELS: [&str; 8] = [
        "tiny-llama",
        "tiny-llama.gguf",
        "tiny-ministral3",
        "tiny-mistral",
        "tiny-qwen2",
        "tiny-qwen2.gguf",
        "tiny-qwen3",
        "tiny-gemma3",
    ];

    #[test]
    fn replies_have_the_tokens_they_have_alone() {
        let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let messages = [
            Message::system("Act."),
            Message::user("You see take mug 1 and open."),
            Message::assistant("take mug 1"),
            Message::user("Nothing happens.  \n"),
        ];
        let replies = [
            "take mug 1",
            "take mug 12",
            "  open",
            "\nopen",
            "é",
            "<|im_end|>",
            "</s>x",
            "look",
        ];
        let replies = replies.map(str::to_owned);
        for name in MODELS {
            let base = BaseModel::load(&fixtures.join(name)).unwrap();
            let together = base.encoder().encode_replies(&messages, &replies).unwrap();
            for (reply, encoded) in replies.iter().zip(together) {
                let alone = std::slice::from_ref(reply);
                let alone = base.encoder().encode_replies(&messages, alone).unwrap();
                assert_eq!(encoded, alone[0], "{reply:?} with {name}");
                let mut chat = messages.to_vec();
                chat.push(Message::assistant(reply.clone()));
                let whole = base.encoder().encode_chat(&chat).unwrap();
                assert_eq!(encoded.ids, whole.ids, "{reply:?} with {name}");
            }
        }
    }
}
