//! Export: adapters, the proof that they learned, and the way out of the program.

mod adapter;
mod form;
mod list;

use egui::Ui;
use lore_core::Adapter;

use super::Page;
use crate::Route;
use crate::command::Command;
use crate::context::Ctx;
use crate::parts::{loaded_ui, page_scroll};
use crate::shell::PaletteEntry;
use crate::widgets::{EmptyState, Icon, columns};
use adapter::AdapterView;

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct ExportPage {
    adapter: AdapterView,
}

impl Page for ExportPage {
    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        page_scroll(ctx, ui, |ui| {
            let adapters = ctx.adapters();
            loaded_ui(ctx, ui, adapters, "Looking for adapters", |ui, adapters| {
                let Some(chosen) = chosen(ctx.route, adapters) else {
                    nothing_ui(ctx, ui);
                    return;
                };
                columns(ui, ctx.tokens, &[2.0, 3.0], 260.0, |ui, column| {
                    ui.spacing_mut().item_spacing.y = ctx.tokens.space.m;
                    if column == 0 {
                        list::ui(ctx, ui, adapters, chosen);
                    } else {
                        self.adapter.ui(ctx, ui, chosen);
                    }
                });
            });
        });
    }

    fn commands(&self, ctx: &Ctx<'_>) -> Vec<PaletteEntry> {
        let list = ctx.adapters().ready().unwrap_or_default();
        let entry = |adapter: &Adapter| PaletteEntry {
            title: format!("Show {}", adapter.name),
            area: "Export",
            icon: Icon::Export,
            shortcut: None,
            command: Command::Go(Route::Export(Some(adapter.id.clone()))),
        };
        list.iter().map(entry).collect()
    }
}

/// The adapter that the route names, else the newest.
fn chosen<'a>(route: &Route, adapters: &'a [Adapter]) -> Option<&'a Adapter> {
    let named = match route {
        Route::Export(Some(id)) => adapters.iter().find(|adapter| adapter.id == *id),
        _ => None,
    };
    named.or_else(|| adapters.first())
}

fn nothing_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let text =
        "A training makes an adapter: a small addition to a model. It can be exported from here.";
    let button = EmptyState::new(Icon::Export, "No adapter yet", text)
        .action("Train one", Icon::Flask)
        .show(ui, ctx.tokens);
    if button.is_some_and(|button| button.clicked()) {
        ctx.go(Route::Train(None));
    }
}
