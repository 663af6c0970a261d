//! What the columns of a table mean: guessed from their names, changed by whoever knows better.

use egui::Ui;
use lore_core::{ColumnMap, ColumnRole, FormatGuess};

use crate::context::Ctx;
use crate::format;
use crate::widgets::{Button, Field, Icon, Tone, choice, columns, field_with_help, section_title};

/// View state.
#[derive(Debug, Default)]
pub(super) struct Mapping {
    /// What somebody chose; the guess until then.
    chosen: Option<ColumnMap>,
    /// True when the columns of a file that is known otherwise are in view, too.
    open: bool,
}

impl Mapping {
    /// What somebody chose, if they did.
    pub(super) fn chosen(&self) -> Option<&ColumnMap> {
        self.chosen.as_ref()
    }

    /// Shows and takes in what the columns mean. `guess` is what the file holds as it is read now.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, guess: &FormatGuess) {
        if guess.columns.is_empty() {
            return;
        }
        let tokens = ctx.tokens;
        if !self.open && !is_read_by_columns(guess) {
            let open = Button::quiet("Say what its columns mean").icon(Icon::List);
            self.open = open.show(ui, tokens).clicked();
            return;
        }
        section_title(ui, tokens, "What the columns mean");
        let before = self.chosen.as_ref().unwrap_or(&guess.mapping);
        let mut map = before.clone();
        let half = ColumnRole::ALL.len().div_ceil(2);
        columns(ui, tokens, &[1.0; 2], 300.0, |ui, column| {
            for role in ColumnRole::ALL.iter().skip(column * half).take(half) {
                role_ui(ctx, ui, guess, *role, &mut map);
            }
        });
        let has_action = map.column(ColumnRole::Action).is_some();
        if map != *before {
            self.chosen = Some(map);
        }
        if self.chosen.is_some() {
            let again = Button::quiet("Guess again").icon(Icon::Refresh);
            if again.show(ui, tokens).clicked() {
                *self = Self::default();
            }
        }
        if !has_action {
            ui.horizontal(|ui| {
                let ink = Tone::Warning.text(tokens);
                Icon::Warning.show(ui, tokens.size.icon_small, ink);
                ui.label(tokens.body(NO_ACTION).color(ink));
            });
        }
    }
}

/// Why a table cannot come in.
const NO_ACTION: &str = "Choose the column with what the agent did";

/// True when the file is read by what its columns mean, or by nothing else.
fn is_read_by_columns(guess: &FormatGuess) -> bool {
    let is_table = !guess.columns.is_empty();
    is_table && (guess.format.is_empty() || !guess.previews.is_empty())
}

/// Which column plays a role.
fn role_ui(ctx: &Ctx<'_>, ui: &mut Ui, guess: &FormatGuess, role: ColumnRole, map: &mut ColumnMap) {
    let tokens = ctx.tokens;
    let label = format::goal(role.label());
    let about = Field {
        label: &label,
        help: role.explanation(),
        note: "",
    };
    let mut choices = vec![(None, "Not in the table".to_owned())];
    choices.extend(guess.columns.iter().enumerate().map(|(index, column)| {
        let words = match guess.samples.get(index).map(String::as_str) {
            None | Some("") => column.clone(),
            Some(sample) => format!("{column}: {sample}"),
        };
        (Some(column.clone()), words)
    }));
    let mut column = map.column(role).map(str::to_owned);
    field_with_help(ui, tokens, about, |ui| {
        let picked = choice(ui, tokens, &mut column, &choices, &label);
        if picked.changed() {
            match column {
                Some(column) => map.0.insert(role, column),
                None => map.0.remove(&role),
            };
        }
        picked
    });
}
