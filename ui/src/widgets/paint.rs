//! What several widgets paint in the same way.

use std::sync::Arc;

use egui::{
    Align2, Color32, CornerRadius, FontId, Galley, Painter, Pos2, Rect, Response, Stroke,
    StrokeKind, Ui,
};

use crate::theme::Tokens;

/// The ring around what the keyboard talks to.
pub(super) fn focus_ring(ui: &Ui, response: &Response, tokens: &Tokens, radius: u8) {
    if response.has_focus() {
        ui.painter().rect_stroke(
            response.rect.expand(1.0),
            CornerRadius::same(radius + 1),
            Stroke::new(2.0, tokens.color.border.focus),
            StrokeKind::Outside,
        );
    }
}

/// The background of something that can be clicked, by its state.
pub(super) fn state_fill(response: &Response, tokens: &Tokens, selected: bool) -> Color32 {
    let surface = &tokens.color.surface;
    if selected {
        surface.selected
    } else if response.is_pointer_button_down_on() {
        surface.pressed
    } else if response.hovered() {
        surface.hover
    } else {
        Color32::TRANSPARENT
    }
}

/// A line of text that ends in "…" when it is wider than `width`.
pub(super) fn elided(
    painter: &Painter,
    text: &str,
    font: FontId,
    color: Color32,
    width: f32,
) -> Arc<Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
    painter.layout_job(job)
}

/// Paints a line of text with its middle at the height of `at`.
pub(super) fn galley_at(painter: &Painter, galley: Arc<Galley>, at: Pos2, align: Align2) -> Rect {
    let rect = align.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, Color32::PLACEHOLDER);
    rect
}
