//! Text fields and number fields, named for screen readers.

use egui::emath::Numeric;
use egui::{DragValue, Key, KeyboardShortcut, Margin, Modifiers, Response, TextEdit, Ui, vec2};

use crate::theme::Tokens;

/// One line of text. `label` is for screen readers and tests.
pub fn text_field(
    ui: &mut Ui,
    tokens: &Tokens,
    text: &mut String,
    label: &str,
    hint: &str,
) -> Response {
    let width = ui.available_width().min(420.0);
    let edit = TextEdit::singleline(text)
        .hint_text(tokens.muted(hint))
        .margin(Margin::symmetric(10, 7))
        .desired_width(width)
        .min_size(vec2(0.0, tokens.size.control));
    ui.add(edit).accessible_name(tokens.say(label))
}

/// Several lines of text.
pub fn text_area(
    ui: &mut Ui,
    tokens: &Tokens,
    text: &mut String,
    label: &str,
    hint: &str,
    rows: usize,
) -> Response {
    let edit = area(ui, tokens, text, hint, rows);
    ui.add(edit).accessible_name(tokens.say(label))
}

/// Several lines of text that Enter is done with: Shift and Enter begins another line.
pub fn message_area(
    ui: &mut Ui,
    tokens: &Tokens,
    text: &mut String,
    label: &str,
    hint: &str,
    rows: usize,
) -> Response {
    let line = KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter);
    let edit = area(ui, tokens, text, hint, rows).return_key(line);
    ui.add(edit).accessible_name(tokens.say(label))
}

fn area<'t>(
    ui: &Ui,
    tokens: &Tokens,
    text: &'t mut String,
    hint: &str,
    rows: usize,
) -> TextEdit<'t> {
    TextEdit::multiline(text)
        .hint_text(tokens.muted(hint))
        .margin(Margin::symmetric(10, 8))
        .desired_rows(rows)
        .desired_width(ui.available_width())
}

/// A number with limits; dragged, typed, or stepped with the arrow keys.
pub fn number_field<N: Numeric>(
    ui: &mut Ui,
    tokens: &Tokens,
    value: &mut N,
    range: std::ops::RangeInclusive<N>,
    unit: &str,
    label: &str,
) -> Response {
    let span = range.end().to_f64() - range.start().to_f64();
    let speed = if N::INTEGRAL {
        (span / 400.0).clamp(0.05, 10.0)
    } else {
        span / 1000.0
    };
    let suffix = if unit.is_empty() {
        String::new()
    } else {
        format!(" {}", tokens.say(unit))
    };
    let drag = DragValue::new(value)
        .range(range)
        .speed(speed)
        .suffix(suffix);
    ui.add_sized(vec2(120.0, tokens.size.control), drag)
        .accessible_name(tokens.say(label))
}
