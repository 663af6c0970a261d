//! The map of a bank: every experience a point, similar tasks close together.

mod layout;
mod model;
mod paint;

use egui::accesskit::Role;
use egui::{Sense, Ui, WidgetInfo, vec2};
use lore_core::{BankInfo, MapPoint};

use super::detail::Detail;
use super::{choose, chosen_experience};
use crate::context::Ctx;
use crate::parts::loaded_ui;
use crate::widgets::{Button, Card, EmptyState, Icon, columns, help, remaining_height, split_row};
use layout::View;
use model::Groups;

/// Least height of the map.
const HEIGHT: f32 = 280.0;

/// Margins of card and page below the map.
const BELOW: f32 = 58.0;

/// View state: which part of the map is in view.
#[derive(Debug, Default)]
pub(in crate::pages::bank) struct MapView {
    view: View,
    /// The kind of task that stands out, while the pointer is on its name.
    highlighted: Option<usize>,
    detail: Detail,
}

impl MapView {
    pub(in crate::pages::bank) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
        let Some(id) = chosen_experience(ctx) else {
            self.card_ui(ctx, ui, bank);
            return;
        };
        columns(ui, ctx.tokens, &[1.5, 1.0], 280.0, |ui, column| {
            if column == 0 {
                self.card_ui(ctx, ui, bank);
            } else {
                self.detail.ui(ctx, ui, bank, id);
            }
        });
    }

    fn card_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
        Card::new().show(ui, ctx.tokens, |ui| {
            let points = ctx.bank_map(&bank.id);
            loaded_ui(ctx, ui, points, "Drawing the map", |ui, points| {
                if points.is_empty() {
                    let text = "There is nothing in this bank yet.";
                    EmptyState::new(Icon::Map, "An empty map", text).show(ui, ctx.tokens);
                    return;
                }
                let groups = Groups::of(points);
                let (view, highlighted) = (&mut self.view, &mut self.highlighted);
                split_row(
                    ui,
                    |ui| *highlighted = legend_ui(ctx, ui, &groups),
                    |ui| controls_ui(ctx, ui, view, points),
                );
                self.map_ui(ctx, ui, bank, points, &groups);
            });
        });
    }

    fn map_ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        bank: &BankInfo,
        points: &[MapPoint],
        groups: &Groups,
    ) {
        let height = remaining_height(ui, BELOW, HEIGHT);
        let size = vec2(ui.available_width(), height);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
        response.widget_info(|| {
            let words = format!("Map of {} experiences", points.len());
            WidgetInfo::labeled(Role::Canvas, true, &*ctx.tokens.say(&words))
        });
        let bounds = layout::bounds(points);
        if response.dragged() {
            self.view.drag(bounds, rect, response.drag_delta());
        }
        if let Some(pointer) = response.hover_pos() {
            let turned = ui.input_mut(|input| {
                let wheel = std::mem::take(&mut input.smooth_scroll_delta.y);
                input.zoom_delta() * (wheel / 240.0).exp()
            });
            if (turned - 1.0).abs() > 1e-3 {
                let at = self.view.to_map(bounds, rect, pointer);
                self.view.zoom_about(bounds, at, turned);
            }
        }
        let screen = self.view.place(bounds, rect, points);
        let hovered = response
            .hover_pos()
            .and_then(|pointer| layout::nearest(&screen, pointer));
        let scene = paint::Scene {
            points,
            groups,
            screen: &screen,
            hovered,
            chosen: chosen_experience(ctx),
            highlighted: self.highlighted,
        };
        paint::paint(ui, ctx.tokens, rect, &scene);
        if response.has_focus() {
            let line = egui::Stroke::new(2.0, ctx.tokens.color.border.focus);
            ui.painter()
                .rect_stroke(rect, 6.0, line, egui::StrokeKind::Inside);
        }
        if let Some(index) = hovered {
            let point = &points[index];
            if response.clicked() {
                choose(ctx, &bank.id, Some(point.id.clone()));
            }
            response.on_hover_ui_at_pointer(|ui| paint::tooltip_ui(ui, ctx.tokens, point));
        }
    }
}

/// Zoom, and what the map is.
fn controls_ui(ctx: &Ctx<'_>, ui: &mut Ui, view: &mut View, points: &[MapPoint]) {
    let tokens = ctx.tokens;
    ui.spacing_mut().item_spacing.x = 2.0;
    let fit = Button::icon_only(Icon::Map, "Show the whole map");
    if fit.show(ui, tokens).clicked() {
        *view = View::default();
    }
    let nearer = Button::icon_only(Icon::Plus, "Zoom in");
    if nearer.show(ui, tokens).clicked() {
        let bounds = layout::bounds(points);
        view.zoom_about(bounds, bounds.center(), 1.5);
    }
    ui.allocate_ui(vec2(18.0, tokens.size.control), |ui| {
        let about = "Every point is an experience. Tasks that the embedder finds similar lie close \
                     together. Drag to move, turn the wheel to zoom, click a point to read it";
        ui.centered_and_justified(|ui| help(ui, tokens, about));
    });
}

/// The kinds of task with their colours; returns the one under the pointer.
fn legend_ui(ctx: &Ctx<'_>, ui: &mut Ui, groups: &Groups) -> Option<usize> {
    let mut highlighted = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(ctx.tokens.space.l, 0.0);
        for index in 0..groups.names.len() {
            if paint::legend_entry_ui(ui, ctx.tokens, groups, index).hovered() {
                highlighted = Some(index);
            }
        }
        paint::outcome_legend_ui(ui, ctx.tokens);
    });
    highlighted
}
