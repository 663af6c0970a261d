//! Worlds: what can be played, where it is, and a person playing.

mod chosen;
mod connect;
mod install;
mod list;
mod play;

use egui::{Key, Modifiers, Ui};
use lore_core::WorldSpec;
use lore_protocol::WorldInfo;

use super::Page;
use crate::command::{Command, Order};
use crate::context::Ctx;
use crate::parts::{loaded_ui, page_scroll};
use crate::shell::PaletteEntry;
use crate::widgets::{Button, Icon, columns};
use crate::{PageId, Route};

const AREA: &str = "Worlds";

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct WorldsPage {
    connect: connect::Connect,
    install: install::Install,
    chosen: chosen::Chosen,
    play: play::Play,
}

impl Page for WorldsPage {
    fn title(&self, ctx: &Ctx<'_>) -> String {
        match ctx.game() {
            Some(game) => format!("Playing {}", game.trajectory.task.environment),
            None => PageId::Worlds.label().to_owned(),
        }
    }

    fn actions_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        if ctx.game().is_some() {
            self.play.actions_ui(ctx, ui);
            return;
        }
        let connect = Button::secondary("Connect a server")
            .icon(Icon::Link)
            .selected(self.connect.open)
            .hover("Adds a world that runs on a server, by its address")
            .show(ui, ctx.tokens);
        if connect.clicked() {
            self.connect.open = !self.connect.open;
        }
    }

    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        self.install.follow_picks(ctx);
        if let Some(game) = ctx.game() {
            page_scroll(ctx, ui, |ui| self.play.ui(ctx, ui, game));
            return;
        }
        page_scroll(ctx, ui, |ui| {
            self.connect.ui(ctx, ui);
            loaded_ui(ctx, ui, ctx.worlds(), "Looking for worlds", |ui, worlds| {
                let Some(chosen) = chosen(ctx, worlds) else {
                    return;
                };
                columns(ui, ctx.tokens, &[1.0, 1.8], 260.0, |ui, column| {
                    ui.spacing_mut().item_spacing.y = ctx.tokens.space.l;
                    if column == 0 {
                        list::list_ui(ctx, ui, worlds, chosen);
                        install::ui(ctx, ui);
                    } else {
                        self.chosen.ui(ctx, ui, chosen);
                    }
                });
            });
        });
    }

    fn commands(&self, ctx: &Ctx<'_>) -> Vec<PaletteEntry> {
        if let Some(game) = ctx.game() {
            return self.play.commands(AREA, game);
        }
        let connect = PaletteEntry::order(AREA, "Connect a server", Icon::Link, Order::New);
        let mut entries = vec![connect.keys(Modifiers::COMMAND, Key::N)];
        let worlds = ctx.worlds().ready().unwrap_or_default();
        entries.extend(worlds.iter().map(|world| PaletteEntry {
            title: format!("Show {}", world.name),
            area: AREA,
            icon: Icon::Globe,
            shortcut: None,
            command: Command::Go(Route::Worlds(Some(world.spec.clone()))),
        }));
        entries
    }

    fn obey(&mut self, order: Order) {
        if order == Order::New {
            self.connect.open = !self.connect.open;
        }
    }
}

/// The one in the route, or the first.
fn chosen<'a>(ctx: &Ctx<'_>, worlds: &'a [WorldInfo]) -> Option<&'a WorldInfo> {
    let wanted: Option<&WorldSpec> = match ctx.route {
        Route::Worlds(spec) => spec.as_ref(),
        _ => None,
    };
    let found = worlds.iter().find(|world| Some(&world.spec) == wanted);
    found.or_else(|| worlds.first())
}
