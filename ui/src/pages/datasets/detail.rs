//! One data set: its numbers, its kinds of task, its episodes, and what can be done with it.

use egui::Ui;
use lore_core::{DatasetId, DatasetInfo, DatasetKind};
use lore_protocol::{DatasetRequest, Request, Source};

use super::agreement::AgreementView;
use super::bank_form::BankForm;
use super::counts::Counts;
use super::inspect::{file_name, rejected_ui};
use super::items::Items;
use super::leaks::Leaks;
use super::types::types_ui;
use crate::command::{Action, Order};
use crate::context::Ctx;
use crate::parts::{ExportEpisodes, action_error_ui};
use crate::text;
use crate::widgets::{
    Badge, Button, Card, Icon, Menu, Tone, columns, menu_item, split_row, stat_tile, text_field,
};
use crate::{Route, format};

/// View state.
#[derive(Debug, Default)]
pub(super) struct Detail {
    /// The one in view; another one closes what was open.
    shown: DatasetId,
    new_name: Option<String>,
    bank: BankForm,
    agreement: AgreementView,
    export: ExportEpisodes,
    leaks: Leaks,
    counts: Counts,
    items: Items,
}

/// Where the deletion's error is shown.
pub(super) fn delete_place(id: &DatasetId) -> String {
    format!("datasets/delete/{id}")
}

impl Detail {
    /// Does what was asked for by keys or from the list of commands.
    pub(super) fn obey(&mut self, order: Order) {
        match order {
            Order::NewOther => self.bank.open = !self.bank.open,
            Order::Export => self.export.open = !self.export.open,
            Order::Ask => self.agreement.open = !self.agreement.open,
            order => self.items.obey(order),
        }
    }

    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        if self.shown != dataset.id {
            *self = Self {
                shown: dataset.id.clone(),
                ..Self::default()
            };
        }
        self.header_ui(ctx, ui, dataset);
        action_error_ui(ctx, ui, &delete_place(&dataset.id));
        self.bank.ui(ctx, ui, dataset);
        let is_games = dataset.kind == DatasetKind::Games;
        if !is_games {
            let source = Source::Dataset {
                id: dataset.id.clone(),
            };
            self.export.ui(ctx, ui, &source, &dataset.name);
            self.agreement.ui(ctx, ui, dataset);
        }
        numbers_ui(ctx, ui, dataset);
        types_ui(ctx, ui, dataset);
        if !is_games {
            self.leaks.ui(ctx, ui, dataset);
            self.counts.ui(ctx, ui, dataset);
        }
        self.items.ui(ctx, ui, dataset);
        report_ui(ctx, ui, dataset);
    }

    fn header_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        let tokens = ctx.tokens;
        if self.new_name.is_some() {
            ui.horizontal(|ui| self.rename_ui(ctx, ui, dataset));
        } else {
            split_row(
                ui,
                |ui| {
                    ui.add_space(3.0);
                    ui.add(egui::Label::new(tokens.title(&dataset.name)).truncate())
                        .on_hover_text(&dataset.name);
                },
                |ui| self.menu_ui(ctx, ui, dataset),
            );
        }
        ui.horizontal(|ui| {
            let kind = match dataset.kind {
                DatasetKind::Trajectories => "episodes",
                DatasetKind::Games => "games",
            };
            Badge::new(kind, Tone::Neutral).show(ui, tokens);
            let from = format!(
                "From {} · {}",
                file_name(&dataset.source),
                format::date(dataset.created_ms)
            );
            ui.label(tokens.small(from)).on_hover_text(&dataset.source);
        });
        if dataset.kind == DatasetKind::Trajectories {
            ui.horizontal_wrapped(|ui| self.buttons_ui(ctx, ui, dataset));
        }
    }

    fn menu_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        let tokens = ctx.tokens;
        let more = Button::icon_only(Icon::More, "More").show(ui, tokens);
        Menu::show(&more, |ui| {
            if menu_item(ui, tokens, Icon::File, "Rename…") {
                self.new_name = Some(dataset.name.clone());
            }
            if menu_item(ui, tokens, Icon::Trash, "Delete") {
                delete(ctx, dataset);
            }
        });
    }

    /// What can be done with episodes.
    fn buttons_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        let tokens = ctx.tokens;
        let toggle = |ui: &mut Ui, open: &mut bool, words, icon, hover| {
            let button = Button::secondary(words).icon(icon).selected(*open);
            if button.hover(hover).show(ui, tokens).clicked() {
                *open = !*open;
            }
        };
        let hover = "Keep these episodes so that an agent can be reminded of them";
        toggle(ui, &mut self.bank.open, "Build a bank", Icon::Bank, hover);
        let train = Button::secondary("Train on it")
            .icon(Icon::Flask)
            .hover("Fine-tune a model on these episodes");
        if train.show(ui, tokens).clicked() {
            ctx.go(Route::Train(Some(dataset.id.clone())));
        }
        let hover = "Would it have done what these episodes did? Needs no world";
        let open = &mut self.agreement.open;
        toggle(ui, open, "Ask an agent", Icon::Check, hover);
        let hover = "Writes the episodes for other programs";
        toggle(ui, &mut self.export.open, "Export", Icon::Export, hover);
    }

    fn rename_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        let tokens = ctx.tokens;
        let Some(name) = &mut self.new_name else {
            return;
        };
        ui.scope(|ui| {
            ui.set_max_width((ui.available_width() - 190.0).max(120.0));
            text_field(ui, tokens, name, "New name", &dataset.name);
        });
        let new = name.trim().to_owned();
        let save = Button::primary("Save").enabled(!new.is_empty(), "Write a name first");
        let saved = save.show(ui, tokens).clicked();
        if saved {
            let id = dataset.id.clone();
            let request = Request::Dataset(DatasetRequest::Rename { id, name: new });
            ctx.act(Action::new(
                format!("datasets/rename/{}", dataset.id),
                request,
            ));
        }
        if saved || Button::quiet("Cancel").show(ui, tokens).clicked() {
            self.new_name = None;
        }
    }
}

fn delete(ctx: &Ctx<'_>, dataset: &DatasetInfo) {
    let id = dataset.id.clone();
    let request = Request::Dataset(DatasetRequest::Delete { id: id.clone() });
    let restore = Request::Dataset(DatasetRequest::Restore { id: id.clone() });
    let action = Action::new(delete_place(&id), request)
        .say(format!("{} deleted", dataset.name))
        .undo_with(restore);
    ctx.act(action);
}

fn numbers_ui(ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
    let tokens = ctx.tokens;
    let items = dataset.num_items.max(1) as f64;
    let size = format::bytes(dataset.num_bytes);
    let fingerprint = format!("content {}", format::hash(&dataset.content_hash));
    if dataset.kind == DatasetKind::Games {
        columns(ui, tokens, &[1.0; 3], 110.0, |ui, index| {
            let (label, value, note) = match index {
                0 => ("Games", format::count(dataset.num_items), ""),
                1 => ("Kinds of task", dataset.types.len().to_string(), ""),
                _ => ("On disk", size.clone(), fingerprint.as_str()),
            };
            stat_tile(ui, tokens, label, &value, note, "");
        });
        return;
    }
    let copies = copies(dataset);
    let solved = dataset.num_successes as f64 / items;
    columns(ui, tokens, &[1.0; 4], 110.0, |ui, index| {
        let (label, value, note, meaning) = match index {
            0 => (
                "Episodes",
                format::count(dataset.num_items),
                copies.as_str(),
                text::DUPLICATES.meaning,
            ),
            1 => ("Solved", format::percent(solved), "", text::OUTCOME.meaning),
            2 => (
                "Actions",
                format!("{:.1}", dataset.num_steps as f64 / items),
                "each, on average",
                "How many things the agent did before the episode ended",
            ),
            _ => (
                "On disk",
                size.clone(),
                fingerprint.as_str(),
                text::CONTENT_HASH.meaning,
            ),
        };
        stat_tile(ui, tokens, label, &value, note, meaning);
    });
}

/// `14 duplicates · 8 near-twins`; empty when there are none.
fn copies(dataset: &DatasetInfo) -> String {
    let counted = [
        (dataset.num_duplicates, "duplicate", "duplicates"),
        (dataset.num_near_duplicates, "near-twin", "near-twins"),
    ];
    let words = counted
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format::counted(count, one, many));
    words.collect::<Vec<_>>().join(" · ")
}

fn report_ui(ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
    if dataset.report.num_rejected > 0 {
        Card::titled("What did not come in").show(ui, ctx.tokens, |ui| {
            rejected_ui(ctx, ui, &dataset.report);
        });
    }
}
