//! Counts as horizontal bars, with the part that went well filled in.

use egui::{Align2, CornerRadius, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{Explain as _, paint};
use crate::format;
use crate::theme::Tokens;

/// One bar.
#[derive(Clone, Debug)]
pub struct CountBar {
    /// What is counted.
    pub label: String,
    /// How many.
    pub count: u64,
    /// How many of them went well; `None` where that has no meaning.
    pub successes: Option<u64>,
    /// The count that takes the whole width, so that bars in different rows compare.
    pub most: u64,
}

/// A bar as wide as there is room: name, length, count.
pub fn count_bar(ui: &mut Ui, tokens: &Tokens, bar: &CountBar) {
    let width = ui.available_width();
    let (rect, response) = ui.allocate_exact_size(vec2(width, 26.0), Sense::hover());
    let words = words(bar);
    response.widget_info(|| {
        WidgetInfo::labeled(
            egui::accesskit::Role::Label,
            true,
            format!("{}: {}", tokens.say(&bar.label), tokens.say(&words)),
        )
    });
    let color = &tokens.color;
    let painter = ui.painter();
    let label_width = (width * 0.38).min(190.0);
    let count_width = 56.0;
    let middle = rect.center().y;
    let label = paint::elided(
        painter,
        &tokens.say(&bar.label),
        tokens.body_font(),
        color.text.body,
        label_width,
    );
    paint::galley_at(painter, label, rect.left_center(), Align2::LEFT_CENTER);
    let left = rect.left() + label_width + tokens.space.s;
    let full = (rect.right() - count_width - left).max(10.0);
    let length =
        |n: u64| (n as f32 / bar.most.max(1) as f32 * full).max(if n > 0 { 3.0 } else { 0.0 });
    let piece = |n: u64| Rect::from_min_size(pos2(left, middle - 5.0), vec2(length(n), 10.0));
    let rounding = CornerRadius::same(3);
    let quiet = color.neutral.fill.gamma_multiply(0.45);
    match bar.successes {
        Some(successes) => {
            painter.rect_filled(piece(bar.count), rounding, quiet);
            painter.rect_filled(piece(successes), rounding, color.success.fill);
        }
        None => {
            painter.rect_filled(piece(bar.count), rounding, color.accent.fill);
        }
    }
    let count = format::count(bar.count);
    let count = painter.layout_no_wrap(count, tokens.body_font(), color.text.muted);
    paint::galley_at(painter, count, rect.right_center(), Align2::RIGHT_CENTER);
    response.explain(tokens, &words);
}

fn words(bar: &CountBar) -> String {
    match bar.successes {
        Some(successes) => format!(
            "{} in all, {} reached the goal",
            format::count(bar.count),
            format::count(successes)
        ),
        None => format::count(bar.count),
    }
}
