//! Buttons: one primary on a page, secondary for the rest, quiet inside rows, danger for what destroys.

use egui::accesskit::Role;
use egui::{
    Align2, Color32, CornerRadius, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::{Icon, paint};
use crate::theme::Tokens;

/// How much a button asks for attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Primary,
    Secondary,
    Quiet,
    Danger,
}

/// A button.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, set by a builder method of its name"
)]
#[must_use = "a button is there once `show` was called"]
pub struct Button<'a> {
    text: &'a str,
    icon: Option<Icon>,
    kind: Kind,
    enabled: bool,
    busy: bool,
    selected: bool,
    icon_only: bool,
    large: bool,
    full_width: bool,
    hover: Option<&'a str>,
    why_not: Option<&'a str>,
}

impl<'a> Button<'a> {
    fn new(text: &'a str, kind: Kind) -> Self {
        Self {
            text,
            icon: None,
            kind,
            enabled: true,
            busy: false,
            selected: false,
            icon_only: false,
            large: false,
            full_width: false,
            hover: None,
            why_not: None,
        }
    }

    /// What a page is there for; one a page.
    pub fn primary(text: &'a str) -> Self {
        Self::new(text, Kind::Primary)
    }

    /// Everything else.
    pub fn secondary(text: &'a str) -> Self {
        Self::new(text, Kind::Secondary)
    }

    /// Without a frame, inside rows and cards.
    pub fn quiet(text: &'a str) -> Self {
        Self::new(text, Kind::Quiet)
    }

    /// What destroys something.
    pub fn danger(text: &'a str) -> Self {
        Self::new(text, Kind::Danger)
    }

    /// A picture alone; `text` is what screen readers and the hover say.
    pub fn icon_only(icon: Icon, text: &'a str) -> Self {
        Self {
            icon: Some(icon),
            icon_only: true,
            hover: Some(text),
            ..Self::new(text, Kind::Quiet)
        }
    }

    /// A picture before the text.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// What it does, on hover.
    pub fn hover(mut self, text: &'a str) -> Self {
        self.hover = Some(text);
        self
    }

    /// Can be used only if `enabled`; `why_not` is said on hover otherwise.
    pub fn enabled(mut self, enabled: bool, why_not: &'a str) -> Self {
        self.enabled = enabled;
        self.why_not = Some(why_not);
        self
    }

    /// Shows that what it does is under way; it cannot be used meanwhile.
    pub fn busy(mut self, busy: bool) -> Self {
        self.busy = busy;
        self
    }

    /// Drawn as switched on.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// For the one big button of an empty page.
    pub fn large(mut self) -> Self {
        self.large = true;
        self
    }

    /// As wide as there is room.
    pub fn full_width(mut self) -> Self {
        self.full_width = true;
        self
    }

    /// Puts the button there.
    pub fn show(self, ui: &mut Ui, tokens: &Tokens) -> Response {
        let (text, hover, why_not) = (
            tokens.say(self.text),
            self.hover.map(|text| tokens.say(text)),
            self.why_not.map(|text| tokens.say(text)),
        );
        let said = Button {
            text: &text,
            hover: hover.as_deref(),
            why_not: why_not.as_deref(),
            ..self
        };
        said.show_said(ui, tokens)
    }

    /// With its words in the language somebody chose.
    fn show_said(self, ui: &mut Ui, tokens: &Tokens) -> Response {
        let usable = self.enabled && !self.busy;
        // A scope of its own would keep the button from wrapping to the next line.
        let response = if usable {
            self.show_enabled(ui, tokens)
        } else {
            ui.add_enabled_ui(false, |ui| self.show_enabled(ui, tokens))
                .inner
        };
        match (usable, self.why_not, self.hover) {
            (false, Some(why), _) if !self.enabled && !why.is_empty() => {
                response.on_disabled_hover_text(why)
            }
            (true, _, Some(hover)) => response.on_hover_text(hover),
            _ => response,
        }
    }

    fn show_enabled(&self, ui: &mut Ui, tokens: &Tokens) -> Response {
        let height = tokens.size.control + if self.large { 8.0 } else { 0.0 };
        let padding = if self.large { 20.0 } else { tokens.space.m };
        let galley = (!self.icon_only).then(|| {
            let text = self.text.to_owned();
            ui.painter()
                .layout_no_wrap(text, tokens.label_font(), Color32::PLACEHOLDER)
        });
        let text_width = galley.as_ref().map_or(0.0, |galley| galley.size().x);
        let icon_size = tokens.size.icon_small + 1.0;
        let icon_width = match (self.has_icon(), self.icon_only) {
            (true, true) => icon_size,
            (true, false) => icon_size + 7.0,
            (false, _) => 0.0,
        };
        let content = text_width + icon_width;
        let width = if self.full_width {
            ui.available_width()
        } else if self.icon_only {
            height
        } else {
            content + 2.0 * padding
        };
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
        response.widget_info(|| self.info(ui.is_enabled()));
        if !ui.is_rect_visible(rect) {
            return response;
        }
        let color = self.paint_frame(ui, &response, tokens);
        let mut x = rect.center().x - content / 2.0;
        if icon_width > 0.0 {
            let center = pos2(x + icon_size / 2.0, rect.center().y);
            let area = egui::Rect::from_center_size(center, egui::Vec2::splat(icon_size));
            if self.busy {
                super::spinner_at(ui, area, color);
            } else if let Some(icon) = self.icon {
                icon.paint(ui.painter(), area, color);
            }
            x += icon_width;
        }
        if let Some(galley) = galley {
            let at = pos2(x, rect.center().y);
            let at = Align2::LEFT_CENTER.anchor_size(at, galley.size()).min;
            ui.painter()
                .galley_with_override_text_color(at, galley, color);
        }
        response
    }

    fn has_icon(&self) -> bool {
        self.icon.is_some() || self.busy
    }

    fn info(&self, enabled: bool) -> WidgetInfo {
        if self.selected {
            WidgetInfo::selected(Role::Button, enabled, true, self.text)
        } else {
            WidgetInfo::labeled(Role::Button, enabled, self.text)
        }
    }

    /// Paints what is behind the text and returns the colour of the text.
    fn paint_frame(&self, ui: &Ui, response: &Response, tokens: &Tokens) -> Color32 {
        let color = &tokens.color;
        let down = response.is_pointer_button_down_on();
        let over = response.hovered();
        let (fill, line, text) = match self.kind {
            Kind::Primary => {
                let fill = match (down, over) {
                    (true, _) => color.accent.pressed,
                    (_, true) => color.accent.hover,
                    _ => color.accent.fill,
                };
                (fill, Stroke::NONE, color.text.on_fill)
            }
            Kind::Danger => (color.danger.fill, Stroke::NONE, color.text.on_fill),
            Kind::Secondary => {
                let rest = match (down || over, self.selected) {
                    (true, _) => paint::state_fill(response, tokens, false),
                    (false, true) => color.surface.selected,
                    (false, false) => color.surface.card,
                };
                let text = if self.selected {
                    color.accent.text
                } else {
                    color.text.body
                };
                (rest, Stroke::new(1.0, color.border.strong), text)
            }
            Kind::Quiet => {
                let text = match (self.selected, self.icon_only) {
                    (true, _) => color.accent.text,
                    (false, true) => color.text.muted,
                    (false, false) => color.text.body,
                };
                let fill = paint::state_fill(response, tokens, self.selected);
                (fill, Stroke::NONE, text)
            }
        };
        let rounding = CornerRadius::same(tokens.radius.m);
        let painter = ui.painter();
        painter.rect(response.rect, rounding, fill, line, StrokeKind::Inside);
        paint::focus_ring(ui, response, tokens, tokens.radius.m);
        text
    }
}
