//! How things are placed beside and under each other.

use egui::{Align, Layout, Rect, Ui, UiBuilder, vec2};

use crate::theme::Tokens;

/// Columns side by side with the given shares of the width, or under each other where a column
/// would be narrower than `min_width`.
pub fn columns(
    ui: &mut Ui,
    tokens: &Tokens,
    shares: &[f32],
    min_width: f32,
    mut content: impl FnMut(&mut Ui, usize),
) {
    let gap = tokens.space.l;
    let total: f32 = shares.iter().sum();
    let room = ui.available_width() - gap * shares.len().saturating_sub(1) as f32;
    let narrowest = shares.iter().fold(f32::MAX, |a, share| a.min(*share)) / total * room;
    if narrowest < min_width {
        for index in 0..shares.len() {
            if index > 0 {
                ui.add_space(gap - ui.spacing().item_spacing.y);
            }
            ui.push_id(index, |ui| content(ui, index));
        }
        return;
    }
    let origin = ui.cursor().min;
    let mut x = origin.x;
    let mut bottom = origin.y;
    for (index, share) in shares.iter().enumerate() {
        let width = (share / total * room).floor();
        let height = ui.available_height().max(0.0);
        let rect = Rect::from_min_size(egui::pos2(x, origin.y), vec2(width, height));
        let mut child = ui.new_child(
            UiBuilder::new()
                .id_salt(index)
                .max_rect(rect)
                .layout(Layout::top_down(Align::Min)),
        );
        child.set_width(width);
        content(&mut child, index);
        bottom = bottom.max(child.min_rect().bottom());
        x += width + gap;
    }
    let used = Rect::from_min_max(origin, egui::pos2(x - gap, bottom));
    ui.advance_cursor_after_rect(used);
}

/// Things at the right end of a row, the last one first.
pub fn right_aligned<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    ui.with_layout(Layout::right_to_left(Align::Center), content)
        .inner
}

/// Something at the left that gives way, and something at the right that does not. Both start at
/// the same height; text at the left wraps or is cut short.
pub fn split_row<R>(
    ui: &mut Ui,
    left: impl FnOnce(&mut Ui),
    right: impl FnOnce(&mut Ui) -> R,
) -> R {
    let width = ui.available_width();
    ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::right_to_left(Align::Min), |ui| {
        let result = right(ui);
        ui.add_space(ui.spacing().item_spacing.x);
        let rest = vec2(ui.available_width(), 0.0);
        ui.allocate_ui_with_layout(rest, Layout::top_down(Align::Min), |ui| {
            ui.set_width(rest.x);
            left(ui);
        });
        result
    })
    .inner
}

/// The height that is left in the window, less `below`, but at least `min`. For what should fill
/// the rest of a page.
pub fn remaining_height(ui: &Ui, below: f32, min: f32) -> f32 {
    (ui.clip_rect().bottom() - ui.cursor().top() - below).max(min)
}

/// The title of a part of a page.
pub fn section_title(ui: &mut Ui, tokens: &Tokens, text: &str) {
    ui.add_space(tokens.space.s);
    ui.label(tokens.subtitle(text));
}

/// A thin line across, from edge to edge.
pub fn divider(ui: &mut Ui, tokens: &Tokens) {
    let width = ui.available_width();
    let (_, rect) = ui.allocate_space(vec2(width, 1.0));
    ui.painter()
        .rect_filled(rect, 0.0, tokens.color.border.subtle);
}
