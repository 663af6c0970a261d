//! The adapters, newest first.

use egui::Ui;
use lore_core::Adapter;

use crate::context::Ctx;
use crate::widgets::{Card, ListRow, Tone};
use crate::{Route, format};

/// The list.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui, adapters: &[Adapter], chosen: &Adapter) {
    let tokens = ctx.tokens;
    let title = format::counted(adapters.len() as u64, "adapter", "adapters");
    Card::titled(&title).tight().show(ui, tokens, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for adapter in adapters {
            let about = format!(
                "{} · {}",
                format::counted(adapter.num_steps, "step", "steps"),
                format::date(adapter.created_ms)
            );
            let (words, tone) = if adapter.certificate.holds() {
                ("learned", Tone::Success)
            } else {
                ("not proven", Tone::Warning)
            };
            let row = ListRow::new(&adapter.name)
                .subtitle(&about)
                .badge(words, tone)
                .selected(adapter.id == chosen.id)
                .show(ui, tokens);
            if row.clicked() {
                ctx.go(Route::Export(Some(adapter.id.clone())));
            }
        }
    });
}
