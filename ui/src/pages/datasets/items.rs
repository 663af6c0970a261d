//! The episodes or games of a data set, as a long table.

use egui::Ui;
use lore_core::{DatasetInfo, DatasetKind, Page, TrajectoryRow};
use lore_protocol::{DatasetRequest, DatasetResponse, Request, Response, Source, TaskRow};

use super::filters::Filters;
use super::labels::LabelForm;
use crate::command::Order;
use crate::context::Ctx;
use crate::parts::loaded_ui;
use crate::text;
use crate::widgets::{
    Button, Card, Cell, Column, DataTable, Icon, Row, Tone, card_row, right_aligned,
};
use crate::{Route, format};

/// Height of the table: a page is scrolled as a whole, the table within it.
const HEIGHT: f32 = 420.0;

/// View state.
#[derive(Debug, Default)]
pub(super) struct Items {
    filters: Filters,
    labels: LabelForm,
    visible: std::ops::Range<usize>,
}

impl Items {
    /// Does what was asked for by keys or from the list of commands.
    pub(super) fn obey(&mut self, order: Order) {
        match order {
            Order::Find => self.filters.search(),
            Order::ClearFilters => self.filters.clear(),
            Order::Edit => self.labels.open = !self.labels.open,
            _ => {}
        }
    }

    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        let tokens = ctx.tokens;
        let trajectories = dataset.kind == DatasetKind::Trajectories;
        Card::new().tight().show(ui, tokens, |ui| {
            card_row(ui, tokens, |ui| self.heading_ui(ctx, ui, trajectories));
            if trajectories {
                card_row(ui, tokens, |ui| self.filters.ui(ctx, ui, dataset));
                self.trajectories_ui(ctx, ui, dataset);
            } else {
                self.tasks_ui(ctx, ui, dataset);
            }
        });
    }

    fn heading_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, trajectories: bool) {
        let tokens = ctx.tokens;
        let (title, hint) = if trajectories {
            ("Episodes", "Search goals and texts")
        } else {
            ("Games", "Search goals")
        };
        ui.horizontal(|ui| {
            ui.label(tokens.subtitle(title));
            right_aligned(ui, |ui| {
                if trajectories {
                    let edit = Button::secondary("Edit labels")
                        .icon(Icon::List)
                        .selected(self.labels.open)
                        .hover("Gives the episodes in the list another kind of task or outcome");
                    if edit.show(ui, tokens).clicked() {
                        self.labels.open = !self.labels.open;
                    }
                }
                self.filters.search_ui(ctx, ui, hint);
            });
        });
    }

    fn trajectories_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        let filter = self.filters.filter();
        let request = |offset, limit| {
            Request::Dataset(DatasetRequest::Trajectories {
                id: dataset.id.clone(),
                filter: filter.clone(),
                offset,
                limit,
            })
        };
        let rows = ctx.paged(self.visible.clone(), request, trajectories_of);
        if self.labels.is_shown(ctx, dataset) {
            card_row(ui, ctx.tokens, |ui| {
                self.labels.ui(ctx, ui, dataset, &filter, rows.total());
            });
        }
        loaded_ui(ctx, ui, rows.first(), "Fetching episodes", |ui, _| {
            if rows.total() == 0 {
                card_row(ui, ctx.tokens, |ui| {
                    ui.label(ctx.tokens.muted("No episode matches"))
                });
                return;
            }
            let columns = trajectory_columns();
            let response = DataTable::new("Episodes", &columns, rows.total())
                .height(HEIGHT)
                .show(ui, ctx.tokens, |index| {
                    rows.get(index).map_or_else(Row::waiting, trajectory_row)
                });
            self.visible = response.visible;
            if let Some(row) = response.clicked.and_then(|index| rows.get(index)) {
                ctx.go(Route::Trajectories {
                    source: Some(Source::Dataset {
                        id: dataset.id.clone(),
                    }),
                    id: Some(row.id.clone()),
                });
            }
        });
    }

    fn tasks_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        let text = self.filters.filter().text;
        let request = |offset, limit| {
            Request::Dataset(DatasetRequest::Tasks {
                id: dataset.id.clone(),
                text: text.clone(),
                offset,
                limit,
            })
        };
        let rows = ctx.paged(self.visible.clone(), request, tasks_of);
        loaded_ui(ctx, ui, rows.first(), "Fetching games", |ui, _| {
            if rows.total() == 0 {
                card_row(ui, ctx.tokens, |ui| {
                    ui.label(ctx.tokens.muted("No game matches"))
                });
                return;
            }
            let columns = [
                Column::flex("Goal", 2.0, 140.0),
                Column::flex("Kind of task", 1.0, 110.0)
                    .help(text::TASK_TYPE.meaning)
                    .optional(),
                Column::exact("Split", 80.0),
                Column::exact("Training", 90.0).help(text::UNSEEN_TYPES.meaning),
            ];
            let response = DataTable::new("Games", &columns, rows.total())
                .height(HEIGHT)
                .show(ui, ctx.tokens, |index| {
                    rows.get(index).map_or_else(Row::waiting, task_row)
                });
            self.visible = response.visible;
        });
    }
}

fn trajectories_of(response: &Response) -> Option<&Page<TrajectoryRow>> {
    match response {
        Response::Dataset(DatasetResponse::Trajectories(page)) => Some(page),
        _ => None,
    }
}

fn tasks_of(response: &Response) -> Option<&Page<TaskRow>> {
    match response {
        Response::Dataset(DatasetResponse::Tasks(page)) => Some(page),
        _ => None,
    }
}

fn trajectory_columns() -> [Column<'static>; 5] {
    [
        Column::flex("Goal", 2.2, 140.0),
        Column::flex("Kind of task", 1.0, 110.0)
            .help(text::TASK_TYPE.meaning)
            .optional(),
        Column::exact("Ended with", 104.0).help(text::OUTCOME.meaning),
        Column::exact("Actions", 56.0).right().optional(),
        Column::flex("By", 0.6, 70.0)
            .help("Who acted: an expert, a person, a model, a file")
            .optional(),
    ]
}

fn trajectory_row(row: &TrajectoryRow) -> Row {
    let success = row.end == lore_core::EpisodeEnd::Success;
    Row::new(vec![
        Cell::Verbatim(format::goal(&row.goal)),
        Cell::Muted(format::task_type(&row.task_type)),
        Cell::outcome(success, row.end.label()),
        Cell::Text(row.num_steps.to_string()),
        Cell::Muted(row.source.clone()),
    ])
}

fn task_row(row: &TaskRow) -> Row {
    let (word, tone) = if row.unseen {
        ("unseen", Tone::Accent)
    } else {
        ("seen", Tone::Neutral)
    };
    Row::new(vec![
        Cell::Verbatim(format::goal(&row.task.goal)),
        Cell::Muted(format::task_type(&row.task.task_type)),
        Cell::Muted(row.task.split.label().to_owned()),
        Cell::Badge(word.to_owned(), tone),
    ])
}
