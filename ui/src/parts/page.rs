//! What every page shares: the scrolling column of content, the way back to a list.

use egui::{ScrollArea, Ui, UiBuilder};

use crate::Route;
use crate::context::Ctx;
use crate::widgets::{Button, Icon};

/// A column of content in the middle of the page that scrolls when it is too long.
pub(crate) fn page_scroll<R>(ctx: &Ctx<'_>, ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    page_column(ctx, ui, ctx.tokens.size.content, content)
}

/// The same, no wider than `width`: for forms, which are not easier to read when they are wide.
pub(crate) fn page_column<R>(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    width: f32,
    content: impl FnOnce(&mut Ui) -> R,
) -> R {
    let tokens = ctx.tokens;
    let space = &tokens.space;
    ScrollArea::vertical()
        .id_salt(ctx.route.page())
        .auto_shrink([false, false])
        .show(ui, |ui| {
            let room = ui.available_width();
            let side = ((room - width) / 2.0).max(space.xl);
            let mut rect = ui.available_rect_before_wrap();
            rect = rect.shrink2(egui::vec2(side, 0.0));
            let column = ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
                ui.set_width(rect.width());
                ui.spacing_mut().item_spacing.y = space.m;
                content(ui)
            });
            ui.add_space(space.xl);
            column.inner
        })
        .inner
}

/// The way back from one thing to the list it is in.
pub(crate) fn crumb_ui(ctx: &Ctx<'_>, ui: &mut Ui, list: &str, route: Route) {
    if Button::quiet(list)
        .icon(Icon::ChevronLeft)
        .show(ui, ctx.tokens)
        .clicked()
    {
        ctx.go(route);
    }
}
