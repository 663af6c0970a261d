//! Trajectories, step by step.

use egui::Ui;

use super::Page;
use crate::context::Ctx;
use crate::widgets::{EmptyState, Icon};

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct TrajectoriesPage;

impl Page for TrajectoriesPage {
    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        EmptyState::new(
            Icon::Path,
            "No episode is open",
            "Choose one on the Data sets page.",
        )
        .show(ui, ctx.tokens);
    }
}
