//! A drop-down list: one of many choices.

use egui::{ComboBox, Response, Ui};

use super::Icon;
use crate::theme::Tokens;

/// One of `choices`, each a value and its words. The response changed when another was picked.
pub fn choice<T: Clone + PartialEq>(
    ui: &mut Ui,
    tokens: &Tokens,
    value: &mut T,
    choices: &[(T, String)],
    label: &str,
) -> Response {
    let current = choices
        .iter()
        .find(|(choice, _)| choice == value)
        .map_or("Choose…", |(_, words)| words.as_str());
    let width = ui.available_width().min(320.0);
    let mut changed = false;
    let mut response = ComboBox::from_id_salt(label)
        .selected_text(tokens.body(current))
        .width(width)
        .truncate()
        .icon(move |ui, rect, visuals, _open| {
            let square = egui::Rect::from_center_size(rect.center(), egui::Vec2::splat(13.0));
            Icon::ChevronDown.paint(ui.painter(), square, visuals.fg_stroke.color);
        })
        .show_ui(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for (candidate, words) in choices {
                let words = tokens.say(words);
                changed |= ui
                    .selectable_value(value, candidate.clone(), &*words)
                    .changed();
            }
        })
        .response
        .accessible_name(tokens.say(label));
    if changed {
        response.mark_changed();
    }
    response
}
