//! Models: what is there, whether it fits, and ways to get more.

mod add;
mod list;
mod served;

use egui::Ui;
use lore_protocol::FileKind;

pub(crate) use add::starter_models_ui;

use super::Page;
use crate::command::Order;
use crate::context::Ctx;
use crate::parts::page_scroll;
use crate::shell::PaletteEntry;
use crate::widgets::{Button, Icon, Menu, columns, menu_item};

const AREA: &str = "Models";

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct ModelsPage {
    add: add::AddModel,
    served: served::Served,
}

impl Page for ModelsPage {
    fn actions_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        let button = Button::primary("Add a model")
            .icon(Icon::Plus)
            .show(ui, tokens);
        Menu::show(&button, |ui| {
            if menu_item(ui, tokens, Icon::File, "From a GGUF file…") {
                ctx.pick(FileKind::ModelFile);
            }
            if menu_item(ui, tokens, Icon::Folder, "From a folder…") {
                ctx.pick(FileKind::ModelFolder);
            }
            if menu_item(ui, tokens, Icon::Link, "On a server…") {
                self.served.toggle();
            }
        });
    }

    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        self.add.follow_picks(ctx);
        let tokens = ctx.tokens;
        page_scroll(ctx, ui, |ui| {
            self.served.form_ui(ctx, ui);
            columns(ui, tokens, &[1.7, 1.0], 280.0, |ui, column| {
                ui.spacing_mut().item_spacing.y = tokens.space.l;
                if column == 0 {
                    list::list_ui(ctx, ui);
                    self.served.list_ui(ctx, ui);
                } else {
                    self.add.ui(ctx, ui);
                }
            });
        });
    }

    fn obey(&mut self, order: Order) {
        if order == Order::New {
            self.served.toggle();
        }
    }

    fn commands(&self, _ctx: &Ctx<'_>) -> Vec<PaletteEntry> {
        let entry = |title: &str, icon, kind| PaletteEntry {
            title: title.to_owned(),
            area: AREA,
            icon,
            shortcut: None,
            command: crate::Command::Act(Box::new(crate::Action::new(
                "shell/pick",
                lore_protocol::Request::Shell(lore_protocol::ShellRequest::Pick { kind }),
            ))),
        };
        vec![
            PaletteEntry::order(AREA, "Connect a model on a server", Icon::Link, Order::New),
            entry(
                "Add a model from a GGUF file…",
                Icon::File,
                FileKind::ModelFile,
            ),
            entry(
                "Add a model from a folder…",
                Icon::Folder,
                FileKind::ModelFolder,
            ),
        ]
    }
}
