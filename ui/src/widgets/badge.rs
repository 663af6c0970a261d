//! Badges: one word with a meaning.

use egui::accesskit::Role;
use egui::{Align2, CornerRadius, Rect, Response, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::{Icon, Tone, paint};
use crate::theme::Tokens;

/// One word on a soft background.
#[derive(Clone, Copy, Debug)]
#[must_use = "a badge is there once `show` was called"]
pub struct Badge<'a> {
    text: &'a str,
    tone: Tone,
    icon: Option<Icon>,
}

const HEIGHT: f32 = 22.0;
const PADDING: f32 = 8.0;
const ICON: f32 = 13.0;

impl<'a> Badge<'a> {
    /// A badge.
    pub fn new(text: &'a str, tone: Tone) -> Self {
        Self {
            text,
            tone,
            icon: None,
        }
    }

    /// A picture before the word.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Puts the badge there.
    pub fn show(self, ui: &mut Ui, tokens: &Tokens) -> Response {
        let size = vec2(self.width(ui, tokens), HEIGHT);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let text = tokens.say(self.text);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &*text));
        self.paint(ui, tokens, rect.left_center());
        response
    }

    /// How wide it will be.
    pub(super) fn width(self, ui: &Ui, tokens: &Tokens) -> f32 {
        let galley = ui.painter().layout_no_wrap(
            tokens.say(self.text).into_owned(),
            tokens.small_font(),
            self.tone.text(tokens),
        );
        let icon = self.icon.map_or(0.0, |_| ICON + 4.0);
        galley.size().x + icon + 2.0 * PADDING
    }

    /// Paints it with its left edge in the middle of `at`.
    pub(super) fn paint(self, ui: &Ui, tokens: &Tokens, at: egui::Pos2) {
        let width = self.width(ui, tokens);
        let rect = Align2::LEFT_CENTER.anchor_size(at, vec2(width, HEIGHT));
        let painter = ui.painter();
        painter.rect_filled(
            rect,
            CornerRadius::same(tokens.radius.s + 2),
            self.tone.soft(tokens),
        );
        let color = self.tone.text(tokens);
        let mut x = rect.left() + PADDING;
        if let Some(icon) = self.icon {
            let center = pos2(x + ICON / 2.0, rect.center().y);
            icon.paint(
                painter,
                Rect::from_center_size(center, Vec2::splat(ICON)),
                color,
            );
            x += ICON + 4.0;
        }
        let text = tokens.say(self.text).into_owned();
        let galley = painter.layout_no_wrap(text, tokens.small_font(), color);
        paint::galley_at(
            painter,
            galley,
            pos2(x, rect.center().y),
            Align2::LEFT_CENTER,
        );
    }
}
