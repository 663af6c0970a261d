//! The experience bank: browse it, see it as a map, ask what would be retrieved, compare ways to.

mod answer;
mod ask;
mod browse;
mod compare;
mod detail;
mod edit;
mod header;
mod lesson;
mod map;
mod removal;

use egui::{Key, Modifiers, Ui};
use lore_core::{BankId, BankInfo, ExperienceId};

use super::Page;
use crate::Route;
use crate::command::Order;
use crate::context::Ctx;
use crate::parts::{loaded_ui, page_scroll};
use crate::shell::PaletteEntry;
use crate::widgets::{Button, EmptyState, Icon, segmented};

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct BankPage {
    tab: Tab,
    browse: browse::Browse,
    map: map::MapView,
    ask: ask::Ask,
    compare: compare::Compare,
}

/// What the page shows of a bank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Browse,
    Map,
    Ask,
    Compare,
}

impl Page for BankPage {
    fn actions_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let build = Button::primary("Build a bank")
            .icon(Icon::Plus)
            .hover("Choose the data set whose episodes should be remembered");
        if build.show(ui, ctx.tokens).clicked() {
            ctx.go(Route::Datasets(None));
        }
    }

    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        page_scroll(ctx, ui, |ui| {
            let banks = ctx.banks();
            loaded_ui(ctx, ui, banks, "Looking for banks", |ui, banks| {
                let banks = remaining(ctx, banks);
                match chosen(ctx, &banks) {
                    Some(bank) => self.bank_ui(ctx, ui, &banks, bank),
                    None => empty_ui(ctx, ui),
                }
            });
        });
    }

    fn commands(&self, _ctx: &Ctx<'_>) -> Vec<PaletteEntry> {
        [
            ("Browse the bank", Icon::List, Key::Num1),
            ("Show the bank as a map", Icon::Map, Key::Num2),
            ("Ask what would be retrieved", Icon::Search, Key::Num3),
            ("Compare ways of retrieval", Icon::Chart, Key::Num4),
        ]
        .into_iter()
        .enumerate()
        .map(|(view, (title, icon, key))| {
            let order = Order::View(view);
            PaletteEntry::order("Experience bank", title, icon, order).keys(Modifiers::ALT, key)
        })
        .collect()
    }

    fn obey(&mut self, order: Order) {
        if let Order::View(view) = order {
            let tabs = [Tab::Browse, Tab::Map, Tab::Ask, Tab::Compare];
            self.tab = tabs.get(view).copied().unwrap_or_default();
        }
    }
}

impl BankPage {
    fn bank_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, banks: &[&BankInfo], bank: &BankInfo) {
        let tokens = ctx.tokens;
        header::header_ui(ctx, ui, banks, bank, |ui| {
            let tabs = [
                (Tab::Browse, "Browse"),
                (Tab::Map, "Map"),
                (Tab::Ask, "What would be retrieved for…"),
                (Tab::Compare, "Compare"),
            ];
            segmented(ui, tokens, &mut self.tab, &tabs, "View of the bank");
        });
        match self.tab {
            Tab::Browse => {
                header::numbers_ui(ctx, ui, bank);
                self.browse.ui(ctx, ui, bank);
            }
            Tab::Map => self.map.ui(ctx, ui, bank),
            Tab::Ask => self.ask.ui(ctx, ui, bank),
            Tab::Compare => self.compare.ui(ctx, ui, bank),
        }
    }
}

fn empty_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let text = "A bank keeps past episodes so that an agent can be shown the ones that resemble \
                its task. It is built from a data set.";
    let action = EmptyState::new(Icon::Bank, "No experience bank yet", text)
        .action("Choose a data set", Icon::Database)
        .show(ui, ctx.tokens);
    if action.is_some_and(|button| button.clicked()) {
        ctx.go(Route::Datasets(None));
    }
}

/// Those that are not being deleted.
fn remaining<'a>(ctx: &Ctx<'_>, banks: &'a [BankInfo]) -> Vec<&'a BankInfo> {
    let actions = ctx.store.actions();
    banks
        .iter()
        .filter(|bank| !actions.is_going(&header::delete_place(&bank.id)))
        .collect()
}

/// The one in the route, or the first.
fn chosen<'a>(ctx: &Ctx<'_>, banks: &[&'a BankInfo]) -> Option<&'a BankInfo> {
    let wanted = match ctx.route {
        Route::Bank { bank, .. } => bank.as_ref(),
        _ => None,
    };
    let found = banks.iter().find(|bank| Some(&bank.id) == wanted);
    found.or(banks.first()).copied()
}

/// The experience in the route.
fn chosen_experience<'a>(ctx: &Ctx<'a>) -> Option<&'a ExperienceId> {
    match ctx.route {
        Route::Bank { experience, .. } => experience.as_ref(),
        _ => None,
    }
}

/// Shows an experience, or none.
fn choose(ctx: &Ctx<'_>, bank: &BankId, experience: Option<ExperienceId>) {
    ctx.go(Route::Bank {
        bank: Some(bank.clone()),
        experience,
    });
}
