//! One line of a form: a label, a control, and what the control means.

use egui::{Align, Layout, Response, Ui, vec2};

use super::help;
use crate::theme::Tokens;

/// Name and meaning of a field.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// The name.
    pub label: &'a str,
    /// What it means, on hover of a question mark; may be empty.
    pub help: &'a str,
    /// What to know at once, under the control; may be empty.
    pub note: &'a str,
}

/// A label and a control; the control names itself for screen readers.
pub fn field(
    ui: &mut Ui,
    tokens: &Tokens,
    label: &str,
    control: impl FnOnce(&mut Ui) -> Response,
) -> Response {
    let field = Field {
        label,
        help: "",
        note: "",
    };
    field_with_help(ui, tokens, field, control)
}

/// A label, a question mark and a control, with a note under it. In narrow places the label stands
/// above.
pub fn field_with_help(
    ui: &mut Ui,
    tokens: &Tokens,
    field: Field<'_>,
    control: impl FnOnce(&mut Ui) -> Response,
) -> Response {
    let label_width = tokens.size.field_label;
    if ui.available_width() < label_width * 2.2 {
        return ui
            .vertical(|ui| {
                ui.spacing_mut().item_spacing.y = tokens.space.xs;
                ui.scope(|ui| {
                    // Rows are as high as controls, but this one holds only words.
                    ui.spacing_mut().interact_size.y = 20.0;
                    ui.horizontal(|ui| label_ui(ui, tokens, field));
                });
                control_ui(ui, tokens, field, control)
            })
            .inner;
    }
    ui.horizontal_top(|ui| {
        let size = vec2(label_width, tokens.size.control);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(size);
            label_ui(ui, tokens, field);
        });
        ui.vertical(|ui| control_ui(ui, tokens, field, control))
            .inner
    })
    .inner
}

fn label_ui(ui: &mut Ui, tokens: &Tokens, field: Field<'_>) {
    ui.spacing_mut().item_spacing.x = tokens.space.xs;
    ui.label(tokens.body(field.label));
    if !field.help.is_empty() {
        help(ui, tokens, field.help);
    }
}

fn control_ui(
    ui: &mut Ui,
    tokens: &Tokens,
    field: Field<'_>,
    control: impl FnOnce(&mut Ui) -> Response,
) -> Response {
    let response = control(ui);
    if !field.note.is_empty() {
        ui.label(tokens.small(field.note));
    }
    response
}
