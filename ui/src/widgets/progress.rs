//! Progress: a bar, what is being done, and how long it still takes.

use egui::accesskit::Role;
use egui::{CornerRadius, Rect, Response, Sense, Ui, WidgetInfo, vec2};
use lore_protocol::Progress;

use super::{Tone, motion};
use crate::format;
use crate::theme::Tokens;

/// A bar of progress; `None` for work whose end is not known. `label` is for screen readers.
pub fn progress_bar(
    ui: &mut Ui,
    tokens: &Tokens,
    fraction: Option<f32>,
    tone: Tone,
    label: &str,
) -> Response {
    const HEIGHT: f32 = 6.0;
    let width = ui.available_width();
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
    let label = tokens.say(label);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, &*label);
        info.value = fraction.map(|fraction| f64::from(fraction) * 100.0);
        info
    });
    let rounding = CornerRadius::same(3);
    let painter = ui.painter();
    painter.rect_filled(rect, rounding, tokens.color.neutral.soft);
    let (start, end) = match fraction {
        Some(fraction) => (0.0, fraction.clamp(0.0, 1.0)),
        None => moving_part(ui),
    };
    if end > start {
        let min_width = HEIGHT.min(rect.width());
        let left = rect.left() + start * rect.width();
        let right = (rect.left() + end * rect.width()).max(left + min_width);
        let bar = Rect::from_x_y_ranges(left..=right.min(rect.right()), rect.y_range());
        painter.rect_filled(bar, rounding, tone.fill(tokens));
    }
    response
}

/// Where the moving piece of an endless bar is; a still one where less movement is wanted.
fn moving_part(ui: &Ui) -> (f32, f32) {
    if ui.style().animation_time == 0.0 {
        return (0.35, 0.65);
    }
    motion::go_on(ui);
    let phase = (ui.input(|input| input.time) * 0.6).fract() as f32;
    let middle = phase * 1.3 - 0.15;
    ((middle - 0.15).max(0.0), (middle + 0.15).min(1.0))
}

/// A bar with a line under it: what is done now on the left, the time left on the right.
pub fn progress_ui(ui: &mut Ui, tokens: &Tokens, progress: &Progress, tone: Tone) {
    let fraction = (progress.total > 0).then(|| progress.done as f32 / progress.total as f32);
    progress_bar(ui, tokens, fraction, tone, &progress.stage);
    ui.horizontal(|ui| {
        ui.add(egui::Label::new(tokens.small(progress_text(progress))).truncate());
        if let Some(secs) = progress.secs_left {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.label(tokens.small(format::time_left(secs)));
            });
        }
    });
}

/// `Train · 12 of 24 steps`.
pub fn progress_text(progress: &Progress) -> String {
    let done = match (progress.done, progress.total) {
        (0, 0) => return progress.stage.clone(),
        (done, 0) => format!("{} {}", format::count(done), progress.unit),
        (done, total) => format!(
            "{} of {} {}",
            format::count(done),
            format::count(total),
            progress.unit
        ),
    };
    format!("{} · {done}", progress.stage)
}
