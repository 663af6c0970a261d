//! The chat: what was asked and answered, and the line for the next message.

use egui::{Key, Modifiers, ScrollArea, Ui};
use lore_core::Message;
use lore_protocol::{Request, Said, TalkRequest, Turn};

use super::form::{Form, Voice};
use super::{ASK, STOP, answer, stop};
use crate::command::Action;
use crate::context::Ctx;
use crate::parts::action_error_ui;
use crate::widgets::{
    Button, Card, EmptyState, Icon, message_area, remaining_height, right_aligned,
};

/// Room below the chat for the line that is written.
const BELOW: f32 = 150.0;

/// The chat is never lower.
const HEIGHT: f32 = 260.0;

/// View state.
#[derive(Debug, Default)]
pub(super) struct Chat {
    exchanges: Vec<Exchange>,
    /// What is being written.
    message: String,
    last_talk: u64,
}

/// A message and what was answered.
#[derive(Debug)]
pub(super) struct Exchange {
    talk: u64,
    pub(super) message: String,
    pub(super) voices: Vec<Voice>,
    /// By the voices, as far as it has come.
    pub(super) said: Vec<Said>,
}

impl Exchange {
    /// What the voice at `column` said; the first when there were fewer.
    fn answer(&self, column: usize) -> &str {
        let said = self.said.get(column).or(self.said.first());
        said.map_or("", |said| said.text.as_str())
    }
}

impl Chat {
    /// True before the first message.
    pub(super) fn is_empty(&self) -> bool {
        self.exchanges.is_empty()
    }

    /// Begins anew.
    pub(super) fn clear(&mut self, ctx: &Ctx<'_>) {
        if ctx.is_busy(ASK) {
            ctx.act(stop());
        }
        self.forget();
    }

    /// The same, without ending the answer that is being written: nobody sees it any more.
    pub(super) fn forget(&mut self) {
        self.exchanges.clear();
    }

    /// Takes in what was said since.
    pub(super) fn follow(&mut self, ctx: &Ctx<'_>) {
        if let Some(last) = self.exchanges.last_mut() {
            let said = ctx.store.talk().said(last.talk);
            if !said.is_empty() && last.said != said {
                said.clone_into(&mut last.said);
            }
        }
    }

    /// The chat and the line.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, form: &Form) {
        let tokens = ctx.tokens;
        Card::new().tight().show(ui, tokens, |ui| {
            let height = remaining_height(ui, BELOW, HEIGHT);
            ScrollArea::vertical()
                .id_salt("chat")
                .max_height(height)
                .min_scrolled_height(height)
                .auto_shrink([false, false])
                .stick_to_bottom(true)
                .show(ui, |ui| self.exchanges_ui(ctx, ui, height));
        });
        self.line_ui(ctx, ui, form);
    }

    fn exchanges_ui(&self, ctx: &Ctx<'_>, ui: &mut Ui, height: f32) {
        let is_busy = ctx.is_busy(ASK);
        if self.exchanges.is_empty() {
            ui.set_min_height(height);
            ui.add_space(height * 0.15);
            let text = "Write to it as a world would: what the agent sees, and what its task is. Or ask \
                        it anything.";
            EmptyState::new(Icon::Chat, "Nothing was said yet", text).show(ui, ctx.tokens);
        }
        for (index, exchange) in self.exchanges.iter().enumerate() {
            let is_last = index + 1 == self.exchanges.len();
            ui.push_id(exchange.talk, |ui| {
                answer::exchange_ui(ctx, ui, exchange, is_busy && is_last);
            });
        }
        action_error_ui(ctx, ui, ASK);
        action_error_ui(ctx, ui, STOP);
    }

    fn line_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, form: &Form) {
        let tokens = ctx.tokens;
        let hint = "Your task is to: put a clean mug in the coffee machine";
        let line = message_area(ui, tokens, &mut self.message, "Message", hint, 2);
        let entered = line.has_focus()
            && ui
                .input(|input| input.key_pressed(Key::Enter) && input.modifiers == Modifiers::NONE);
        let is_busy = ctx.is_busy(ASK);
        let has_words = !self.message.trim().is_empty();
        ui.horizontal(|ui| {
            ui.label(tokens.small("Enter sends, Shift and Enter begins a line"));
            right_aligned(ui, |ui| {
                if is_busy {
                    let end = Button::secondary("Stop").icon(Icon::Stop).show(ui, tokens);
                    if end.clicked() {
                        ctx.act(stop());
                    }
                    return;
                }
                let send = Button::primary("Send")
                    .icon(Icon::Send)
                    .enabled(has_words, "Write a message first")
                    .show(ui, tokens);
                if (send.clicked() || entered) && has_words {
                    self.send(ctx, form);
                }
            });
        });
    }

    fn send(&mut self, ctx: &Ctx<'_>, form: &Form) {
        let message = std::mem::take(&mut self.message).trim().to_owned();
        let voices = form.voices(ctx);
        let turn = |(column, voice): (usize, &Voice)| Turn {
            speaker: voice.speaker.clone(),
            messages: self.messages(form, column, &message),
        };
        let turns = voices.iter().enumerate().map(turn).collect();
        self.last_talk += 1;
        let ask = TalkRequest::Ask {
            talk: self.last_talk,
            turns,
            sampling: form.sampling(self.last_talk),
        };
        ctx.act(Action::new(ASK, Request::Talk(ask)));
        self.exchanges.push(Exchange {
            talk: self.last_talk,
            message,
            voices,
            said: Vec::new(),
        });
    }

    /// The chat so far as the voice at `column` knows it, and the next message.
    fn messages(&self, form: &Form, column: usize, message: &str) -> Vec<Message> {
        let mut messages: Vec<Message> = form.opening().into_iter().collect();
        for exchange in &self.exchanges {
            let answer = exchange.answer(column);
            // What failed was never said.
            if !answer.is_empty() {
                messages.push(Message::user(exchange.message.clone()));
                messages.push(Message::assistant(answer));
            }
        }
        messages.push(Message::user(message));
        messages
    }
}
