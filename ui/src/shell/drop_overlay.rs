//! What is shown while files are held over the window.

use egui::{Align2, Area, CornerRadius, Id, Order, Shape, Stroke, Ui, Vec2};

use crate::context::Ctx;
use crate::widgets::Icon;

/// Covers the window while files are held over it.
pub(crate) fn drop_overlay_ui(ctx: &Ctx<'_>, ui: &Ui) {
    let num_files = ctx.store.shell().num_hovering();
    if num_files == 0 {
        return;
    }
    let tokens = ctx.tokens;
    let color = &tokens.color;
    let window = ui.ctx().content_rect();
    Area::new(Id::unique("drop overlay"))
        .order(Order::Foreground)
        .interactable(false)
        .fixed_pos(window.min)
        .show(ui.ctx(), |ui| {
            let painter = ui.painter();
            painter.rect_filled(window, 0.0, color.surface.backdrop);
            let sheet = egui::Rect::from_center_size(
                window.center(),
                Vec2::new(440.0, 190.0).min(window.size() * 0.9),
            );
            let rounding = CornerRadius::same(tokens.radius.l);
            painter.rect_filled(sheet, rounding, color.surface.raised);
            let edge = sheet.shrink(10.0);
            let corners = [
                edge.left_top(),
                edge.right_top(),
                edge.right_bottom(),
                edge.left_bottom(),
                edge.left_top(),
            ];
            let line = Stroke::new(1.5, color.accent.fill);
            painter.extend(Shape::dashed_line(&corners, line, 7.0, 5.0));
            let icon = egui::Rect::from_center_size(
                sheet.center() - Vec2::new(0.0, 34.0),
                Vec2::splat(34.0),
            );
            Icon::Download.paint(painter, icon, color.accent.text);
            let title = painter.layout_no_wrap(
                tokens.say(&title_of(num_files)).into_owned(),
                tokens.label_font(),
                color.text.body,
            );
            let note = painter.layout_no_wrap(
                tokens
                    .say("Nothing is brought in before you have seen it")
                    .into_owned(),
                tokens.body_font(),
                color.text.muted,
            );
            for (galley, below) in [(title, 12.0), (note, 36.0)] {
                let at = sheet.center() + Vec2::new(0.0, below);
                let at = Align2::CENTER_CENTER.anchor_size(at, galley.size()).min;
                painter.galley(at, galley, color.text.body);
            }
        });
}

fn title_of(num_files: usize) -> String {
    if num_files == 1 {
        "Drop the file to look inside".to_owned()
    } else {
        format!("Drop {num_files} files to look inside")
    }
}
