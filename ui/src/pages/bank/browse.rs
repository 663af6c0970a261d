//! The rows of a bank, with filters, and the chosen one beside them.

use egui::Ui;
use lore_core::{BankInfo, ExperienceRow, Page, TrajectoryFilter};
use lore_protocol::{BankRequest, BankResponse, Request, Response};

use super::detail::Detail;
use super::{choose, chosen_experience, edit};
use crate::context::{Ctx, Paged};
use crate::format;
use crate::parts::loaded_ui;
use crate::text;
use crate::widgets::{
    Button, Card, Cell, Column, DataTable, EmptyState, Icon, Row, Tone, card_row, choice, columns,
    remaining_height, search_box, segmented,
};

/// Least height of the table.
const HEIGHT: f32 = 300.0;

/// Heading and foot of the table, margins of card and page.
const BELOW: f32 = 110.0;

/// View state.
#[derive(Debug, Default)]
pub(super) struct Browse {
    text: String,
    success: Option<bool>,
    task_type: Option<String>,
    visible: std::ops::Range<usize>,
    detail: Detail,
}

impl Browse {
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
        let Some(id) = chosen_experience(ctx) else {
            self.list_ui(ctx, ui, bank);
            return;
        };
        columns(ui, ctx.tokens, &[1.5, 1.0], 280.0, |ui, column| {
            if column == 0 {
                self.list_ui(ctx, ui, bank);
            } else {
                self.detail.ui(ctx, ui, bank, id);
            }
        });
    }

    fn list_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
        Card::new().tight().show(ui, ctx.tokens, |ui| {
            card_row(ui, ctx.tokens, |ui| self.filters_ui(ctx, ui, bank));
            let filter = self.filter();
            let rows = ctx.paged(
                self.visible.clone(),
                |offset, limit| {
                    Request::Bank(BankRequest::Rows {
                        bank: bank.id.clone(),
                        filter: filter.clone(),
                        offset,
                        limit,
                    })
                },
                rows_of,
            );
            loaded_ui(ctx, ui, rows.first(), "Fetching experiences", |ui, _| {
                if rows.total() == 0 {
                    self.nothing_ui(ctx, ui);
                } else {
                    self.table_ui(ctx, ui, bank, &rows);
                }
            });
        });
    }

    fn filters_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
        let tokens = ctx.tokens;
        let wide = ui.available_width() > 700.0;
        if !wide {
            let width = ui.available_width();
            search_box(ui, tokens, &mut self.text, "Search goals and texts", width);
        }
        ui.horizontal(|ui| {
            if wide {
                search_box(ui, tokens, &mut self.text, "Search goals and texts", 240.0);
            }
            let choices = [
                (None, "All"),
                (Some(true), "Solved"),
                (Some(false), "Not solved"),
            ];
            segmented(ui, tokens, &mut self.success, &choices, "Outcome");
            let mut types = vec![(None, "Every kind of task".to_owned())];
            let named = |name: &String| (Some(name.clone()), format::task_type(name));
            types.extend(bank.task_types.iter().map(named));
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width().min(190.0));
                choice(ui, tokens, &mut self.task_type, &types, "Kind of task");
            });
        });
    }

    fn filter(&self) -> TrajectoryFilter {
        TrajectoryFilter {
            text: self.text.trim().to_owned(),
            task_types: self.task_type.clone().into_iter().collect(),
            success: self.success,
            ..TrajectoryFilter::default()
        }
    }

    fn nothing_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let text = "No experience has all of these properties.";
        EmptyState::new(Icon::Filter, "Nothing matches", text).show(ui, ctx.tokens);
        let clear = Button::secondary("Show everything").show(ui, ctx.tokens);
        if clear.clicked() {
            *self = Self::default();
        }
    }

    fn table_ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        bank: &BankInfo,
        rows: &Paged<'_, ExperienceRow>,
    ) {
        let chosen = chosen_experience(ctx);
        let table = [
            Column::exact("", 16.0),
            Column::flex("Goal", 2.0, 130.0),
            Column::flex("Kind of task", 1.0, 100.0)
                .help(text::TASK_TYPE.meaning)
                .optional(),
            Column::exact("Outcome", 84.0).help(text::OUTCOME.meaning),
            Column::exact("Actions", 52.0).right().optional(),
            Column::exact("Tokens", 52.0)
                .right()
                .help("How much room it takes in a prompt. Tokens are pieces of words")
                .optional(),
        ];
        let response = DataTable::new("Experiences", &table, rows.total())
            .height(remaining_height(ui, BELOW, HEIGHT))
            .show(ui, ctx.tokens, |index| {
                rows.get(index).map_or_else(Row::waiting, |row| {
                    row_of(ctx, row).selected(chosen == Some(&row.id))
                })
            });
        self.visible = response.visible;
        if let Some(row) = response.clicked.and_then(|index| rows.get(index)) {
            let again = chosen == Some(&row.id);
            choose(ctx, &bank.id, (!again).then(|| row.id.clone()));
        }
        let total = format::counted(rows.total() as u64, "experience", "experiences");
        card_row(ui, ctx.tokens, |ui| ui.label(ctx.tokens.small(total)));
    }
}

fn rows_of(response: &Response) -> Option<&Page<ExperienceRow>> {
    match response {
        Response::Bank(BankResponse::Rows(page)) => Some(page),
        _ => None,
    }
}

fn row_of(ctx: &Ctx<'_>, row: &ExperienceRow) -> Row {
    let going = ctx.store.actions().is_going(&edit::remove_place(&row.id));
    let mark = match (going, row.never_use, row.pinned) {
        (true, ..) => Cell::Icon(Icon::Trash, Tone::Danger, "going"),
        (_, true, _) => Cell::Icon(Icon::Ban, Tone::Danger, "never used"),
        (_, _, true) => Cell::Icon(Icon::Pin, Tone::Accent, "pinned"),
        _ => Cell::Empty,
    };
    Row::new(vec![
        mark,
        Cell::Verbatim(format::goal(&row.goal)),
        Cell::Muted(format::task_type(&row.task_type)),
        Cell::outcome(
            row.success,
            if row.success { "solved" } else { "not solved" },
        ),
        Cell::Text(row.num_steps.to_string()),
        Cell::Muted(format::count(u64::from(row.num_tokens))),
    ])
    .faded(row.never_use || going)
}
