//! Success rates with their intervals: a row an arm, a mark for seen and one for unseen types.

mod layout;
mod model;
mod paint;

use egui::accesskit::Role;
use egui::{Sense, Ui, WidgetInfo, vec2};
use lore_core::{Dial, DialPoint, ExperimentResults};

use crate::context::Ctx;
use crate::widgets::{Card, Explain as _};

/// The chart's state.
#[derive(Debug, Default)]
pub(super) struct ChartView {
    /// The row under the pointer, drawn on a background of its own.
    hovered: Option<usize>,
}

impl ChartView {
    /// The chart of all arms.
    pub(super) fn arms_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, results: &ExperimentResults) {
        let subtitle = "Each mark is a success rate; the line around it holds the true rate in 95 of 100 experiments";
        let card = Card::titled("Tasks that reached their goal").subtitle(subtitle);
        self.ui(ctx, ui, card, &model::rows(results));
    }

    /// The chart of a number that some arms turn; nothing when none do.
    pub(super) fn dial_ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        dial: Dial,
        points: &[DialPoint<'_>],
    ) {
        if !points.is_empty() {
            let card = Card::titled(dial.title())
                .subtitle("The same adapter on the same tasks; only this number is another");
            self.ui(ctx, ui, card, &model::turned(points));
        }
    }

    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, card: Card<'_>, rows: &[model::Row]) {
        let tokens = ctx.tokens;
        card.show(ui, tokens, |ui| {
            paint::legend_ui(ui, tokens);
            let size = vec2(ui.available_width(), layout::height(rows.len()));
            let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
            response.widget_info(|| {
                WidgetInfo::labeled(Role::Figure, true, &*tokens.say("Success rates by arm"))
            });
            let layout = layout::Layout::new(rect, rows);
            let mut hovered = None;
            for (index, row) in rows.iter().enumerate() {
                let area = layout.row(index);
                let response = ui.interact(area, response.id.with(index), Sense::hover());
                response
                    .widget_info(|| WidgetInfo::labeled(Role::Row, true, &*tokens.say(&row.words)));
                if response.hovered() {
                    hovered = Some(index);
                }
                response.explain(tokens, &row.words);
            }
            self.hovered = hovered;
            paint::chart(ui.painter(), tokens, &layout, rows, self.hovered);
        });
    }
}
