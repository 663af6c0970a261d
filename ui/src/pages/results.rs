//! Results of experiments.

use egui::Ui;

use super::Page;
use crate::context::Ctx;
use crate::widgets::{EmptyState, Icon};

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct ResultsPage;

impl Page for ResultsPage {
    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        EmptyState::new(
            Icon::Chart,
            "No results yet",
            "They appear here when an experiment has played its test tasks.",
        )
        .show(ui, ctx.tokens);
    }
}
