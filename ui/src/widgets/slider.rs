//! A slider: a number that one finds by trying.

use std::ops::RangeInclusive;

use egui::{Response, Slider, Ui};

use super::number_field;
use crate::theme::Tokens;

/// Height of the handle's row: it needs no more to be caught.
const HEIGHT: f32 = 22.0;

/// A number between two ends, in steps of `step`, dragged or typed. `label` is for screen readers and tests.
pub fn slider(
    ui: &mut Ui,
    tokens: &Tokens,
    value: &mut f64,
    range: RangeInclusive<f64>,
    step: f64,
    label: &str,
) -> Response {
    ui.horizontal(|ui| {
        let slider = Slider::new(value, range.clone())
            .step_by(step)
            .show_value(false);
        let dragged = ui
            .scope(|ui| {
                ui.spacing_mut().interact_size.y = HEIGHT;
                ui.add(slider).accessible_name(tokens.say(label))
            })
            .inner;
        dragged | number_field(ui, tokens, value, range, "", label)
    })
    .inner
}
