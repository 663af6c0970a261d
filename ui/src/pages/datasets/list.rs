//! The list of data sets, and what stands there while it is empty.

use egui::{Sense, Shape, Stroke, Ui, vec2};
use lore_core::{DatasetInfo, DatasetKind};
use lore_protocol::FileKind;

use crate::context::Ctx;
use crate::widgets::{Card, EmptyState, Icon, ListRow};
use crate::{Route, format};

/// Every data set, the chosen one marked.
pub(super) fn list_ui(ctx: &Ctx<'_>, ui: &mut Ui, datasets: &[&DatasetInfo], chosen: &DatasetInfo) {
    let tokens = ctx.tokens;
    Card::titled("On this computer")
        .tight()
        .show(ui, tokens, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for dataset in datasets {
                let about = about(dataset);
                let row = ListRow::new(&dataset.name)
                    .subtitle(&about)
                    .icon(icon(dataset.kind))
                    .selected(dataset.id == chosen.id)
                    .show(ui, tokens);
                if row.on_hover_text(&dataset.name).clicked() {
                    ctx.go(Route::Datasets(Some(dataset.id.clone())));
                }
            }
        });
    drop_zone_ui(ctx, ui, 84.0);
}

/// `3,321 episodes · 79 % reached the goal`.
fn about(dataset: &DatasetInfo) -> String {
    match dataset.kind {
        DatasetKind::Games => format::counted(dataset.num_items, "game", "games"),
        DatasetKind::Trajectories => {
            let episodes = format::counted(dataset.num_items, "episode", "episodes");
            let share = dataset.num_successes as f64 / dataset.num_items.max(1) as f64;
            format!("{episodes} · {} solved", format::percent(share))
        }
    }
}

/// The picture of a kind of data set.
pub(super) fn icon(kind: DatasetKind) -> Icon {
    match kind {
        DatasetKind::Trajectories => Icon::Database,
        DatasetKind::Games => Icon::Play,
    }
}

/// What stands there while there is nothing.
pub(super) fn empty_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let text = "A data set holds records of what agents did, or games for them to play. Drop a \
                file anywhere on this window: you see what it holds before anything is kept. Or \
                let an expert play some games.";
    EmptyState::new(Icon::Database, "No data sets yet", text).show(ui, ctx.tokens);
    drop_zone_ui(ctx, ui, 120.0);
}

/// A dashed area that says where files go; a click opens the file dialog.
fn drop_zone_ui(ctx: &Ctx<'_>, ui: &mut Ui, height: f32) {
    let tokens = ctx.tokens;
    let size = vec2(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let words = &*tokens.say("Drop a file here, or click to choose one");
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::accesskit::Role::Button, ui.is_enabled(), words)
    });
    let color = if response.hovered() || response.has_focus() {
        tokens.color.accent.text
    } else {
        tokens.color.text.muted
    };
    let edge_color = if response.hovered() || response.has_focus() {
        tokens.color.accent.fill
    } else {
        tokens.color.border.strong
    };
    let line = if response.has_focus() { 2.0 } else { 1.0 };
    let edge = rect.shrink(1.0);
    let corners = [
        edge.left_top(),
        edge.right_top(),
        edge.right_bottom(),
        edge.left_bottom(),
        edge.left_top(),
    ];
    let painter = ui.painter();
    let stroke = Stroke::new(line, edge_color);
    painter.extend(Shape::dashed_line(&corners, stroke, 6.0, 5.0));
    let icon = egui::Rect::from_center_size(
        rect.center() - vec2(0.0, 16.0),
        egui::Vec2::splat(tokens.size.icon + 2.0),
    );
    Icon::Download.paint(painter, icon, color);
    let mut job = egui::text::LayoutJob::simple(
        words.to_owned(),
        tokens.small_font(),
        color,
        rect.width() - 24.0,
    );
    job.halign = egui::Align::Center;
    let text = painter.layout_job(job);
    painter.galley(rect.center() + vec2(0.0, 4.0), text, color);
    if response.clicked() {
        ctx.pick(FileKind::Dataset);
    }
}
