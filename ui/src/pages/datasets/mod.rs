//! Data sets: look inside a file, bring it in, see what it holds, decide what training may see.

mod agreement;
mod bank_form;
mod collect;
mod counts;
mod detail;
mod filters;
mod inspect;
mod items;
mod labels;
mod leaks;
mod list;
mod mapping;
mod preview;
mod types;

use egui::{Key, Modifiers, Ui};
use lore_core::DatasetInfo;
use lore_protocol::FileKind;

use super::Page;
use crate::Route;
use crate::command::{Command, Order};
use crate::context::Ctx;
use crate::parts::{loaded_ui, page_scroll};
use crate::shell::PaletteEntry;
use crate::widgets::{Button, Icon, Menu, columns, menu_item};

const AREA: &str = "Data sets";

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct DatasetsPage {
    inspect: inspect::Inspect,
    collect: collect::Collect,
    detail: detail::Detail,
}

impl Page for DatasetsPage {
    fn actions_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        let add = Button::primary("Add a data set")
            .icon(Icon::Plus)
            .show(ui, tokens);
        Menu::show(&add, |ui| {
            if menu_item(ui, tokens, Icon::File, "From a file…") {
                ctx.pick(FileKind::Dataset);
            }
            if menu_item(ui, tokens, Icon::Folder, "From a folder…") {
                ctx.pick(FileKind::DatasetFolder);
            }
        });
        let collect = Button::secondary("Collect expert episodes")
            .icon(Icon::Play)
            .selected(self.collect.open)
            .hover("Lets an expert that knows the rules play games, and keeps what it does")
            .show(ui, tokens);
        if collect.clicked() {
            self.collect.open = !self.collect.open;
        }
    }

    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        self.inspect.follow_picks(ctx);
        page_scroll(ctx, ui, |ui| {
            self.inspect.ui(ctx, ui);
            self.collect.ui(ctx, ui);
            let datasets = ctx.datasets();
            loaded_ui(
                ctx,
                ui,
                datasets,
                "Looking for data sets",
                |ui, datasets| {
                    let datasets = remaining(ctx, datasets);
                    if datasets.is_empty() {
                        list::empty_ui(ctx, ui);
                    } else {
                        self.list_and_detail_ui(ctx, ui, &datasets);
                    }
                },
            );
        });
    }

    fn commands(&self, ctx: &Ctx<'_>) -> Vec<PaletteEntry> {
        let mut entries = vec![
            PaletteEntry::order(AREA, "Collect expert episodes", Icon::Play, Order::New)
                .keys(Modifiers::COMMAND, Key::N),
            PaletteEntry::order(AREA, "Build a bank from it", Icon::Bank, Order::NewOther)
                .keys(Modifiers::COMMAND, Key::B),
            PaletteEntry::order(AREA, "Ask an agent about it", Icon::Check, Order::Ask),
            PaletteEntry::order(AREA, "Export the episodes", Icon::Export, Order::Export)
                .keys(Modifiers::COMMAND, Key::E),
            PaletteEntry::order(AREA, "Edit labels", Icon::List, Order::Edit)
                .keys(Modifiers::COMMAND, Key::L),
            PaletteEntry::order(AREA, "Search episodes", Icon::Search, Order::Find)
                .keys(Modifiers::NONE, Key::Slash),
            PaletteEntry::order(AREA, "Clear the filters", Icon::Close, Order::ClearFilters),
        ];
        let datasets = ctx.datasets().ready().unwrap_or_default();
        entries.extend(datasets.iter().map(|dataset| PaletteEntry {
            title: format!("Show {}", dataset.name),
            area: AREA,
            icon: Icon::Database,
            shortcut: None,
            command: Command::Go(Route::Datasets(Some(dataset.id.clone()))),
        }));
        entries
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::New => self.collect.open = !self.collect.open,
            order => self.detail.obey(order),
        }
    }
}

impl DatasetsPage {
    fn list_and_detail_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, datasets: &[&DatasetInfo]) {
        let chosen = chosen(ctx, datasets);
        columns(ui, ctx.tokens, &[1.0, 2.5], 200.0, |ui, column| {
            ui.spacing_mut().item_spacing.y = ctx.tokens.space.l;
            if column == 0 {
                list::list_ui(ctx, ui, datasets, chosen);
            } else {
                self.detail.ui(ctx, ui, chosen);
            }
        });
    }
}

/// Those that are not being deleted.
fn remaining<'a>(ctx: &Ctx<'_>, datasets: &'a [DatasetInfo]) -> Vec<&'a DatasetInfo> {
    let actions = ctx.store.actions();
    datasets
        .iter()
        .filter(|dataset| !actions.is_going(&detail::delete_place(&dataset.id)))
        .collect()
}

/// The one in the route, or the first.
fn chosen<'a>(ctx: &Ctx<'_>, datasets: &[&'a DatasetInfo]) -> &'a DatasetInfo {
    let wanted = match ctx.route {
        Route::Datasets(id) => id.as_ref(),
        _ => None,
    };
    datasets
        .iter()
        .find(|dataset| Some(&dataset.id) == wanted)
        .unwrap_or(&datasets[0])
}
