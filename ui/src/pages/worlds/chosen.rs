//! The chosen world: what it is, and its tasks.

use egui::{ScrollArea, Ui};
use lore_core::{Page, Task, WorldSpec};
use lore_protocol::{Request, WorldInfo, WorldRequest};

use super::install;
use crate::command::Action;
use crate::context::Ctx;
use crate::format;
use crate::parts::{action_error_ui, loaded_ui};
use crate::widgets::{
    Button, Card, EmptyState, Icon, ListRow, card_row, remaining_height, right_aligned, search_box,
    switch,
};

/// Where beginning a task shows its error.
const PLACE: &str = "worlds/begin";

/// Where removing a server shows its error.
const REMOVE: &str = "worlds/remove";

/// Least height of the list of tasks.
const HEIGHT: f32 = 240.0;

/// What stands below the list: margins of card and page.
const BELOW: f32 = 40.0;

/// Tasks shown at once; the search finds the others.
const MAX_SHOWN: u64 = 100;

/// View state.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    text: String,
    easy: bool,
}

impl Chosen {
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, world: &WorldInfo) {
        let tokens = ctx.tokens;
        if let Some(java) = world.missing {
            let title = format!("{} is not installed yet", world.name);
            let text = "It runs in Java, which must be on this computer, and is a few megabytes.";
            Card::titled(&world.name)
                .subtitle(&world.about)
                .show(ui, tokens, |ui| {
                    EmptyState::new(Icon::Download, &title, text).show(ui, tokens);
                    ui.vertical_centered(|ui| install::button_ui(ctx, ui, java));
                });
            return;
        }
        Card::new().tight().show(ui, tokens, |ui| {
            card_row(ui, tokens, |ui| self.heading_ui(ctx, ui, world));
            action_error_ui(ctx, ui, PLACE);
            action_error_ui(ctx, ui, REMOVE);
            let spec = self.spec(world);
            let tasks = ctx.tasks(&spec, self.text.trim(), MAX_SHOWN);
            loaded_ui(ctx, ui, tasks, "Looking at the world", |ui, page| {
                tasks_ui(ctx, ui, &spec, page);
            });
        });
    }

    fn heading_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, world: &WorldInfo) {
        let tokens = ctx.tokens;
        ui.horizontal(|ui| {
            ui.label(tokens.subtitle(&world.name));
            right_aligned(ui, |ui| {
                search_box(ui, tokens, &mut self.text, "Search tasks", 220.0);
                if let WorldSpec::Server(server) = &world.spec {
                    let remove = Button::icon_only(Icon::Trash, "Remove this server");
                    if remove.show(ui, tokens).clicked() {
                        let name = server.name.clone();
                        let undo = WorldRequest::SaveServer {
                            server: server.clone(),
                        };
                        let request = Request::World(WorldRequest::RemoveServer { name });
                        let action = Action::new(REMOVE, request)
                            .say(format!("{} was removed", world.name))
                            .undo_with(Request::World(undo));
                        ctx.act(action);
                    }
                }
            });
        });
        ui.label(tokens.muted(&world.about));
        if matches!(world.spec, WorldSpec::ScienceWorld { .. }) {
            switch(
                ui,
                tokens,
                &mut self.easy,
                "With the official simplifications",
            );
        }
    }

    /// The world with what is switched on.
    fn spec(&self, world: &WorldInfo) -> WorldSpec {
        match &world.spec {
            WorldSpec::ScienceWorld { .. } => WorldSpec::ScienceWorld { easy: self.easy },
            other => other.clone(),
        }
    }
}

/// Letters of a goal that are in view in most windows; longer ones are told in full by pointing.
const SHORT_GOAL: usize = 50;

fn tasks_ui(ctx: &Ctx<'_>, ui: &mut Ui, world: &WorldSpec, page: &Page<Task>) {
    let tokens = ctx.tokens;
    if page.rows.is_empty() {
        let text = "Search for something else.";
        EmptyState::new(Icon::Search, "No such task", text).show(ui, tokens);
        return;
    }
    card_row(ui, tokens, |ui| {
        let count = format::counted(page.total, "task", "tasks");
        ui.label(tokens.small(format!("{count}. Click one to play it yourself")));
    });
    let height = remaining_height(ui, BELOW, HEIGHT);
    ScrollArea::vertical().max_height(height).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for task in &page.rows {
            let about = format!(
                "{} · {} · {}",
                format::task_type(&task.task_type),
                task.split.label(),
                task.id
            );
            let goal = format::goal(&task.goal);
            let row = ListRow::new(&goal).verbatim().subtitle(&about);
            let mut row = row.icon(Icon::Play).show(ui, tokens);
            if goal.chars().count() > SHORT_GOAL {
                row = row.on_hover_text(&goal);
            }
            if row.clicked() && !ctx.is_busy(PLACE) {
                let request = WorldRequest::Begin {
                    world: world.clone(),
                    task: task.id.clone(),
                };
                ctx.act(Action::new(PLACE, Request::World(request)));
            }
        }
        let more = page.total.saturating_sub(page.rows.len() as u64);
        if more > 0 {
            let count = format::counted(more, "task", "tasks");
            ui.label(tokens.small(format!("{count} more; search to find them")));
        }
    });
}
