//! The second half of a frame: navigation, title, page, and what floats above.

use egui::{CentralPanel, Frame, Ui};

use super::LoreApp;
use crate::context::Ctx;
use crate::shell::{drop_overlay_ui, nav_ui, top_bar_ui};

impl LoreApp {
    pub(super) fn paint(&mut self, ui: &mut Ui) {
        let ctx = Ctx {
            store: &self.store,
            tokens: self.theme.current(ui.ctx()),
            commands: &self.commands,
            route: self.history.here(),
            settings: &self.settings,
        };
        nav_ui(&ctx, ui);
        let page = self.pages.get(ctx.route.page());
        let title = page.title(&ctx);
        let page_fill = Frame::new().fill(ctx.tokens.color.surface.page);
        CentralPanel::no_frame().frame(page_fill).show(ui, |ui| {
            top_bar_ui(&ctx, ui, &self.history, &title, |ui| {
                page.actions_ui(&ctx, ui);
            });
            page.ui(&ctx, ui);
        });
        let entries = page.commands(&ctx);
        self.palette.ui(&ctx, ui, entries);
        self.toasts.ui(&ctx, ui);
        drop_overlay_ui(&ctx, ui);
    }
}
