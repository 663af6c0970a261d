//! Tables of any length: only the rows in view are made. Columns line up, headings sort, rows can be
//! reached and opened by keyboard.

mod layout;
mod row;

use std::ops::Range;

use egui::accesskit::Role;
use egui::{Align, Align2, Rect, Response, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{Explain as _, Icon, Tone, paint};
use crate::theme::Tokens;

pub use row::{Cell, Row};

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    /// Its heading.
    pub title: &'a str,
    /// How wide it is.
    pub width: Width,
    /// Where its contents stand.
    pub align: Align,
    /// What the heading means, on hover; may be empty.
    pub help: &'a str,
    /// True when a click on the heading sorts.
    pub sortable: bool,
    /// True when it is left out where there is too little room; the last such column first.
    pub optional: bool,
}

impl<'a> Column<'a> {
    /// A column of text that takes a share of the room, at least `min` points.
    pub fn flex(title: &'a str, share: f32, min: f32) -> Self {
        Self::new(title, Width::Flex { share, min })
    }

    /// A column of a fixed width.
    pub fn exact(title: &'a str, width: f32) -> Self {
        Self::new(title, Width::Exact(width))
    }

    fn new(title: &'a str, width: Width) -> Self {
        Self {
            title,
            width,
            align: Align::Min,
            help: "",
            sortable: false,
            optional: false,
        }
    }

    /// Contents at the right, for numbers.
    pub fn right(mut self) -> Self {
        self.align = Align::Max;
        self
    }

    /// What the heading means.
    pub fn help(mut self, text: &'a str) -> Self {
        self.help = text;
        self
    }

    /// Left out where there is too little room.
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// A click on the heading sorts.
    pub fn sortable(mut self) -> Self {
        self.sortable = true;
        self
    }
}

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Width {
    /// So many points.
    Exact(f32),
    /// A share of what is left.
    Flex {
        /// The share.
        share: f32,
        /// Never narrower than this.
        min: f32,
    },
}

/// Which column a table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The column.
    pub column: usize,
    /// Largest first.
    pub descending: bool,
}

impl Sort {
    /// What a click on the heading of `column` leads to.
    pub fn clicked(self, column: usize) -> Self {
        Self {
            column,
            descending: self.column == column && !self.descending,
        }
    }

    /// Turns an ordering round when the largest comes first.
    pub fn apply(self, ordering: std::cmp::Ordering) -> std::cmp::Ordering {
        if self.descending {
            ordering.reverse()
        } else {
            ordering
        }
    }
}

/// A table.
#[derive(Clone, Copy, Debug)]
#[must_use = "a table is there once `show` was called"]
pub struct DataTable<'a> {
    label: &'a str,
    columns: &'a [Column<'a>],
    num_rows: usize,
    sort: Option<Sort>,
    height: f32,
}

/// What happened in a table.
#[derive(Clone, Debug, Default)]
pub struct TableResponse {
    /// The row that was clicked, or opened with Enter.
    pub clicked: Option<usize>,
    /// The column whose heading was clicked.
    pub sort: Option<usize>,
    /// The rows in view, for fetching the next ones.
    pub visible: Range<usize>,
}

const HEADER: f32 = 30.0;

impl<'a> DataTable<'a> {
    /// A table of `num_rows`; `label` names it for screen readers and tells tables of a page apart.
    pub fn new(label: &'a str, columns: &'a [Column<'a>], num_rows: usize) -> Self {
        Self {
            label,
            columns,
            num_rows,
            sort: None,
            height: f32::INFINITY,
        }
    }

    /// Shows which column it is sorted by.
    pub fn sort(mut self, sort: Sort) -> Self {
        self.sort = Some(sort);
        self
    }

    /// The rows scroll within this height; else all the room below is used.
    pub fn height(mut self, height: f32) -> Self {
        self.height = height;
        self
    }

    /// Puts the table there. `row` makes the row with a number; it is asked only for rows in view.
    pub fn show(
        self,
        ui: &mut Ui,
        tokens: &Tokens,
        mut row: impl FnMut(usize) -> Row,
    ) -> TableResponse {
        let mut result = TableResponse::default();
        let spacing = std::mem::replace(&mut ui.spacing_mut().item_spacing.y, 0.0);
        let widths = layout::widths(self.columns, ui.available_width(), tokens.space.m);
        result.sort = self.header_ui(ui, tokens, &widths);
        let room = ui.available_height().max(3.0 * tokens.size.table_row);
        ui.push_id(self.label, |ui| {
            ScrollArea::vertical()
                .max_height(self.height.min(room))
                .auto_shrink([false, true])
                .show_rows(ui, tokens.size.table_row, self.num_rows, |ui, visible| {
                    for index in visible.clone() {
                        let row = row(index);
                        let response = row.show(ui, tokens, self.columns, &widths);
                        if response.clicked() {
                            result.clicked = Some(index);
                        }
                    }
                    result.visible = visible;
                });
        });
        ui.spacing_mut().item_spacing.y = spacing;
        result
    }

    fn header_ui(&self, ui: &mut Ui, tokens: &Tokens, widths: &[Option<f32>]) -> Option<usize> {
        let size = vec2(ui.available_width(), HEADER);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let label = tokens.say(self.label);
        response.widget_info(|| WidgetInfo::labeled(Role::Table, true, &*label));
        let mut clicked = None;
        for (index, (column, area)) in self
            .columns
            .iter()
            .zip(layout::areas(rect, widths, tokens.space.m))
            .enumerate()
        {
            let Some(area) = area else { continue };
            let id = response.id.with(index);
            if self
                .heading_ui(ui, tokens, index, column, area, id)
                .clicked()
            {
                clicked = Some(index);
            }
        }
        ui.painter().hline(
            rect.x_range(),
            rect.bottom(),
            egui::Stroke::new(1.0, tokens.color.border.subtle),
        );
        clicked
    }

    fn heading_ui(
        &self,
        ui: &Ui,
        tokens: &Tokens,
        index: usize,
        column: &Column<'_>,
        area: Rect,
        id: egui::Id,
    ) -> Response {
        let sense = if column.sortable {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = ui.interact(area, id, sense);
        let title = tokens.say(column.title);
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &*title));
        let sorted = self.sort.filter(|sort| sort.column == index);
        let color = if sorted.is_some() || (column.sortable && response.hovered()) {
            tokens.color.text.body
        } else {
            tokens.color.text.muted
        };
        let painter = ui.painter();
        let arrow = if sorted.is_some() { 14.0 } else { 0.0 };
        let font = tokens.small_font();
        let title = paint::elided(painter, &title, font, color, area.width() - arrow);
        let (at, anchor) = match column.align {
            Align::Max => (
                pos2(area.right() - arrow, area.center().y),
                Align2::RIGHT_CENTER,
            ),
            _ => (area.left_center(), Align2::LEFT_CENTER),
        };
        let text = paint::galley_at(painter, title, at, anchor);
        if let Some(sort) = sorted {
            let icon = if sort.descending {
                Icon::ChevronDown
            } else {
                Icon::ChevronUp
            };
            let center = pos2(text.right() + 8.0, area.center().y);
            let square = Rect::from_center_size(center, egui::Vec2::splat(10.0));
            icon.paint(painter, square, color);
        }
        paint::focus_ring(ui, &response, tokens, tokens.radius.s);
        if column.help.is_empty() {
            response
        } else {
            response.explain(tokens, column.help)
        }
    }
}

impl Cell {
    /// A yes or no of how something ended.
    pub fn outcome(success: bool, words: &str) -> Self {
        let tone = if success {
            Tone::Success
        } else {
            Tone::Neutral
        };
        Self::Badge(words.to_owned(), tone)
    }
}
