//! A search box: a magnifying glass, the text, and a cross that clears it.

use egui::{Margin, Response, TextEdit, Ui, Vec2, vec2};

use super::{Button, Icon};
use crate::theme::Tokens;

/// Puts a search box of `width` there. The response changed when the text did.
pub fn search_box(
    ui: &mut Ui,
    tokens: &Tokens,
    text: &mut String,
    hint: &str,
    width: f32,
) -> Response {
    let edit = TextEdit::singleline(text)
        .hint_text(tokens.muted(hint))
        .margin(Margin {
            left: 32,
            right: 32,
            top: 7,
            bottom: 7,
        })
        .desired_width(width.min(ui.available_width()))
        .min_size(vec2(0.0, tokens.size.control));
    let mut response = ui.add(edit).accessible_name(tokens.say(hint));
    let rect = response.rect;
    let size = tokens.size.icon_small;
    let at = egui::pos2(rect.left() + 10.0 + size / 2.0, rect.center().y);
    let area = egui::Rect::from_center_size(at, Vec2::splat(size));
    Icon::Search.paint(ui.painter(), area, tokens.color.text.muted);
    if !text.is_empty() {
        let side = tokens.size.control;
        let corner = egui::Rect::from_min_size(
            egui::pos2(rect.right() - side, rect.center().y - side / 2.0),
            Vec2::splat(side),
        );
        let clear = ui
            .scope_builder(egui::UiBuilder::new().max_rect(corner), |ui| {
                Button::icon_only(Icon::Close, "Clear the search").show(ui, tokens)
            })
            .inner;
        if clear.clicked() {
            text.clear();
            response.mark_changed();
        }
    }
    response
}
