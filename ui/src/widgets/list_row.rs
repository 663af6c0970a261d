//! The row of every list: a picture, a title, a line under it, something at the right.

use std::borrow::Cow;

use egui::accesskit::Role;
use egui::{
    Align2, Color32, CornerRadius, Rect, Response, Sense, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::{Badge, Icon, Tone, paint};
use crate::theme::Tokens;

/// A row that can be clicked.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a property of its own, set by name"
)]
#[must_use = "a row is there once `show` was called"]
pub struct ListRow<'a> {
    title: &'a str,
    subtitle: &'a str,
    icon: Option<(Icon, Option<Color32>)>,
    badge: Option<(&'a str, Tone)>,
    note: &'a str,
    selected: bool,
    chevron: bool,
    inert: bool,
    verbatim: bool,
}

impl<'a> ListRow<'a> {
    /// A row with a title.
    pub fn new(title: &'a str) -> Self {
        Self {
            title,
            subtitle: "",
            icon: None,
            badge: None,
            note: "",
            selected: false,
            chevron: false,
            inert: false,
            verbatim: false,
        }
    }

    /// A second line.
    pub fn subtitle(mut self, text: &'a str) -> Self {
        self.subtitle = text;
        self
    }

    /// A picture at the left.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some((icon, None));
        self
    }

    /// A picture at the left in a colour of its own.
    pub fn tinted_icon(mut self, icon: Icon, color: Color32) -> Self {
        self.icon = Some((icon, Some(color)));
        self
    }

    /// A badge at the right.
    pub fn badge(mut self, text: &'a str, tone: Tone) -> Self {
        self.badge = Some((text, tone));
        self
    }

    /// A muted word at the right.
    pub fn note(mut self, text: &'a str) -> Self {
        self.note = text;
        self
    }

    /// Drawn as chosen.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// Shows that a click leads somewhere.
    pub fn chevron(mut self) -> Self {
        self.chevron = true;
        self
    }

    /// A row that only tells something and cannot be clicked.
    pub fn inert(mut self) -> Self {
        self.inert = true;
        self
    }

    /// A row whose title a world or a person wrote: it is shown as it is, whatever the language.
    pub fn verbatim(mut self) -> Self {
        self.verbatim = true;
        self
    }

    /// Puts the row there, as wide as there is room.
    pub fn show(self, ui: &mut Ui, tokens: &Tokens) -> Response {
        let title = if self.verbatim {
            Cow::Borrowed(self.title)
        } else {
            tokens.say(self.title)
        };
        let (subtitle, note) = (tokens.say(self.subtitle), tokens.say(self.note));
        let said = ListRow {
            title: &title,
            subtitle: &subtitle,
            note: &note,
            ..self
        };
        said.show_said(ui, tokens)
    }

    /// With its words in the language somebody chose.
    fn show_said(self, ui: &mut Ui, tokens: &Tokens) -> Response {
        let extra = if self.subtitle.is_empty() { 0.0 } else { 16.0 };
        let size = vec2(ui.available_width(), tokens.size.row + extra);
        let (rect, response) = ui.allocate_exact_size(
            size,
            if self.inert {
                Sense::hover()
            } else {
                Sense::click()
            },
        );
        response.widget_info(|| {
            let enabled = ui.is_enabled();
            WidgetInfo::selected(Role::ListItem, enabled, self.selected, self.title)
        });
        if !self.subtitle.is_empty() {
            ui.ctx().accesskit_node_builder(response.id, |node| {
                node.set_description(self.subtitle);
            });
        }
        if ui.is_rect_visible(rect) {
            let fill = if self.inert {
                Color32::TRANSPARENT
            } else {
                paint::state_fill(&response, tokens, self.selected)
            };
            let rounding = CornerRadius::same(tokens.radius.m);
            ui.painter().rect_filled(rect, rounding, fill);
            self.paint(ui, tokens, rect);
            paint::focus_ring(ui, &response, tokens, tokens.radius.m);
        }
        response
    }

    fn paint(&self, ui: &Ui, tokens: &Tokens, rect: Rect) {
        let color = &tokens.color;
        let painter = ui.painter();
        let inner = rect.shrink2(vec2(tokens.space.m, 0.0));
        let (mut left, mut right) = (inner.left(), inner.right());
        let middle = rect.center().y;
        if let Some((icon, tint)) = self.icon {
            let size = tokens.size.icon;
            let at = pos2(left + size / 2.0, middle);
            let rest = if self.selected {
                color.accent.text
            } else {
                color.text.muted
            };
            let area = Rect::from_center_size(at, Vec2::splat(size));
            icon.paint(painter, area, tint.unwrap_or(rest));
            left += size + tokens.space.m;
        }
        if self.chevron {
            let size = tokens.size.icon_small;
            let at = pos2(right - size / 2.0, middle);
            let area = Rect::from_center_size(at, Vec2::splat(size));
            Icon::ChevronRight.paint(painter, area, color.text.muted);
            right -= size + tokens.space.s;
        }
        if let Some((text, tone)) = self.badge {
            let badge = Badge::new(text, tone);
            right -= badge.width(ui, tokens);
            badge.paint(ui, tokens, pos2(right, middle));
            right -= tokens.space.s;
        }
        if !self.note.is_empty() {
            let font = tokens.small_font();
            let note = painter.layout_no_wrap(self.note.to_owned(), font, color.text.muted);
            let width = note.size().x;
            paint::galley_at(painter, note, pos2(right, middle), Align2::RIGHT_CENTER);
            right -= width + tokens.space.s;
        }
        let width = right - left;
        let title_color = if self.selected {
            color.accent.text
        } else {
            color.text.body
        };
        let title = paint::elided(painter, self.title, tokens.label_font(), title_color, width);
        if self.subtitle.is_empty() {
            paint::galley_at(painter, title, pos2(left, middle), Align2::LEFT_CENTER);
            return;
        }
        let subtitle = paint::elided(
            painter,
            self.subtitle,
            tokens.small_font(),
            color.text.muted,
            width,
        );
        paint::galley_at(
            painter,
            title,
            pos2(left, middle - 1.0),
            Align2::LEFT_BOTTOM,
        );
        paint::galley_at(
            painter,
            subtitle,
            pos2(left, middle + 2.0),
            Align2::LEFT_TOP,
        );
    }
}
