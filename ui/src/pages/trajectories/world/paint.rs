//! From layout to shapes.

use egui::{Align2, Color32, CornerRadius, FontId, Painter, Rect, Stroke, StrokeKind, pos2};

use super::layout::{LINE, PADDING};
use super::model::{Known, Place, Thing};
use crate::theme::Tokens;
use crate::widgets::Icon;

/// Left and right of the words of a tile.
const SIDE: f32 = 9.0;

/// One place: its name, what is in it, and whether the agent stands there.
pub(super) fn tile(painter: &Painter, tokens: &Tokens, rect: Rect, place: &Place, here: bool) {
    let color = &tokens.color;
    let (fill, line, name) = match (here, place.known) {
        (true, _) => (
            color.surface.selected,
            Stroke::new(1.5, color.accent.fill),
            color.accent.text,
        ),
        (false, Known::Nothing) => (
            Color32::TRANSPARENT,
            Stroke::new(1.0, color.border.subtle),
            color.text.muted,
        ),
        (false, _) => (
            color.surface.card,
            Stroke::new(1.0, color.border.strong),
            color.text.body,
        ),
    };
    let rounding = CornerRadius::same(tokens.radius.m);
    painter.rect(rect, rounding, fill, line, StrokeKind::Inside);
    let mut top = rect.top() + PADDING;
    words(painter, &place.name, tokens.label_font(), name, rect, top);
    sign(painter, tokens, rect, place, here);
    top += LINE;
    for thing in &place.things {
        let at = pos2(rect.left() + SIDE + 3.0, top + LINE / 2.0);
        painter.circle_filled(at, 2.0, color.neutral.fill);
        let inside = rect.with_min_x(rect.left() + 9.0);
        thing_words(painter, tokens, thing, inside, top);
        top += LINE;
    }
}

/// At the right of the name: the agent, or why nothing is listed.
fn sign(painter: &Painter, tokens: &Tokens, rect: Rect, place: &Place, here: bool) {
    let color = &tokens.color;
    let middle = pos2(rect.right() - 13.0, rect.top() + PADDING + LINE / 2.0);
    if here {
        painter.circle_filled(middle, 4.5, color.accent.fill);
        return;
    }
    let text = match place.known {
        Known::Nothing => "?",
        Known::Closed => {
            let area = Rect::from_center_size(middle, egui::Vec2::splat(11.0));
            Icon::Stop.paint(painter, area, color.text.muted);
            return;
        }
        Known::Seen => return,
    };
    let font = tokens.small_font();
    painter.text(middle, Align2::CENTER_CENTER, text, font, color.text.muted);
}

fn thing_words(painter: &Painter, tokens: &Tokens, thing: &Thing, rect: Rect, top: f32) {
    let ink = if thing.marks.is_empty() {
        tokens.color.text.muted
    } else {
        tokens.color.success.text
    };
    let text = in_words(thing);
    words(painter, &text, tokens.small_font(), ink, rect, top);
}

/// `egg 2, cool`.
pub(super) fn in_words(thing: &Thing) -> String {
    let mut words = vec![thing.name.as_str()];
    words.extend(&thing.marks);
    words.join(", ")
}

fn words(painter: &Painter, text: &str, font: FontId, ink: Color32, rect: Rect, top: f32) {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, ink);
    let room = rect.width() - 2.0 * SIDE - 10.0;
    job.wrap = egui::text::TextWrapping::truncate_at_width(room.max(20.0));
    let galley = painter.layout_job(job);
    let at = pos2(rect.left() + SIDE, top + (LINE - galley.size().y) / 2.0);
    painter.galley(at, galley, ink);
}
