//! The job at work, at the foot of the navigation, on every page.

use egui::accesskit::Role;
use egui::{CornerRadius, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use crate::context::Ctx;
use crate::parts::job_tone;
use crate::widgets::{Button, Explain as _, Icon, progress_bar, progress_text};
use crate::{JobRecord, Route, format};

/// Shows the running job, and how many wait; nothing when nothing is under way.
pub(crate) fn job_indicator_ui(ctx: &Ctx<'_>, ui: &mut Ui, rail: bool) {
    let Some(record) = ctx.store.jobs().running().next() else {
        return;
    };
    let clicked = if rail {
        let hover = format!("{} · {}", record.info.spec.title, detail(record));
        Button::icon_only(Icon::Refresh, &hover)
            .selected(true)
            .full_width()
            .show(ui, ctx.tokens)
            .clicked()
    } else {
        card_ui(ctx, ui, record)
    };
    if clicked {
        ctx.go(Route::Runs {
            experiment: record.info.spec.experiment.clone(),
            job: Some(record.info.spec.id.clone()),
        });
    }
}

fn card_ui(ctx: &Ctx<'_>, ui: &mut Ui, record: &JobRecord) -> bool {
    let tokens = ctx.tokens;
    let title = &record.info.spec.title;
    let waiting = ctx.store.jobs().num_waiting();
    let lines = if waiting > 0 { 4 } else { 3 };
    // The navigation's foot is laid out upwards, where a frame would grow without end.
    let size = vec2(ui.available_width(), 20.0 + 19.0 * lines as f32);
    let (_, rect) = ui.allocate_space(size);
    let rounding = CornerRadius::same(tokens.radius.m + 2);
    let line = egui::Stroke::new(1.0, tokens.color.border.subtle);
    let fill = tokens.color.surface.card;
    ui.painter()
        .rect(rect, rounding, fill, line, egui::StrokeKind::Inside);
    let inner = UiBuilder::new()
        .max_rect(rect.shrink2(vec2(12.0, 10.0)))
        .layout(egui::Layout::top_down(egui::Align::Min));
    ui.scope_builder(inner, |ui| {
        ui.spacing_mut().item_spacing.y = 5.0;
        ui.add(egui::Label::new(tokens.label(title)).truncate());
        let tone = job_tone(&record.info.state);
        progress_bar(ui, tokens, record.fraction(), tone, title);
        ui.add(egui::Label::new(tokens.small(detail(record))).truncate());
        if waiting > 0 {
            let more = format::counted(waiting as u64, "more waits", "more wait");
            ui.label(tokens.small(more));
        }
    });
    let id = ui.scope_id().with("job indicator");
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| {
        let words = format!("Show the running job: {title}");
        WidgetInfo::labeled(Role::Button, true, &*tokens.say(&words))
    });
    if response.has_focus() || response.hovered() {
        let line = egui::Stroke::new(1.5, tokens.color.border.focus);
        let rounding = CornerRadius::same(tokens.radius.m + 2);
        ui.painter()
            .rect_stroke(response.rect, rounding, line, egui::StrokeKind::Inside);
    }
    let hover = record
        .info
        .progress
        .as_ref()
        .map_or_else(|| "Starting".to_owned(), progress_text);
    response.explain(tokens, &hover).clicked()
}

fn detail(record: &JobRecord) -> String {
    match (record.secs_left(), &record.info.progress) {
        (Some(secs), _) => format::time_left(secs),
        (None, Some(progress)) => progress_text(progress),
        (None, None) => "Starting".to_owned(),
    }
}
