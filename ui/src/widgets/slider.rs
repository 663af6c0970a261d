//! A slider: a number that one finds by trying.

use std::ops::RangeInclusive;

use egui::{DragValue, Response, Slider, Ui, vec2};

use crate::theme::Tokens;

/// Height of the handle's row: it needs no more to be caught.
const HEIGHT: f32 = 22.0;

/// Width of the number.
const WIDTH: f32 = 72.0;

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
        let number = DragValue::new(value)
            .range(range)
            .speed(step / 4.0)
            .fixed_decimals(2);
        let typed = ui.add_sized(vec2(WIDTH, tokens.size.control), number);
        dragged | typed.accessible_name(tokens.say(label))
    })
    .inner
}
