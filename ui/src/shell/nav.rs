//! The navigation at the left: the pages, the way to the list of commands, the running job. In small
//! windows it is a rail of icons.

use egui::accesskit::Role;
use egui::{
    Align2, CornerRadius, Frame, Id, Margin, Panel, Rect, Response, Sense, Ui, Vec2, WidgetInfo,
    pos2, vec2,
};

use super::job_indicator::job_indicator_ui;
use super::page_shortcut;
use super::shortcuts::PALETTE;
use crate::PageId;
use crate::command::Command;
use crate::context::Ctx;
use crate::widgets::{Button, Icon};

/// Puts the navigation there.
pub(crate) fn nav_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    let rail = ui.available_width() < tokens.size.narrow;
    let width = if rail {
        tokens.size.nav_rail
    } else {
        tokens.size.nav
    };
    let frame = Frame::new()
        .fill(tokens.color.surface.nav)
        .inner_margin(Margin::symmetric(10, 14));
    Panel::left("navigation")
        .exact_size(width)
        .resizable(false)
        .show_separator_line(false)
        .frame(frame)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            brand_ui(ctx, ui, rail);
            palette_button_ui(ctx, ui, rail);
            ui.add_space(tokens.space.s);
            for page in PageId::ALL {
                // Settings stand apart: they are not a step of the work.
                if page == PageId::Settings {
                    ui.add_space(tokens.space.m);
                }
                if page_ui(ctx, ui, page, rail).clicked() {
                    ctx.go(page.route());
                }
            }
            ui.with_layout(egui::Layout::bottom_up(egui::Align::Min), |ui| {
                job_indicator_ui(ctx, ui, rail);
            });
        });
}

fn brand_ui(ctx: &Ctx<'_>, ui: &mut Ui, rail: bool) {
    let tokens = ctx.tokens;
    let size = vec2(ui.available_width(), tokens.size.row);
    let (_, rect) = ui.allocate_space(size);
    let side = 26.0;
    let left = if rail {
        rect.center().x - side / 2.0
    } else {
        rect.left() + 7.0
    };
    let mark = Rect::from_min_size(pos2(left, rect.center().y - side / 2.0), Vec2::splat(side));
    let painter = ui.painter();
    painter.rect_filled(mark, CornerRadius::same(7), tokens.color.accent.fill);
    Icon::Bank.paint(painter, mark.shrink(5.0), tokens.color.text.on_fill);
    if !rail {
        let galley = painter.layout_no_wrap(
            "Lorekeeper".to_owned(),
            egui::FontId::new(
                tokens.text.subtitle + 1.0,
                egui::FontFamily::Name("semibold".into()),
            ),
            tokens.color.text.body,
        );
        let at = pos2(mark.right() + tokens.space.s + 2.0, rect.center().y);
        let at = Align2::LEFT_CENTER.anchor_size(at, galley.size()).min;
        painter.galley(at, galley, tokens.color.text.body);
    }
}

fn palette_button_ui(ctx: &Ctx<'_>, ui: &mut Ui, rail: bool) {
    let tokens = ctx.tokens;
    let keys = ui.ctx().format_shortcut(&PALETTE);
    let hover = format!("Find a page or a command ({keys})");
    let hover = &*tokens.say(&hover);
    let clicked = if rail {
        Button::icon_only(Icon::Search, hover)
            .full_width()
            .show(ui, tokens)
            .clicked()
    } else {
        find_box_ui(ctx, ui, &keys).on_hover_text(hover).clicked()
    };
    if clicked {
        ctx.send(Command::OpenPalette);
    }
}

/// Looks like a search box and opens the palette.
fn find_box_ui(ctx: &Ctx<'_>, ui: &mut Ui, keys: &str) -> Response {
    let tokens = ctx.tokens;
    let color = &tokens.color;
    let size = vec2(ui.available_width(), tokens.size.control);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response
        .widget_info(|| WidgetInfo::labeled(Role::Button, true, &*tokens.say("Find a command")));
    let fill = if response.hovered() {
        color.surface.hover
    } else {
        color.surface.card
    };
    let line = if response.has_focus() {
        egui::Stroke::new(2.0, color.border.focus)
    } else {
        egui::Stroke::new(1.0, color.border.subtle)
    };
    let painter = ui.painter();
    let rounding = CornerRadius::same(tokens.radius.m);
    painter.rect(rect, rounding, fill, line, egui::StrokeKind::Inside);
    let icon = Rect::from_center_size(
        pos2(rect.left() + 18.0, rect.center().y),
        Vec2::splat(tokens.size.icon_small),
    );
    Icon::Search.paint(painter, icon, color.text.muted);
    let muted = |text: &str, font| painter.layout_no_wrap(text.to_owned(), font, color.text.muted);
    let words = muted(&tokens.say("Find"), tokens.body_font());
    let at =
        Align2::LEFT_CENTER.anchor_size(pos2(icon.right() + 10.0, rect.center().y), words.size());
    painter.galley(at.min, words, color.text.muted);
    let keys = muted(keys, tokens.small_font());
    let at = Align2::RIGHT_CENTER.anchor_size(rect.right_center() - vec2(10.0, 0.0), keys.size());
    painter.galley(at.min, keys, color.text.muted);
    response
}

/// How the link to a page is found, for what points at it.
pub(super) fn page_id(page: PageId) -> Id {
    Id::unique(("link to page", page))
}

fn page_ui(ctx: &Ctx<'_>, ui: &mut Ui, page: PageId, rail: bool) -> Response {
    let tokens = ctx.tokens;
    let color = &tokens.color;
    let chosen = ctx.route.page() == page;
    let size = vec2(ui.available_width(), 34.0);
    let (_, rect) = ui.allocate_space(size);
    let response = ui.interact(rect, page_id(page), Sense::click());
    let label = tokens.say(page.label());
    response.widget_info(|| WidgetInfo::selected(Role::Link, true, chosen, &*label));
    let fill = if chosen {
        color.surface.selected
    } else if response.is_pointer_button_down_on() {
        color.surface.pressed
    } else if response.hovered() {
        color.surface.hover
    } else {
        egui::Color32::TRANSPARENT
    };
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(tokens.radius.m), fill);
    let ink = if chosen {
        color.accent.text
    } else {
        color.text.muted
    };
    let icon_x = if rail {
        rect.center().x
    } else {
        rect.left() + 20.0
    };
    let icon = Rect::from_center_size(pos2(icon_x, rect.center().y), Vec2::splat(tokens.size.icon));
    page.icon().paint(painter, icon, ink);
    if !rail {
        let ink = if chosen {
            color.accent.text
        } else {
            color.text.body
        };
        let text = label.into_owned();
        let galley = painter.layout_no_wrap(text, tokens.label_font(), ink);
        let at = pos2(rect.left() + 40.0, rect.center().y);
        let at = Align2::LEFT_CENTER.anchor_size(at, galley.size()).min;
        painter.galley(at, galley, ink);
    }
    if response.has_focus() {
        let line = egui::Stroke::new(2.0, color.border.focus);
        let rounding = CornerRadius::same(tokens.radius.m);
        painter.rect_stroke(rect, rounding, line, egui::StrokeKind::Inside);
    }
    let keys = ui.ctx().format_shortcut(&page_shortcut(page));
    let hover = if rail {
        let name = tokens.say(page.label());
        format!("{name}: {} ({keys})", tokens.say(page.explanation()))
    } else {
        format!("{} ({keys})", tokens.say(page.explanation()))
    };
    response.on_hover_text(hover)
}
