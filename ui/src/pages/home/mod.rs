//! Home: the sample experiment for those who are new, recent work for those who are back.

mod machine;
mod recent;
mod sample;

use egui::Ui;

use super::Page;
use crate::context::Ctx;
use crate::parts::page_scroll;
use crate::widgets::columns;

/// The page's view state: it has none.
#[derive(Debug, Default)]
pub(crate) struct HomePage;

impl Page for HomePage {
    fn title(&self, ctx: &Ctx<'_>) -> String {
        if has_work(ctx) {
            "Home".to_owned()
        } else {
            "Welcome to Lorekeeper".to_owned()
        }
    }

    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        page_scroll(ctx, ui, |ui| {
            let has_work = has_work(ctx);
            if has_work {
                recent::overview_ui(ctx, ui);
            }
            columns(ui, tokens, &[1.9, 1.0], 250.0, |ui, column| {
                ui.spacing_mut().item_spacing.y = tokens.space.l;
                match (column, has_work) {
                    (0, false) => sample::card_ui(ctx, ui),
                    (0, true) => {
                        recent::experiments_ui(ctx, ui);
                        sample::row_ui(ctx, ui);
                    }
                    _ => {
                        machine::models_ui(ctx, ui);
                        machine::own_data_ui(ctx, ui);
                        machine::warnings_ui(ctx, ui);
                    }
                }
            });
        });
    }
}

/// True once an experiment was started.
fn has_work(ctx: &Ctx<'_>) -> bool {
    let experiments = ctx.experiments().ready();
    experiments.is_some_and(|list| !list.is_empty())
}
