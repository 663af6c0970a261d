//! Try: talk to a model, with and without what it learned, and let other programs do so.

mod answer;
mod chat;
mod endpoint;
mod form;
mod form_ui;

use egui::{Key, Modifiers, Ui};
use lore_protocol::{Request, TalkRequest};

use super::Page;
use crate::Route;
use crate::command::{Action, Command, Order};
use crate::context::Ctx;
use crate::parts::{loaded_ui, page_scroll};
use crate::shell::PaletteEntry;
use crate::widgets::{Button, EmptyState, Icon, columns};
use chat::Chat;
use endpoint::EndpointCard;
use form::{Compare, Form};

const AREA: &str = "Try";

/// Where the progress and error of a question are shown.
const ASK: &str = "try/ask";

/// Where those of stopping are.
const STOP: &str = "try/stop";

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct TalkPage {
    form: Form,
    chat: Chat,
    endpoint: EndpointCard,
}

impl Page for TalkPage {
    fn actions_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let clear = Button::secondary("New chat")
            .icon(Icon::Plus)
            .hover("Forgets what was said, so that the next message begins anew")
            .enabled(!self.chat.is_empty(), "Nothing was said yet");
        if clear.show(ui, ctx.tokens).clicked() {
            self.chat.clear(ctx);
        }
    }

    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        if let Route::Try(Some(adapter)) = ctx.route {
            self.form.offer_adapter(adapter);
        }
        self.chat.follow(ctx);
        page_scroll(ctx, ui, |ui| {
            loaded_ui(ctx, ui, ctx.models(), "Looking for models", |ui, _| {
                self.form.complete(ctx);
                if self.form.model().is_none() {
                    nobody_ui(ctx, ui);
                    return;
                }
                // In a narrow window the chat stands above what one chooses now and then.
                columns(ui, ctx.tokens, &[3.0, 2.0], 320.0, |ui, column| {
                    ui.spacing_mut().item_spacing.y = ctx.tokens.space.m;
                    if column == 0 {
                        self.chat.ui(ctx, ui, &self.form);
                    } else {
                        form_ui::show(ctx, ui, &mut self.form);
                        self.endpoint.ui(ctx, ui, &self.form);
                    }
                });
            });
        });
    }

    fn commands(&self, ctx: &Ctx<'_>) -> Vec<PaletteEntry> {
        let keys = [Key::Num1, Key::Num2, Key::Num3];
        let mut entries = vec![
            PaletteEntry::order(AREA, "New chat", Icon::Plus, Order::New)
                .keys(Modifiers::COMMAND, Key::N),
        ];
        if ctx.is_busy(ASK) {
            let stop = PaletteEntry {
                title: "Stop the answer".to_owned(),
                area: AREA,
                icon: Icon::Stop,
                shortcut: None,
                command: Command::Act(Box::new(stop())),
            };
            entries.push(stop.keys(Modifiers::NONE, Key::Escape));
        }
        for (index, (compare, key)) in Compare::ALL.into_iter().zip(keys).enumerate() {
            let order = Order::View(index);
            let entry = PaletteEntry::order(AREA, compare.title(), compare.icon(), order);
            entries.push(entry.keys(Modifiers::ALT, key));
        }
        entries
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::New => self.chat.forget(),
            Order::View(index) => {
                if let Some(compare) = Compare::ALL.get(index) {
                    self.form.compare = *compare;
                }
            }
            _ => {}
        }
    }
}

/// Ends the answer that is being written.
fn stop() -> Action {
    Action::new(STOP, Request::Talk(TalkRequest::Stop))
}

fn nobody_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let text =
        "A language model answers here. Get one on the Models page; the smallest takes a minute.";
    let button = EmptyState::new(Icon::Chat, "No model to talk to", text)
        .action("Get models", Icon::Chip)
        .show(ui, ctx.tokens);
    if button.is_some_and(|button| button.clicked()) {
        ctx.go(Route::Models);
    }
}
