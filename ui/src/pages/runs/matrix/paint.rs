//! From layout to shapes.

use egui::{
    Align2, CornerRadius, Painter, Rect, Response, Stroke, StrokeKind, Ui, Vec2, text::TextWrapping,
};
use lore_core::SplitKind;

use super::layout::Layout;
use super::model::{CellState, Row};
use crate::theme::Tokens;

/// What the squares mean.
pub(super) fn legend_ui(ui: &mut Ui, tokens: &Tokens) {
    ui.horizontal(|ui| {
        for (state, words) in [
            (CellState::Won, "reached its goal"),
            (CellState::Lost, "did not"),
            (CellState::Running, "is played now"),
            (CellState::Waiting, "waits"),
        ] {
            let (_, rect) = ui.allocate_space(Vec2::splat(14.0));
            cell(ui.painter(), tokens, rect.shrink(1.0), state);
            ui.label(tokens.small(words));
        }
    });
}

/// Seen and unseen above their columns.
pub(super) fn headings(
    painter: &Painter,
    tokens: &Tokens,
    layout: &Layout,
    num_columns: [usize; 2],
) {
    for (group, split) in [SplitKind::Seen, SplitKind::Unseen].into_iter().enumerate() {
        if num_columns[group] > 0 {
            painter.text(
                layout.heading(group == 1),
                Align2::LEFT_TOP,
                tokens.say(split.label()),
                tokens.small_font(),
                tokens.color.text.muted,
            );
        }
    }
}

/// A name and its cells.
pub(super) fn row(painter: &Painter, tokens: &Tokens, layout: &Layout, index: usize, row: &Row) {
    let mut job = egui::text::LayoutJob::simple_singleline(
        row.title.clone(),
        tokens.body_font(),
        tokens.color.text.body,
    );
    job.wrap = TextWrapping::truncate_at_width(layout.name_width());
    let galley = painter.layout_job(job);
    let corner = Align2::LEFT_CENTER
        .anchor_size(layout.name(index), galley.size())
        .min;
    painter.galley(corner, galley, tokens.color.text.body);
    for (column, one) in row.cells.iter().enumerate() {
        cell(painter, tokens, layout.cell(index, column), one.state);
    }
}

/// Won is filled with a tick, lost is pale with a dash: the shape says it as well as the colour.
fn cell(painter: &Painter, tokens: &Tokens, rect: Rect, state: CellState) {
    let color = &tokens.color;
    let rounding = CornerRadius::same(3.min((rect.width() / 4.0) as u8));
    let (fill, line) = match state {
        CellState::Waiting => (color.surface.sunken, color.border.subtle),
        CellState::Running => (color.accent.soft, color.accent.fill),
        CellState::Won => (color.success.fill, color.success.fill),
        CellState::Lost => (color.neutral.soft, color.neutral.fill),
    };
    painter.rect(
        rect,
        rounding,
        fill,
        Stroke::new(1.0, line),
        StrokeKind::Inside,
    );
    if rect.width() < 9.0 {
        return;
    }
    let at = |x: f32, y: f32| rect.min + rect.size() * Vec2::new(x, y);
    match state {
        CellState::Won => {
            let stroke = Stroke::new(1.6, color.text.on_fill);
            painter.line(vec![at(0.27, 0.53), at(0.43, 0.69), at(0.74, 0.33)], stroke);
        }
        CellState::Lost => {
            let stroke = Stroke::new(1.6, color.neutral.text);
            painter.line_segment([at(0.32, 0.5), at(0.68, 0.5)], stroke);
        }
        CellState::Waiting | CellState::Running => {}
    }
}

/// The ring around the cell that the keyboard or the pointer is on.
pub(super) fn focus(ui: &Ui, tokens: &Tokens, response: &Response) {
    if response.has_focus() || response.hovered() {
        let stroke = Stroke::new(2.0, tokens.color.border.focus);
        let rounding = CornerRadius::same(4);
        ui.painter().rect_stroke(
            response.rect.expand(1.5),
            rounding,
            stroke,
            StrokeKind::Outside,
        );
    }
}
