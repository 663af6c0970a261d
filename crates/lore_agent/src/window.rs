//! Which part of the history is in view.

use anyhow::Result;

use lore_core::{LanguageModel, Message, Trajectory, prompt};

/// The part of a trajectory that the prompt shows: the first observation and the steps from `start`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HistoryWindow {
    /// The oldest step still shown; never goes back.
    pub start: usize,
    /// The longest prompt, in tokens.
    pub limit: usize,
}

impl HistoryWindow {
    /// The chat for the next action, cut from the oldest step until it fits.
    ///
    /// A cut goes down to three quarters of the limit: the prompt then keeps its prefix, and with it
    /// the model's key-value cache, for many steps instead of losing it at each one. The last step
    /// always stays.
    pub(crate) fn chat(
        &mut self,
        model: &dyn LanguageModel,
        system_prompt: &str,
        so_far: &Trajectory,
    ) -> Result<Vec<Message>> {
        let num_steps = so_far.num_steps();
        let chat_from = |start| prompt::chat(system_prompt, so_far, start, num_steps);
        let messages = chat_from(self.start);
        if model.count_chat_tokens(&messages)? <= self.limit {
            return Ok(messages);
        }
        let goal = self.limit / 4 * 3;
        let newest = num_steps.saturating_sub(1);
        let mut messages = messages;
        while self.start < newest {
            self.start += 1;
            messages = chat_from(self.start);
            if model.count_chat_tokens(&messages)? <= goal {
                break;
            }
        }
        Ok(messages)
    }
}
