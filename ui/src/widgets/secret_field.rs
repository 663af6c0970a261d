//! A line for what must not be read over somebody's shoulder.

use egui::{Margin, Response, TextEdit, Ui, vec2};

use crate::theme::Tokens;

/// A key or a password as it is typed. It shows nowhere, not even in what is written for logs.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Hidden(String);

impl Hidden {
    /// What was typed.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// Says only whether there is something.
impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() {
            "Hidden()"
        } else {
            "Hidden(…)"
        })
    }
}

/// One line of dots. `label` is for screen readers and tests.
pub fn secret_field(
    ui: &mut Ui,
    tokens: &Tokens,
    typed: &mut Hidden,
    label: &str,
    hint: &str,
) -> Response {
    let width = ui.available_width().min(420.0);
    let edit = TextEdit::singleline(&mut typed.0)
        .password(true)
        .hint_text(tokens.muted(hint))
        .margin(Margin::symmetric(10, 7))
        .desired_width(width)
        .min_size(vec2(0.0, tokens.size.control));
    ui.add(edit).accessible_name(tokens.say(label))
}
