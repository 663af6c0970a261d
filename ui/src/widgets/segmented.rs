//! Segmented controls: one of a few choices, all in view.

use egui::accesskit::Role;
use egui::{
    Align2, Color32, CornerRadius, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};

use super::paint;
use crate::theme::Tokens;

/// One of `choices`, each a value and its word; `label` names the group. The response changed when
/// another was picked.
pub fn segmented<T: Copy + PartialEq>(
    ui: &mut Ui,
    tokens: &Tokens,
    value: &mut T,
    choices: &[(T, &str)],
    label: &str,
) -> Response {
    let label = &*tokens.say(label);
    let pad = tokens.space.m;
    let widths: Vec<f32> = choices
        .iter()
        .map(|(_, word)| {
            let text = tokens.say(word).into_owned();
            let galley =
                ui.painter()
                    .layout_no_wrap(text, tokens.label_font(), Color32::PLACEHOLDER);
            galley.size().x + 2.0 * pad
        })
        .collect();
    let size = vec2(widths.iter().sum::<f32>() + 4.0, tokens.size.control);
    let (rect, mut group) = ui.allocate_exact_size(size, Sense::hover());
    group.widget_info(|| WidgetInfo::labeled(Role::RadioGroup, true, label));
    let rounding = CornerRadius::same(tokens.radius.m);
    ui.painter().rect(
        rect,
        rounding,
        tokens.color.surface.sunken,
        Stroke::new(1.0, tokens.color.border.subtle),
        StrokeKind::Inside,
    );
    let mut left = rect.left() + 2.0;
    for ((choice, word), width) in choices.iter().zip(widths) {
        let piece = Rect::from_min_size(pos2(left, rect.top() + 2.0), vec2(width, size.y - 4.0));
        left += width;
        let response = piece_ui(
            ui,
            tokens,
            piece,
            word,
            *choice == *value,
            group.id.with(word),
        );
        if response.clicked() && *choice != *value {
            *value = *choice;
            group.mark_changed();
        }
    }
    group
}

fn piece_ui(
    ui: &Ui,
    tokens: &Tokens,
    rect: Rect,
    word: &str,
    chosen: bool,
    id: egui::Id,
) -> Response {
    let word = &*tokens.say(word);
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), chosen, word));
    let color = &tokens.color;
    let rounding = CornerRadius::same(tokens.radius.s);
    let painter = ui.painter();
    if chosen {
        let line = Stroke::new(1.0, color.border.strong);
        painter.rect(rect, rounding, color.surface.card, line, StrokeKind::Inside);
    } else {
        painter.rect_filled(rect, rounding, paint::state_fill(&response, tokens, false));
    }
    let ink = if chosen {
        color.text.body
    } else {
        color.text.muted
    };
    let galley = painter.layout_no_wrap(word.to_owned(), tokens.label_font(), ink);
    paint::galley_at(painter, galley, rect.center(), Align2::CENTER_CENTER);
    paint::focus_ring(ui, &response, tokens, tokens.radius.s);
    response
}
