//! Adapters and their export.

use egui::Ui;

use super::Page;
use crate::context::Ctx;
use crate::widgets::{EmptyState, Icon};

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct ExportPage;

impl Page for ExportPage {
    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        EmptyState::new(
            Icon::Export,
            "No adapter yet",
            "Train one first; it can then be taken out of the program here.",
        )
        .show(ui, ctx.tokens);
    }
}
