//! Which bank, and its numbers.

use egui::Ui;
use lore_core::{BankId, BankInfo};
use lore_protocol::{BankRequest, Request};

use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::parts::action_error_ui;
use crate::text;
use crate::widgets::{Button, Icon, Menu, choice, columns, menu_item, right_aligned, stat_tile};
use crate::{Route, format};

/// Room for the tabs and the menu.
const TABS: f32 = 510.0;

/// Where the deletion's error is shown.
pub(super) fn delete_place(id: &BankId) -> String {
    format!("bank/delete/{id}")
}

/// The choice of a bank, the page's `tabs`, what can be done with the bank.
pub(super) fn header_ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    banks: &[&BankInfo],
    bank: &BankInfo,
    tabs: impl FnOnce(&mut Ui),
) {
    let tokens = ctx.tokens;
    ui.horizontal(|ui| {
        let mut id = bank.id.clone();
        let choices: Vec<(BankId, String)> = banks
            .iter()
            .map(|bank| (bank.id.clone(), bank.name.clone()))
            .collect();
        let width = (ui.available_width() - TABS).clamp(140.0, 300.0);
        let picked = ui
            .scope(|ui| {
                ui.set_max_width(width);
                choice(ui, tokens, &mut id, &choices, "Bank")
            })
            .inner;
        if picked.changed() {
            ctx.go(Route::Bank {
                bank: Some(id),
                experience: None,
            });
        }
        tabs(ui);
        right_aligned(ui, |ui| {
            let more = Button::icon_only(Icon::More, "More").show(ui, tokens);
            Menu::show(&more, |ui| {
                if menu_item(ui, tokens, Icon::Trash, "Delete this bank") {
                    delete(ctx, bank);
                }
            });
        });
    });
    action_error_ui(ctx, ui, &delete_place(&bank.id));
}

/// Four numbers.
pub(super) fn numbers_ui(ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo) {
    let solved = bank.num_successes as f64 / bank.num_experiences.max(1) as f64;
    let kept = format!(
        "{}, version {}",
        format::counted(bank.num_fragments, "piece", "pieces"),
        bank.version
    );
    let numbers = format!("{} numbers a key", bank.dim);
    columns(ui, ctx.tokens, &[1.0; 4], 120.0, |ui, index| {
        let (label, value, note, meaning) = match index {
            0 => (
                "Experiences",
                format::count(bank.num_experiences),
                "",
                text::EXPERIENCE.meaning,
            ),
            1 => (
                "Reached the goal",
                format::percent(solved),
                "",
                text::OUTCOME.meaning,
            ),
            2 => (
                "Kinds of task",
                bank.task_types.len().to_string(),
                numbers.as_str(),
                "Tasks are compared as lists of numbers that the embedder makes of them",
            ),
            _ => (
                "On disk",
                format::bytes(bank.num_bytes),
                kept.as_str(),
                "Pieces are put together now and then, so that searching stays quick",
            ),
        };
        stat_tile(ui, ctx.tokens, label, &value, note, meaning);
    });
}

fn delete(ctx: &Ctx<'_>, bank: &BankInfo) {
    let request = Request::Bank(BankRequest::Delete {
        bank: bank.id.clone(),
    });
    ctx.send(Command::ActLater {
        action: Box::new(Action::new(delete_place(&bank.id), request)),
        message: format!("{} will be deleted. Its data sets stay", bank.name),
    });
}
