//! Success rates with their intervals: a row an arm, a mark for seen and one for unseen types.

mod layout;
mod model;
mod paint;

use egui::accesskit::Role;
use egui::{Sense, Ui, WidgetInfo, vec2};
use lore_core::ExperimentResults;

use crate::context::Ctx;
use crate::widgets::{Card, Explain as _};

/// The chart's state.
#[derive(Debug, Default)]
pub(super) struct ChartView {
    /// The row under the pointer, drawn on a background of its own.
    hovered: Option<usize>,
}

impl ChartView {
    /// The chart.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, results: &ExperimentResults) {
        let tokens = ctx.tokens;
        let rows = model::rows(results);
        Card::titled("Tasks that reached their goal")
            .subtitle("Each mark is a success rate; the line around it holds the true rate in 95 of 100 experiments")
            .show(ui, tokens, |ui| {
                paint::legend_ui(ui, tokens);
                let size = vec2(ui.available_width(), layout::height(rows.len()));
                let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
                response.widget_info(|| {
                    WidgetInfo::labeled(Role::Figure, true, &*tokens.say("Success rates by arm"))
                });
                let layout = layout::Layout::new(rect, &rows);
                let mut hovered = None;
                for (index, row) in rows.iter().enumerate() {
                    let area = layout.row(index);
                    let response = ui.interact(area, response.id.with(index), Sense::hover());
                    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &*tokens.say(&row.words)));
                    if response.hovered() {
                        hovered = Some(index);
                    }
                    response.explain(tokens, &row.words);
                }
                self.hovered = hovered;
                paint::chart(ui.painter(), tokens, &layout, &rows, self.hovered);
            });
    }
}
