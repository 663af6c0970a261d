//! From layout to shapes.

use egui::{Align2, Color32, CornerRadius, Painter, Pos2, Rect, Stroke, Ui, Vec2, pos2};
use lore_core::SplitKind;

use super::layout::Layout;
use super::model::Row;
use crate::theme::Tokens;

/// Half the width of a mark, in points.
const MARK: f32 = 5.0;

/// What the two marks mean.
pub(super) fn legend_ui(ui: &mut Ui, tokens: &Tokens) {
    ui.horizontal(|ui| {
        for split in [SplitKind::Seen, SplitKind::Unseen] {
            let (_, rect) = ui.allocate_space(Vec2::splat(14.0));
            mark(ui.painter(), tokens, split, rect.center());
            ui.label(tokens.small(split.label()));
        }
    });
}

/// The whole chart.
pub(super) fn chart(
    painter: &Painter,
    tokens: &Tokens,
    layout: &Layout,
    rows: &[Row],
    hovered: Option<usize>,
) {
    if let Some(index) = hovered {
        let rounding = CornerRadius::same(tokens.radius.m);
        painter.rect_filled(layout.row(index), rounding, tokens.color.surface.hover);
    }
    grid(painter, tokens, layout);
    for (index, row) in rows.iter().enumerate() {
        let at = layout.name(index);
        let galley = painter.layout(
            row.name.clone(),
            tokens.label_font(),
            tokens.color.text.body,
            layout.name_width(),
        );
        let corner = Align2::LEFT_CENTER.anchor_size(at, galley.size()).min;
        painter.galley(corner, galley, tokens.color.text.body);
        for one in &row.marks {
            let [middle, low, high] = layout.mark(index, one);
            let color = color_of(tokens, one.split);
            painter.line_segment([low, high], Stroke::new(2.0, color.gamma_multiply(0.55)));
            for end in [low, high] {
                let cap = [end - Vec2::new(0.0, 4.0), end + Vec2::new(0.0, 4.0)];
                painter.line_segment(cap, Stroke::new(2.0, color.gamma_multiply(0.55)));
            }
            mark(painter, tokens, one.split, middle);
        }
    }
}

fn grid(painter: &Painter, tokens: &Tokens, layout: &Layout) {
    let plot = layout.plot();
    let line = Stroke::new(1.0, tokens.color.border.subtle);
    for quarter in 0..=4u8 {
        let share = f64::from(quarter) / 4.0;
        let x = layout.x(share);
        painter.vline(x, plot.y_range(), line);
        painter.text(
            pos2(x, plot.bottom() + 6.0),
            Align2::CENTER_TOP,
            format!("{} %", 25 * quarter),
            tokens.small_font(),
            tokens.color.text.muted,
        );
    }
}

/// Seen is a filled circle, unseen a square: the shape says it as well as the colour.
fn mark(painter: &Painter, tokens: &Tokens, split: SplitKind, at: Pos2) {
    let color = color_of(tokens, split);
    match split {
        SplitKind::Seen => {
            painter.circle_filled(at, MARK, color);
        }
        SplitKind::Unseen => {
            let square = Rect::from_center_size(at, Vec2::splat(2.0 * MARK - 1.0));
            painter.rect_filled(square, CornerRadius::same(1), color);
        }
    }
}

fn color_of(tokens: &Tokens, split: SplitKind) -> Color32 {
    match split {
        SplitKind::Seen => tokens.chart(0),
        SplitKind::Unseen => tokens.chart(1),
    }
}
