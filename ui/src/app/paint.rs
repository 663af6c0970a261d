//! The second half of a frame: navigation, title, page, and what floats above.

use egui::{CentralPanel, Frame, Ui};

use super::LoreApp;
use crate::context::Ctx;
use crate::shell::{drop_overlay_ui, follow_keys, nav_ui, top_bar_ui};

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
        let entries = page.commands(&ctx);
        follow_keys(&ctx, ui.ctx(), &entries);
        let title = page.title(&ctx);
        let page_fill = Frame::new().fill(ctx.tokens.color.surface.page);
        CentralPanel::no_frame().frame(page_fill).show(ui, |ui| {
            top_bar_ui(&ctx, ui, &self.history, &title, |ui| {
                page.actions_ui(&ctx, ui);
            });
            page.ui(&ctx, ui);
        });
        self.palette.ui(&ctx, ui, entries);
        self.tour.ui(&ctx, ui);
        if self.settings_known {
            self.welcome.ui(&ctx, ui);
        }
        self.toasts.ui(&ctx, ui);
        drop_overlay_ui(&ctx, ui);
    }
}
