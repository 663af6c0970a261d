//! What the program does, in four pictures, and how it should look.

use egui::{Align2, Rect, Sense, Ui, Vec2, pos2, vec2};
use lore_protocol::Settings;

use super::heading_ui;
use crate::command::Command;
use crate::context::Ctx;
use crate::pages::look_ui;
use crate::widgets::{Icon, columns};

/// The four things it does with past episodes.
const STEPS: [(Icon, &str, &str); 4] = [
    (Icon::Database, "Collect", "records of what agents did"),
    (Icon::Bank, "Remember", "the ones that may help again"),
    (Icon::Flask, "Teach", "a small language model from them"),
    (Icon::Chart, "Compare", "on tasks it has never seen"),
];

/// The screen.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    heading_ui(
        ctx,
        ui,
        "Agents that learn from experience",
        "Lorekeeper turns records of past episodes into better agents, and shows with honest numbers \
         whether they became better. Everything happens on this computer.",
    );
    columns(ui, tokens, &[1.0; 4], 110.0, |ui, index| {
        step_ui(ctx, ui, index);
    });
    ui.add_space(tokens.space.m);
    let mut settings = ctx.settings.clone();
    look_ui(ctx, ui, &mut settings);
    send_changes(ctx, settings);
}

fn send_changes(ctx: &Ctx<'_>, settings: Settings) {
    if settings != *ctx.settings {
        ctx.send(Command::Configure(Box::new(settings)));
    }
}

fn step_ui(ctx: &Ctx<'_>, ui: &mut Ui, index: usize) {
    let tokens = ctx.tokens;
    let (icon, title, text) = STEPS[index];
    let size = vec2(ui.available_width(), 54.0);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let circle = Align2::CENTER_CENTER.anchor_size(rect.center(), Vec2::splat(48.0));
    let painter = ui.painter();
    painter.circle_filled(circle.center(), 24.0, tokens.color.accent.soft);
    icon.paint(painter, circle.shrink(13.0), tokens.color.accent.text);
    if index + 1 < STEPS.len() {
        // Towards the next picture, over the gap between the columns.
        let at = pos2(rect.right() + tokens.space.l / 2.0, rect.center().y);
        let arrow = Rect::from_center_size(at, Vec2::splat(14.0));
        let beyond = painter.with_clip_rect(arrow.expand(2.0));
        Icon::ChevronRight.paint(&beyond, arrow, tokens.color.text.disabled);
    }
    ui.vertical_centered(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.label(tokens.label(title));
        ui.label(tokens.small(text));
    });
}
