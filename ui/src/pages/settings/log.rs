//! What was said, by the program and by its workers.

use std::ops::Range;

use egui::{Label, ScrollArea, Ui};
use lore_core::Page;
use lore_protocol::{LogFilter, LogLine, Request, Response, SupportRequest, SupportResponse};

use crate::command::Command;
use crate::context::{Ctx, Paged};
use crate::format;
use crate::parts::loaded_ui;
use crate::widgets::{
    Button, Card, Cell, Column, DataTable, EmptyState, Icon, Row, Tone, card_row, choice,
    remaining_height, search_box, switch,
};

/// Room for what stands below the table.
const BELOW: f32 = 60.0;

/// The least height of the table.
const HEIGHT: f32 = 240.0;

/// What is looked for.
#[derive(Debug, Default)]
pub(super) struct LogView {
    filter: LogFilter,
    visible: Range<usize>,
    /// The line that is shown in full.
    open: Option<LogLine>,
}

impl LogView {
    /// The card.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        Card::titled("Log")
            .subtitle("What the program and its workers said, newest first. Keys and passwords are left out")
            .tight()
            .show(ui, tokens, |ui| {
                card_row(ui, tokens, |ui| self.filters_ui(ctx, ui));
                let filter = self.filter.clone();
                let rows = ctx.paged(
                    self.visible.clone(),
                    |offset, limit| request(&filter, offset, limit),
                    page_of,
                );
                loaded_ui(ctx, ui, rows.first(), "Reading the logs", |ui, _| {
                    if rows.total() == 0 {
                        let text = "Nobody said anything of this kind.";
                        EmptyState::new(Icon::Filter, "Nothing matches", text).show(ui, tokens);
                    } else {
                        self.table_ui(ctx, ui, &rows);
                    }
                });
                self.open_ui(ctx, ui);
            });
    }

    fn filters_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        ui.horizontal_wrapped(|ui| {
            search_box(ui, tokens, &mut self.filter.text, "Search the log", 220.0);
            let mut sources = vec![(None, "Everybody".to_owned())];
            let known = ctx.log_sources().ready().unwrap_or_default();
            sources.extend(
                known
                    .iter()
                    .map(|(source, name)| (Some(source.clone()), name.clone())),
            );
            ui.scope(|ui| {
                ui.set_max_width(200.0);
                choice(ui, tokens, &mut self.filter.source, &sources, "Who said it");
            });
            let problems = &mut self.filter.only_problems;
            switch(ui, tokens, problems, "Only problems");
            let again = Button::icon_only(Icon::Refresh, "Read the logs again");
            if again.show(ui, tokens).clicked() {
                ctx.send(Command::Refetch(request(&self.filter, 0, 100)));
            }
        });
    }

    fn table_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, rows: &Paged<'_, LogLine>) {
        let columns = [
            Column::exact("", 16.0),
            Column::exact("Time", 130.0).help("By universal time"),
            Column::flex("Who said it", 1.0, 90.0).optional(),
            Column::flex("What was said", 4.0, 200.0),
        ];
        let response = DataTable::new("Log", &columns, rows.total())
            .height(remaining_height(ui, BELOW, HEIGHT))
            .show(ui, ctx.tokens, |index| {
                rows.get(index).map_or_else(Row::waiting, |line| {
                    row_of(line).selected(self.open.as_ref() == Some(line))
                })
            });
        self.visible = response.visible;
        if let Some(line) = response.clicked.and_then(|index| rows.get(index)) {
            let again = self.open.as_ref() == Some(line);
            self.open = (!again).then(|| line.clone());
        }
        let total = format::counted(rows.total() as u64, "line", "lines");
        card_row(ui, ctx.tokens, |ui| ui.label(ctx.tokens.small(total)));
    }

    /// The chosen line in full.
    fn open_ui(&self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        let Some(line) = &self.open else { return };
        card_row(ui, tokens, |ui| {
            ui.horizontal(|ui| {
                ui.label(tokens.label(&line.source_name));
                ui.label(tokens.small(time_of(line)));
                let copy = Button::quiet("Copy").icon(Icon::Copy).show(ui, tokens);
                if copy.clicked() {
                    ctx.send(Command::Copy {
                        text: line.text.clone(),
                        what: "Text",
                    });
                }
            });
            ScrollArea::vertical()
                .id_salt("line")
                .max_height(200.0)
                .auto_shrink([false, true])
                .show(ui, |ui| ui.add(Label::new(tokens.mono(&line.text)).wrap()));
        });
    }
}

fn request(filter: &LogFilter, offset: u64, limit: u64) -> Request {
    Request::Support(SupportRequest::Log {
        filter: filter.clone(),
        offset,
        limit,
    })
}

fn page_of(response: &Response) -> Option<&Page<LogLine>> {
    match response {
        Response::Support(SupportResponse::Log(page)) => Some(page),
        _ => None,
    }
}

fn row_of(line: &LogLine) -> Row {
    let mark = if line.is_problem {
        Cell::Icon(Icon::Warning, Tone::Warning, "problem")
    } else {
        Cell::Empty
    };
    Row::new(vec![
        mark,
        Cell::Muted(time_of(line)),
        Cell::Text(line.source_name.clone()),
        Cell::Mono(line.text.clone()),
    ])
}

fn time_of(line: &LogLine) -> String {
    let moment = |ms| format!("{} {}", format::date(ms), format::clock(ms));
    line.ms.map_or_else(String::new, moment)
}
