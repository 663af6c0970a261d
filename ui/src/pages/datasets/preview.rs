//! The first episodes of a table as they would come in.

use egui::Ui;
use lore_core::{EpisodeEnd, FormatGuess, ItemPreview};

use crate::context::Ctx;
use crate::format;
use crate::text;
use crate::widgets::{Cell, Column, DataTable, Row};

/// Nothing when the file is no table.
pub(super) fn preview_ui(ctx: &Ctx<'_>, ui: &mut Ui, guess: &FormatGuess) {
    let tokens = ctx.tokens;
    if guess.previews.is_empty() {
        return;
    }
    ui.add_space(tokens.space.s);
    ui.label(tokens.small("The first of them as they would come in"));
    let columns = [
        Column::flex("Goal", 1.6, 120.0),
        Column::flex("Kind of task", 0.9, 90.0)
            .help(text::TASK_TYPE.meaning)
            .optional(),
        Column::flex("First observation", 1.6, 110.0).optional(),
        Column::flex("First action", 1.2, 90.0),
        Column::exact("Actions", 60.0).right(),
        Column::exact("Reward", 60.0).right().optional(),
        Column::exact("Ended with", 100.0).help(text::OUTCOME.meaning),
    ];
    let height = tokens.size.table_row * guess.previews.len() as f32;
    DataTable::new("First episodes", &columns, guess.previews.len())
        .height(height)
        .show(ui, tokens, |index| {
            guess.previews.get(index).map_or_else(Row::waiting, row)
        });
}

fn row(preview: &ItemPreview) -> Row {
    let is_success = preview.end == EpisodeEnd::Success;
    Row::new(vec![
        Cell::Verbatim(format::goal(&preview.goal)),
        Cell::Muted(format::task_type(&preview.task_type)),
        Cell::Muted(preview.observation.clone()),
        Cell::Mono(preview.action.clone()),
        Cell::Text(format::count(preview.num_steps)),
        Cell::Muted(format::number(preview.reward)),
        Cell::outcome(is_success, preview.end.label()),
    ])
}
