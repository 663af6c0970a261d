//! Empty states: a picture, a sentence, and what to do next.

use egui::{Align, Layout, Response, Ui};

use super::{Button, Icon};
use crate::theme::Tokens;

/// Says why there is nothing and what to do about it.
#[derive(Clone, Copy, Debug)]
#[must_use = "an empty state is there once `show` was called"]
pub struct EmptyState<'a> {
    icon: Icon,
    title: &'a str,
    text: &'a str,
    action: Option<(&'a str, Icon)>,
}

impl<'a> EmptyState<'a> {
    /// A picture, a short title, one or two sentences.
    pub fn new(icon: Icon, title: &'a str, text: &'a str) -> Self {
        Self {
            icon,
            title,
            text,
            action: None,
        }
    }

    /// The button that does something about it.
    pub fn action(mut self, text: &'a str, icon: Icon) -> Self {
        self.action = Some((text, icon));
        self
    }

    /// Puts it there; the response is the button's, when there is one.
    pub fn show(self, ui: &mut Ui, tokens: &Tokens) -> Option<Response> {
        let mut response = None;
        ui.with_layout(Layout::top_down(Align::Center), |ui| {
            ui.add_space(tokens.space.xxl);
            self.icon
                .show(ui, tokens.size.icon_large, tokens.color.text.disabled);
            ui.add_space(tokens.space.s);
            ui.label(tokens.subtitle(self.title));
            ui.scope(|ui| {
                ui.set_max_width(440.0);
                ui.label(tokens.muted(self.text));
            });
            if let Some((text, icon)) = self.action {
                ui.add_space(tokens.space.s);
                response = Some(Button::secondary(text).icon(icon).show(ui, tokens));
            }
            ui.add_space(tokens.space.xxl);
        });
        response
    }
}
