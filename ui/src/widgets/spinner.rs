//! Something is under way: a turning arc, still where less movement is wanted.

use egui::{Color32, Pos2, Rect, Shape, Stroke, Ui, Vec2};

use super::motion;

/// Paints the arc into `rect`.
pub(super) fn spinner_at(ui: &Ui, rect: Rect, color: Color32) {
    let still = ui.style().animation_time == 0.0;
    let turn = if still {
        0.0
    } else {
        motion::go_on(ui);
        ui.input(|input| input.time) as f32 * std::f32::consts::TAU * 0.8
    };
    let radius = rect.width().min(rect.height()) * 0.4;
    let points: Vec<Pos2> = (0..=24)
        .map(|index| {
            let angle = turn + index as f32 / 24.0 * std::f32::consts::TAU * 0.72;
            rect.center() + radius * Vec2::angled(angle)
        })
        .collect();
    ui.painter()
        .add(Shape::line(points, Stroke::new(2.0, color)));
}

/// Takes up a square of `size` with the arc in it; `label` is for screen readers.
pub fn spinner(ui: &mut Ui, size: f32, color: Color32, label: &str) {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size), egui::Sense::hover());
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::accesskit::Role::ProgressIndicator, true, label)
    });
    spinner_at(ui, rect, color);
}
