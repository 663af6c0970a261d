//! Explanations on hover.

use egui::accesskit::Role;
use egui::{Response, RichText, Sense, Ui, Vec2, WidgetInfo};

use super::{Icon, paint};
use crate::text::Term;
use crate::theme::Tokens;

/// A small question mark that explains something on hover or focus.
pub fn help(ui: &mut Ui, tokens: &Tokens, text: &str) -> Response {
    let (rect, response) =
        ui.allocate_exact_size(Vec2::splat(18.0), Sense::focusable_noninteractive());
    let text = &*tokens.say(text);
    response.widget_info(|| WidgetInfo::labeled(Role::Tooltip, true, text));
    let color = if response.hovered() || response.has_focus() {
        tokens.color.accent.text
    } else {
        tokens.color.text.muted
    };
    Icon::Help.paint(ui.painter(), rect.shrink(1.5), color);
    paint::focus_ring(ui, &response, tokens, tokens.radius.m);
    if response.has_focus() {
        response.show_tooltip_text(text);
    }
    response.on_hover_text(text)
}

/// A word of the trade, dotted underneath, explained on hover.
pub(crate) fn term(ui: &mut Ui, tokens: &Tokens, term: Term) -> Response {
    term_styled(ui, tokens, tokens.muted(term.word), term.meaning)
}

/// Any text with an explanation on hover.
pub fn term_styled(ui: &mut Ui, tokens: &Tokens, text: RichText, meaning: &str) -> Response {
    let response = ui.label(text);
    // In a row the label is as high as the row: the dots stand under the word itself.
    let half = tokens.text.body * 0.5 + 3.0;
    let rect = response.rect;
    let rect = rect.with_max_y(rect.bottom().min(rect.center().y + half));
    let stroke = egui::Stroke::new(1.0, tokens.color.border.strong);
    ui.painter().extend(egui::Shape::dotted_line(
        &[rect.left_bottom(), rect.right_bottom()],
        stroke.color,
        4.0,
        0.7,
    ));
    response.explain(tokens, meaning)
}

/// Explanations on hover, in the language somebody chose.
pub trait Explain {
    /// Says `text` while the pointer is here; nothing when it is empty.
    fn explain(self, tokens: &Tokens, text: &str) -> Self;
}

impl Explain for Response {
    fn explain(self, tokens: &Tokens, text: &str) -> Self {
        if text.is_empty() {
            self
        } else {
            self.on_hover_text(tokens.say(text))
        }
    }
}
