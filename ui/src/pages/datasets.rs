//! Datasets.

use egui::Ui;

use super::Page;
use crate::context::Ctx;
use crate::widgets::{EmptyState, Icon};

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct DatasetsPage;

impl Page for DatasetsPage {
    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        EmptyState::new(Icon::Database, "Soon", "Soon").show(ui, ctx.tokens);
    }
}
