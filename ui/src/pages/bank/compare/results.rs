//! The table of a comparison: a row for each way of retrieval, the best first.

use std::cmp::Ordering;

use egui::Ui;
use lore_core::{GridCell, JobId, RetrievalGrid};

use crate::context::Ctx;
use crate::format;
use crate::parts::{loaded_ui, sentence};
use crate::widgets::{Card, Cell, Column, DataTable, Row, Sort, card_row, remaining_height};

/// Least height of the table.
const HEIGHT: f32 = 300.0;

/// Margins of card and page below the table.
const BELOW: f32 = 90.0;

/// View state.
#[derive(Debug)]
pub(super) struct Results {
    sort: Sort,
}

impl Default for Results {
    /// The ways that find a success of the type most often come first.
    fn default() -> Self {
        Self {
            sort: Sort {
                column: 2,
                descending: true,
            },
        }
    }
}

impl Results {
    /// What the job found.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, job: &JobId) {
        let grid = ctx.compared(job);
        loaded_ui(ctx, ui, grid, "Fetching the table", |ui, grid| {
            self.table_ui(ctx, ui, grid);
        });
    }

    fn table_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, grid: &RetrievalGrid) {
        let tokens = ctx.tokens;
        let columns = table();
        let mut cells: Vec<&GridCell> = grid.cells.iter().collect();
        cells.sort_by(|a, b| self.sort.apply(order(a, b, self.sort.column)));
        Card::titled("What each way finds")
            .subtitle("Helpful is an episode of the same kind of task that succeeded")
            .tight()
            .show(ui, tokens, |ui| {
                let response = DataTable::new("Ways of retrieval", &columns, cells.len())
                    .sort(self.sort)
                    .height(remaining_height(ui, BELOW, HEIGHT))
                    .show(ui, tokens, |index| {
                        cells
                            .get(index)
                            .map_or_else(Row::waiting, |cell| row_of(cell))
                    });
                if let Some(column) = response.sort {
                    self.sort = self.sort.clicked(column);
                }
                let asked = format::counted(grid.num_probes, "episode", "episodes");
                let words = format!("Asked about {asked}");
                card_row(ui, tokens, |ui| ui.label(tokens.small(words)));
            });
    }
}

/// The columns; see [`order`] and [`row_of`].
fn table() -> [Column<'static>; 7] {
    [
        Column::flex("Way", 2.0, 150.0)
            .help("What is compared, what is asked with, by what, and what may come back")
            .sortable(),
        Column::exact("Memories", 64.0)
            .right()
            .help("Experiences that come back")
            .sortable(),
        Column::exact("Helpful", 60.0)
            .right()
            .help("How often at least one helpful episode comes back")
            .sortable(),
        Column::exact("Same thing", 74.0)
            .right()
            .help("How often a success that is about the same thing comes back")
            .sortable(),
        Column::exact("Place", 56.0)
            .right()
            .help("1 when the first helpful episode stands first, 0.5 when second, and so on; the mean")
            .sortable()
            .optional(),
        Column::exact("Complete", 68.0)
            .right()
            .help("Helpful episodes that come back, of those that there is room for")
            .sortable()
            .optional(),
        Column::exact("Tokens", 60.0)
            .right()
            .help("What the memories take of a prompt, on average")
            .sortable(),
    ]
}

/// The smaller first, by what stands in a column.
fn order(a: &GridCell, b: &GridCell, column: usize) -> Ordering {
    let number = |cell: &GridCell| match column {
        1 => cell.k as f64,
        2 => cell.score.success_of_type,
        3 => cell.score.same_object,
        4 => cell.score.reciprocal_rank,
        5 => cell.score.recall,
        _ => cell.score.num_tokens,
    };
    match column {
        0 => way(a).cmp(&way(b)),
        _ => number(a).total_cmp(&number(b)),
    }
}

fn row_of(cell: &GridCell) -> Row {
    let score = &cell.score;
    Row::new(vec![
        Cell::Text(way(cell)),
        Cell::Muted(cell.k.to_string()),
        Cell::Text(format::percent(score.success_of_type)),
        Cell::Text(format::percent(score.same_object)),
        Cell::Text(format::number(score.reciprocal_rank)),
        Cell::Text(format::percent(score.recall)),
        Cell::Muted(format::count(score.num_tokens.round() as u64)),
    ])
}

/// The choices of a way in words; each stands by itself, so that it can be said in any language.
fn way(cell: &GridCell) -> String {
    let mut words = vec![
        sentence(cell.key.label()),
        format!("asked with: {}", cell.question.label()),
        cell.search.label().to_owned(),
        cell.outcome.label().to_owned(),
    ];
    if cell.diversity > 0 {
        words.push(format!("variety {} %", cell.diversity));
    }
    words.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::GridScore;

    #[test]
    fn columns_sort_by_what_they_show() {
        let cell = |k, success_of_type| GridCell {
            k,
            score: GridScore {
                success_of_type,
                ..GridScore::default()
            },
            ..GridCell::default()
        };
        let (few, many) = (cell(1, 0.9), cell(4, 0.5));
        assert_eq!(order(&few, &many, 1), Ordering::Less);
        assert_eq!(order(&few, &many, 2), Ordering::Greater);
        assert_eq!(order(&few, &many, 0), Ordering::Equal);
        assert_eq!(row_of(&few).cells.len(), table().len());
    }
}
