//! Runs the model: completes every order, side by side, in the order they came.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::time::Duration;

use anyhow::Result;

use lore_core::{Completion, GenerateRequest, LanguageModel as _, StopToken};
use lore_llm::{ChatModel, Talks};
use lore_protocol::{EndpointLine, Speaker};

use super::desk::{News, Order};
use super::refusal::Refusal;
use crate::loaded::Loaded;
use crate::talk::recall;

/// How often a stop is looked for while nobody asks anything.
const LOOK: Duration = Duration::from_millis(100);

/// The model and the chats it completes.
pub(super) struct Engine<'a> {
    /// For memories.
    loaded: Loaded,
    model: ChatModel,
    speaker: &'a Speaker,
    talks: Talks,
    callers: BTreeMap<u64, Caller>,
    last_number: u64,
    num_answered: u64,
}

/// Who waits for a chat, and the bytes of it that were told.
struct Caller {
    news: Sender<News>,
    gone: StopToken,
    told: usize,
}

impl Caller {
    /// Tells what of `text` is new.
    fn tell(&mut self, text: &str) {
        if let Some(piece) = text.get(self.told..).filter(|piece| !piece.is_empty()) {
            // Whoever is gone is noticed before the next token.
            self.news.send(News::Piece(piece.to_owned())).ok();
            self.told = text.len();
        }
    }
}

impl<'a> Engine<'a> {
    /// An engine with everything loaded.
    pub(super) fn new(loaded: Loaded, model: ChatModel, speaker: &'a Speaker) -> Self {
        Self {
            loaded,
            model,
            speaker,
            talks: Talks::default(),
            callers: BTreeMap::new(),
            last_number: 0,
            num_answered: 0,
        }
    }

    /// Completes orders until somebody asks to stop or nobody can order any more.
    pub(super) fn run(
        mut self,
        orders: &Receiver<Order>,
        stop: &StopToken,
        tell: &mut dyn FnMut(EndpointLine),
    ) {
        while !stop.is_stopped() {
            match self.next(orders) {
                Ok(Some(order)) => {
                    self.begin(order);
                    continue;
                }
                Ok(None) => {}
                Err(()) => return,
            }
            let before = self.num_answered;
            if let Err(error) = self.advance() {
                self.fail(&error);
            }
            if self.num_answered > before {
                tell(EndpointLine::Answered {
                    num_answered: self.num_answered,
                });
            }
        }
    }

    /// The next order that there is room for; waits a little when there is nothing else to do. An error
    /// when no other can come.
    fn next(&self, orders: &Receiver<Order>) -> Result<Option<Order>, ()> {
        if self.callers.is_empty() {
            return match orders.recv_timeout(LOOK) {
                Ok(order) => Ok(Some(order)),
                Err(RecvTimeoutError::Timeout) => Ok(None),
                Err(RecvTimeoutError::Disconnected) => Err(()),
            };
        }
        if self.talks.room() == 0 {
            return Ok(None);
        }
        match orders.try_recv() {
            Ok(order) => Ok(Some(order)),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => Ok(None),
        }
    }

    fn begin(&mut self, order: Order) {
        if order.gone.is_stopped() {
            return;
        }
        let news = order.news.clone();
        if let Err(refusal) = self.try_begin(order) {
            news.send(News::Refused(refusal)).ok();
        }
    }

    fn try_begin(&mut self, order: Order) -> Result<(), Refusal> {
        let Order {
            messages,
            sampling,
            news,
            gone,
        } = order;
        let model = &mut self.model;
        // What the template makes of a chat depends on the chat, so this is the caller's to mend.
        let refused = |error: anyhow::Error| Refusal::field("messages", format!("{error:#}"));
        let failed = |error: anyhow::Error| Refusal::failed(&error);
        let recalled = recall(&mut self.loaded, self.speaker, &messages).map_err(failed)?;
        let reminded = recalled.remind(model, &sampling).map_err(refused)?;
        let messages = reminded.messages;
        let num_tokens = model.count_chat_tokens(&messages).map_err(refused)?;
        let limit = model.context_length();
        if num_tokens >= limit {
            return Err(Refusal::too_long(num_tokens, limit));
        }
        self.last_number += 1;
        let number = self.last_number;
        let request = GenerateRequest { messages, sampling };
        model
            .join(&mut self.talks, number, &request)
            .map_err(failed)?;
        news.send(News::Begun(reminded.memories)).ok();
        let told = 0;
        self.callers.insert(number, Caller { news, gone, told });
        Ok(())
    }

    /// Adds a token to every chat whose caller is still there.
    fn advance(&mut self) -> Result<()> {
        let model = &mut self.model;
        let gone = self
            .callers
            .extract_if(.., |_, caller| caller.gone.is_stopped());
        for (number, _) in gone {
            model.leave(&mut self.talks, number)?;
        }
        if self.callers.is_empty() {
            return Ok(());
        }
        for (number, completion) in model.advance(&mut self.talks)? {
            if let Some(caller) = self.callers.remove(&number) {
                end(caller, completion);
                self.num_answered += 1;
            }
        }
        for (number, caller) in &mut self.callers {
            caller.tell(&model.said(&self.talks, *number)?);
        }
        Ok(())
    }

    /// Something broke that was no caller's fault: all are told, and the next order begins anew.
    fn fail(&mut self, error: &anyhow::Error) {
        self.talks = Talks::default();
        for caller in std::mem::take(&mut self.callers).into_values() {
            let refusal = Refusal::failed(error);
            caller.news.send(News::Refused(refusal)).ok();
        }
    }
}

fn end(mut caller: Caller, completion: Completion) {
    caller.tell(&completion.text);
    caller.news.send(News::Ended(completion)).ok();
}
