//! A slider: a number that one finds by trying.

use std::ops::RangeInclusive;

use egui::{Response, Slider, Ui};

use crate::theme::Tokens;

/// A number between two ends, in steps of `step`. `label` is for screen readers and tests.
pub fn slider(
    ui: &mut Ui,
    tokens: &Tokens,
    value: &mut f64,
    range: RangeInclusive<f64>,
    step: f64,
    label: &str,
) -> Response {
    let slider = Slider::new(value, range).step_by(step).fixed_decimals(2);
    ui.add(slider).accessible_name(tokens.say(label))
}
