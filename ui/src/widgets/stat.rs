//! Stat tiles: one number, what it counts, and a note.

use egui::{Response, Ui};

use super::{Card, Explain as _};
use crate::theme::Tokens;

/// A number to be seen from afar. `meaning` explains it on hover; `note` may be empty.
pub fn stat_tile(
    ui: &mut Ui,
    tokens: &Tokens,
    label: &str,
    value: &str,
    note: &str,
    meaning: &str,
) -> Response {
    let response = Card::new()
        .show(ui, tokens, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.add(egui::Label::new(tokens.small(label)).truncate());
            ui.add(egui::Label::new(tokens.display(value)).truncate());
            // Also without a note, so that neighbours are equally high.
            ui.add(egui::Label::new(tokens.small(note)).truncate());
        })
        .response;
    response.explain(tokens, meaning)
}
