//! What the program needs: two small models, room, and nothing from the network.

use egui::Ui;

use super::heading_ui;
use crate::context::Ctx;
use crate::format;
use crate::pages::starter_models_ui;

/// The screen.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    heading_ui(
        ctx,
        ui,
        "What it needs",
        "A language model that acts and is taught, and a small model that finds similar episodes. \
         They are loaded once and stay on this computer.",
    );
    starter_models_ui(ctx, ui);
    if let Some(status) = ctx.status() {
        ui.label(tokens.small(format!(
            "{} of memory and {} on disk are free. Your data is kept in {}",
            format::bytes(status.available_memory_bytes),
            format::bytes(status.free_bytes),
            status.data_dir
        )));
    }
}
