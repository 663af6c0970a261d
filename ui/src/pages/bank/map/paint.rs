//! Painting the map.

use egui::accesskit::Role;
use egui::{
    CornerRadius, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use lore_core::{ExperienceId, MapPoint};

use super::model::Groups;
use crate::format;
use crate::theme::Tokens;

const RADIUS: f32 = 4.5;

/// Everything that is painted.
pub(super) struct Scene<'a> {
    pub(super) points: &'a [MapPoint],
    pub(super) groups: &'a Groups,
    /// Where each point stands.
    pub(super) screen: &'a [Pos2],
    pub(super) hovered: Option<usize>,
    pub(super) chosen: Option<&'a ExperienceId>,
    /// The kind of task that stands out.
    pub(super) highlighted: Option<usize>,
}

/// Paints the map into `rect`.
pub(super) fn paint(ui: &Ui, tokens: &Tokens, rect: Rect, scene: &Scene<'_>) {
    let painter = ui.painter_at(rect);
    painter.rect(
        rect,
        CornerRadius::same(tokens.radius.m),
        tokens.color.surface.sunken,
        Stroke::new(1.0, tokens.color.border.subtle),
        StrokeKind::Inside,
    );
    for (index, (point, at)) in scene.points.iter().zip(scene.screen).enumerate() {
        if !rect.expand(RADIUS).contains(*at) {
            continue;
        }
        let group = scene.groups.of_point[index];
        let faded = scene.highlighted.is_some_and(|one| one != group);
        let color = tokens
            .chart(group)
            .gamma_multiply(if faded { 0.15 } else { 0.9 });
        dot(&painter, *at, RADIUS, color, point.success);
    }
    let is_chosen = |point: &MapPoint| Some(&point.id) == scene.chosen;
    let chosen = scene.points.iter().position(is_chosen);
    for (index, color) in [
        (chosen, tokens.color.accent.text),
        (scene.hovered, tokens.color.text.body),
    ] {
        let Some(index) = index else { continue };
        let at = scene.screen[index];
        let group = tokens.chart(scene.groups.of_point[index]);
        dot(
            &painter,
            at,
            RADIUS + 1.5,
            group,
            scene.points[index].success,
        );
        painter.circle_stroke(at, RADIUS + 4.0, Stroke::new(2.0, color));
    }
}

/// Filled for what was solved, a ring for what was not.
fn dot(painter: &egui::Painter, at: Pos2, radius: f32, color: egui::Color32, solved: bool) {
    if solved {
        painter.circle_filled(at, radius, color);
    } else {
        painter.circle_stroke(at, radius - 0.8, Stroke::new(1.6, color));
    }
}

/// What is said about the point under the pointer.
pub(super) fn tooltip_ui(ui: &mut Ui, tokens: &Tokens, point: &MapPoint) {
    ui.set_max_width(300.0);
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.label(tokens.label_verbatim(&point.goal));
    let outcome = if point.success {
        "solved"
    } else {
        "not solved"
    };
    ui.label(tokens.small(format!(
        "{} · {outcome}",
        format::task_type(&point.task_type)
    )));
}

/// A kind of task with its colour.
pub(super) fn legend_entry_ui(
    ui: &mut Ui,
    tokens: &Tokens,
    groups: &Groups,
    index: usize,
) -> Response {
    let words = format!(
        "{} ({})",
        format::task_type(&groups.names[index]),
        format::count(groups.counts[index] as u64)
    );
    let color = tokens.chart(index);
    entry_ui(ui, tokens, &words, |painter, at| {
        dot(painter, at, RADIUS, color, true);
    })
}

/// What filled and empty mean.
pub(super) fn outcome_legend_ui(ui: &mut Ui, tokens: &Tokens) {
    let color = tokens.color.text.muted;
    entry_ui(ui, tokens, "not solved", |painter, at| {
        dot(painter, at, RADIUS, color, false);
    });
}

fn entry_ui(
    ui: &mut Ui,
    tokens: &Tokens,
    words: &str,
    mark: impl FnOnce(&egui::Painter, Pos2),
) -> Response {
    let ink = tokens.color.text.muted;
    let galley = ui
        .painter()
        .layout_no_wrap(words.to_owned(), tokens.small_font(), ink);
    let size = vec2(16.0 + galley.size().x, 22.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    mark(ui.painter(), pos2(rect.left() + 5.0, rect.center().y));
    let at = pos2(rect.left() + 16.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, ink);
    response
}
