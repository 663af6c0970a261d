//! The bar above a page: the way back, the title, what can be done.

use egui::{Align, Frame, Layout, Margin, Panel, Ui};

use super::shortcuts::{BACK, FORWARD};
use crate::command::Command;
use crate::context::Ctx;
use crate::route::History;
use crate::widgets::{Button, Explain as _, Icon};

/// Puts the bar there; `actions` are the page's own, the most important one first from the right.
pub(crate) fn top_bar_ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    history: &History,
    title: &str,
    actions: impl FnOnce(&mut Ui),
) {
    let tokens = ctx.tokens;
    let frame = Frame::new()
        .fill(tokens.color.surface.page)
        .inner_margin(Margin::symmetric(tokens.space.xl as i8 - 8, 0));
    Panel::top("top bar")
        .exact_size(tokens.size.top_bar)
        .resizable(false)
        .show_separator_line(false)
        .frame(frame)
        .show(ui, |ui| {
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 2.0;
                history_ui(ctx, ui, history);
                ui.add_space(tokens.space.s);
                let page = ctx.route.page();
                let title = ui.label(tokens.title(title));
                title.explain(tokens, page.explanation());
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.spacing_mut().item_spacing.x = tokens.space.s;
                    ui.add_space(tokens.space.s);
                    actions(ui);
                });
            });
        });
}

fn history_ui(ctx: &Ctx<'_>, ui: &mut Ui, history: &History) {
    let hover = |text: &str, keys| format!("{text} ({})", ui.ctx().format_shortcut(keys));
    let (back, forward) = (hover("Back", &BACK), hover("Forward", &FORWARD));
    if Button::icon_only(Icon::ChevronLeft, &back)
        .enabled(history.can_go_back(), "There is nothing to go back to")
        .show(ui, ctx.tokens)
        .clicked()
    {
        ctx.send(Command::Back);
    }
    if Button::icon_only(Icon::ChevronRight, &forward)
        .enabled(
            history.can_go_forward(),
            "There is nothing to go forward to",
        )
        .show(ui, ctx.tokens)
        .clicked()
    {
        ctx.send(Command::Forward);
    }
}
