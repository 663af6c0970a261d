//! Switches: something is on or off at once.

use egui::accesskit::Role;
use egui::{CornerRadius, Margin, Response, Sense, Ui, WidgetInfo, lerp, pos2, vec2};

use super::paint;
use crate::theme::Tokens;

const TRACK: egui::Vec2 = vec2(34.0, 20.0);

/// A switch with a sentence about it right below its text.
pub fn explained_switch(
    ui: &mut Ui,
    tokens: &Tokens,
    on: &mut bool,
    text: &str,
    explanation: &str,
) -> Response {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let response = switch(ui, tokens, on, text);
        let indent = TRACK.x + tokens.space.s;
        egui::Frame::new()
            .outer_margin(Margin {
                left: indent as i8,
                ..Margin::ZERO
            })
            .show(ui, |ui| ui.label(tokens.small(explanation)));
        response
    })
    .inner
}

/// A switch with its text at the right. The response changed when it was switched.
pub fn switch(ui: &mut Ui, tokens: &Tokens, on: &mut bool, text: &str) -> Response {
    let text = &*tokens.say(text);
    let galley =
        ui.painter()
            .layout_no_wrap(text.to_owned(), tokens.body_font(), tokens.color.text.body);
    let size = vec2(
        TRACK.x + tokens.space.s + galley.size().x,
        tokens.size.control,
    );
    let (rect, mut response) = ui.allocate_exact_size(size, Sense::click());
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    response.widget_info(|| WidgetInfo::selected(Role::Switch, ui.is_enabled(), *on, text));
    let how_on = ui.ctx().animate_bool_responsive(response.id, *on);
    let color = &tokens.color;
    let track = egui::Align2::LEFT_CENTER.anchor_size(rect.left_center(), TRACK);
    let off = if response.hovered() {
        color.neutral.text
    } else {
        color.neutral.fill
    };
    let fill = off.lerp_to_gamma(color.accent.fill, how_on);
    let painter = ui.painter();
    painter.rect_filled(track, CornerRadius::same(10), fill);
    let x = lerp(track.left() + 10.0..=track.right() - 10.0, how_on);
    painter.circle_filled(pos2(x, track.center().y), 7.0, color.text.on_fill);
    let at = pos2(track.right() + tokens.space.s, rect.center().y);
    paint::galley_at(painter, galley, at, egui::Align2::LEFT_CENTER);
    paint::focus_ring(ui, &response, tokens, tokens.radius.m);
    response
}
