//! Which episodes of a data set are listed: words, outcome, kind of task, side of the split, length.

use egui::Ui;
use lore_core::{DatasetInfo, SplitKind, TrajectoryFilter};

use crate::context::Ctx;
use crate::format;
use crate::widgets::{Button, Icon, choice, search_box, segmented};

/// Ranges of lengths to choose from: fewest and most actions.
const LENGTHS: [([Option<u32>; 2], &str); 4] = [
    ([None, None], "Any length"),
    ([None, Some(10)], "Up to 10 actions"),
    ([Some(11), Some(25)], "11 to 25 actions"),
    ([Some(26), None], "Over 25 actions"),
];

/// View state.
#[derive(Debug, Default)]
pub(super) struct Filters {
    filter: TrajectoryFilter,
    /// The search box is given the keyboard in the next frame.
    searching: bool,
}

impl Filters {
    /// What matches.
    pub(super) fn filter(&self) -> TrajectoryFilter {
        let text = self.filter.text.trim().to_owned();
        TrajectoryFilter {
            text,
            ..self.filter.clone()
        }
    }

    /// Takes all of them off.
    pub(super) fn clear(&mut self) {
        self.filter = TrajectoryFilter::default();
    }

    /// Gives the keyboard to the search box.
    pub(super) fn search(&mut self) {
        self.searching = true;
    }

    /// The box that searches goals, and texts where there are any.
    pub(super) fn search_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, hint: &str) {
        let search = search_box(ui, ctx.tokens, &mut self.filter.text, hint, 240.0);
        if std::mem::take(&mut self.searching) {
            search.request_focus();
        }
    }

    /// Everything but the search box.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        let tokens = ctx.tokens;
        ui.horizontal_wrapped(|ui| {
            let outcomes = [
                (None, "All"),
                (Some(true), "Solved"),
                (Some(false), "Not solved"),
            ];
            segmented(ui, tokens, &mut self.filter.success, &outcomes, "Outcome");
            if !dataset.unseen_types.is_empty() {
                let sides = [
                    (None, "Both"),
                    (Some(SplitKind::Seen), "Seen"),
                    (Some(SplitKind::Unseen), "Unseen"),
                ];
                segmented(
                    ui,
                    tokens,
                    &mut self.filter.split,
                    &sides,
                    "Side of the split",
                );
            }
        });
        ui.horizontal(|ui| {
            self.kind_ui(ctx, ui, dataset);
            self.length_ui(ctx, ui);
            let is_filtered = self.filter != TrajectoryFilter::default();
            let clear = Button::quiet("Clear the filters").icon(Icon::Close);
            if is_filtered && clear.show(ui, tokens).clicked() {
                self.clear();
            }
        });
    }

    fn kind_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        if dataset.types.len() < 2 {
            return;
        }
        let mut kinds = vec![(None, "Every kind".to_owned())];
        kinds.extend(dataset.types.iter().map(|kind| {
            let words = format::task_type(&kind.name);
            (Some(kind.name.clone()), words)
        }));
        let mut kind = self.filter.task_types.first().cloned();
        ui.scope(|ui| {
            ui.set_max_width(170.0);
            if choice(ui, ctx.tokens, &mut kind, &kinds, "Kind of task").changed() {
                self.filter.task_types = kind.into_iter().collect();
            }
        });
    }

    fn length_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let lengths = LENGTHS.map(|(range, words)| (range, words.to_owned()));
        let mut range = [self.filter.min_steps, self.filter.max_steps];
        ui.scope(|ui| {
            ui.set_max_width(150.0);
            choice(ui, ctx.tokens, &mut range, &lengths, "Length");
        });
        [self.filter.min_steps, self.filter.max_steps] = range;
    }
}
