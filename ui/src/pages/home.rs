//! Home.

use egui::Ui;

use super::Page;
use crate::context::Ctx;
use crate::widgets::{EmptyState, Icon};

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct HomePage;

impl Page for HomePage {
    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        EmptyState::new(Icon::Home, "Soon", "Soon").show(ui, ctx.tokens);
    }
}
