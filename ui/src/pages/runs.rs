//! Experiments and jobs.

use egui::Ui;

use super::Page;
use crate::context::Ctx;
use crate::widgets::{EmptyState, Icon};

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct RunsPage;

impl Page for RunsPage {
    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        EmptyState::new(
            Icon::Runs,
            "Nothing is running",
            "Start the sample experiment on the Home page.",
        )
        .show(ui, ctx.tokens);
    }
}
