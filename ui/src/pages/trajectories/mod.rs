//! Trajectories: find one, read it step by step, lay it beside another.

mod actions;
mod beside;
mod bookmarks;
mod branches;
mod browse;
mod changes;
mod commands;
mod difference;
mod facts;
mod find;
mod markdown;
mod memories;
mod notes;
mod playback;
mod prompt;
mod reader;
mod sources;
mod step_card;
mod what_if;
mod world;

use egui::{Key, Modifiers, Ui};
use lore_core::TrajectoryId;
use lore_protocol::Source;

use super::Page;
use crate::command::Order;
use crate::context::Ctx;
use crate::parts::{crumb_ui, loaded_ui};
use crate::shell::PaletteEntry;
use crate::{Route, format};
use beside::BesideView;
use browse::Browser;
use reader::Reader;

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct TrajectoriesPage {
    browser: Browser,
    reader: Reader,
    beside: BesideView,
}

impl Page for TrajectoriesPage {
    fn title(&self, ctx: &Ctx<'_>) -> String {
        match ctx.route {
            Route::Beside { .. } => "Two episodes side by side".to_owned(),
            Route::Trajectories {
                source: Some(source),
                id: Some(id),
            } => ctx
                .trajectory(source, id)
                .ready()
                .map_or_else(|| "Episode".to_owned(), |it| format::goal(&it.task.goal)),
            _ => "Trajectories".to_owned(),
        }
    }

    fn actions_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        if let Some((source, id)) = opened(ctx.route)
            && let Some(trajectory) = ctx.trajectory(source, id).ready()
        {
            actions::ui(ctx, ui, source, trajectory);
        }
    }

    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let margin = ctx.tokens.space.xl as i8;
        let frame = egui::Frame::new().inner_margin(egui::Margin {
            left: margin,
            right: margin,
            top: 0,
            bottom: ctx.tokens.space.m as i8,
        });
        frame.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = ctx.tokens.space.m;
            self.content_ui(ctx, ui);
        });
    }

    fn commands(&self, ctx: &Ctx<'_>) -> Vec<PaletteEntry> {
        commands::of(ctx.route)
    }

    fn obey(&mut self, order: Order) {
        // Each part follows what it knows; only one of them is in view.
        self.browser.obey(order);
        self.reader.obey(order);
        self.beside.obey(order);
    }
}

impl TrajectoriesPage {
    fn content_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        if let Route::Beside {
            source,
            left,
            right,
            right_source,
        } = ctx.route
        {
            crumb_ui(ctx, ui, "All episodes", list_of(source));
            let right_source = right_source.as_ref().unwrap_or(source);
            let both = [(source, left), (right_source, right)];
            self.beside.ui(ctx, ui, both);
            return;
        }
        let Some((source, id)) = opened(ctx.route) else {
            self.browser.ui(ctx, ui);
            return;
        };
        crumb_ui(ctx, ui, "All episodes", list_of(source));
        let trajectory = ctx.trajectory(source, id);
        loaded_ui(
            ctx,
            ui,
            trajectory,
            "Opening the episode",
            |ui, trajectory| {
                self.reader.ui(ctx, ui, source, trajectory);
            },
        );
    }
}

fn opened(route: &Route) -> Option<(&Source, &TrajectoryId)> {
    match route {
        Route::Trajectories {
            source: Some(source),
            id: Some(id),
        } => Some((source, id)),
        _ => None,
    }
}

fn list_of(source: &Source) -> Route {
    Route::Trajectories {
        source: Some(source.clone()),
        id: None,
    }
}

/// Moves through steps with the arrow keys, unless someone is writing. Letters are among the page's
/// commands.
fn follow_keys(ui: &Ui, step: &mut usize, num_steps: usize) -> bool {
    if ui.ctx().text_edit_focused() {
        return false;
    }
    let before = *step;
    ui.input_mut(|input| {
        for key in [Key::ArrowDown, Key::ArrowRight] {
            if input.consume_key(Modifiers::NONE, key) {
                *step = (*step + 1).min(num_steps.saturating_sub(1));
            }
        }
        for key in [Key::ArrowUp, Key::ArrowLeft] {
            if input.consume_key(Modifiers::NONE, key) {
                *step = step.saturating_sub(1);
            }
        }
    });
    *step != before
}
