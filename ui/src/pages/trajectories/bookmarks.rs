//! The bookmarks of every source in one list.

use egui::Ui;
use lore_core::EpisodeEnd;
use lore_protocol::Mark;

use crate::Route;
use crate::context::Ctx;
use crate::format;
use crate::parts::loaded_ui;
use crate::widgets::{Card, Cell, Column, DataTable, EmptyState, Icon, Row};

/// The list.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let marks = ctx.marks();
    loaded_ui(ctx, ui, marks, "Looking for bookmarks", |ui, marks| {
        if marks.is_empty() {
            let text = "Open an episode and press the bookmark above it. Notes and marked steps are \
                        kept with it.";
            EmptyState::new(Icon::Bookmark, "No bookmarks yet", text).show(ui, ctx.tokens);
            return;
        }
        table_ui(ctx, ui, marks);
    });
}

fn table_ui(ctx: &Ctx<'_>, ui: &mut Ui, marks: &[Mark]) {
    let columns = [
        Column::exact("Outcome", 104.0),
        Column::flex("Goal", 3.0, 150.0),
        Column::flex("Who acted", 1.5, 84.0),
        Column::flex("Note", 3.0, 120.0),
        Column::exact("Marked steps", 100.0).right().optional(),
    ];
    let mut opened = None;
    Card::new().tight().show(ui, ctx.tokens, |ui| {
        let table = DataTable::new("Bookmarks", &columns, marks.len());
        let response = table.show(ui, ctx.tokens, |index| row(&marks[index]));
        opened = response.clicked.and_then(|index| marks.get(index));
    });
    if let Some(mark) = opened {
        ctx.go(Route::Trajectories {
            source: Some(mark.source.clone()),
            id: Some(mark.id.clone()),
        });
    }
}

fn row(mark: &Mark) -> Row {
    let steps = match mark.steps.len() {
        0 => Cell::Empty,
        num => Cell::Muted(num.to_string()),
    };
    Row::new(vec![
        Cell::outcome(mark.end == EpisodeEnd::Success, mark.end.label()),
        Cell::Verbatim(format::goal(&mark.goal)),
        Cell::Muted(mark.who.clone()),
        Cell::Muted(mark.note.clone()),
        steps,
    ])
}
