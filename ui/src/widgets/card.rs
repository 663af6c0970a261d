//! Cards: things that belong together, on a surface of their own.

use egui::{CornerRadius, Frame, InnerResponse, Margin, Stroke, Ui, vec2};

use crate::theme::Tokens;

/// A card.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a card is there once `show` was called"]
pub struct Card<'a> {
    title: Option<&'a str>,
    subtitle: Option<&'a str>,
    tight: bool,
    highlighted: bool,
    min_height: f32,
}

impl<'a> Card<'a> {
    /// A card without a title.
    pub fn new() -> Self {
        Self::default()
    }

    /// A card with a title.
    pub fn titled(title: &'a str) -> Self {
        Self {
            title: Some(title),
            ..Self::default()
        }
    }

    /// A sentence under the title.
    pub fn subtitle(mut self, text: &'a str) -> Self {
        self.subtitle = Some(text);
        self
    }

    /// With narrow margins at the sides, for lists and tables: their rows bring margins of their
    /// own, so that their text stands under the title.
    pub fn tight(mut self) -> Self {
        self.tight = true;
        self
    }

    /// With an accented edge: what is to be done first.
    pub fn highlighted(mut self) -> Self {
        self.highlighted = true;
        self
    }

    /// At least this high, so that neighbours line up.
    pub fn min_height(mut self, height: f32) -> Self {
        self.min_height = height;
        self
    }

    /// Puts the card there, as wide as there is room.
    pub fn show<R>(
        self,
        ui: &mut Ui,
        tokens: &Tokens,
        content: impl FnOnce(&mut Ui) -> R,
    ) -> InnerResponse<R> {
        let color = &tokens.color;
        let line = if self.highlighted {
            color.accent.fill
        } else {
            color.border.subtle
        };
        let space = &tokens.space;
        let side = if self.tight { space.xs } else { space.l };
        let margin = Margin {
            left: side as i8,
            right: side as i8,
            top: space.l as i8,
            bottom: if self.tight { space.s } else { space.l } as i8,
        };
        Frame::new()
            .fill(color.surface.card)
            .stroke(Stroke::new(1.0, line))
            .corner_radius(CornerRadius::same(tokens.radius.l))
            .inner_margin(margin)
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.set_min_height((self.min_height - margin.sum().y).max(0.0));
                ui.spacing_mut().item_spacing = vec2(space.s, space.s);
                self.heading_ui(ui, tokens);
                content(ui)
            })
    }

    fn heading_ui(self, ui: &mut Ui, tokens: &Tokens) {
        if self.title.is_none() && self.subtitle.is_none() {
            return;
        }
        let inset = if self.tight { tokens.space.m } else { 0.0 };
        Frame::new()
            .inner_margin(Margin::symmetric(inset as i8, 0))
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 3.0;
                if let Some(title) = self.title {
                    ui.label(tokens.subtitle(title));
                }
                if let Some(subtitle) = self.subtitle {
                    ui.label(tokens.muted(subtitle));
                }
            });
    }
}

/// A row within a [`Card::tight`] that starts where the title does: search boxes, notes.
pub fn card_row<R>(
    ui: &mut Ui,
    tokens: &Tokens,
    content: impl FnOnce(&mut Ui) -> R,
) -> InnerResponse<R> {
    Frame::new()
        .inner_margin(Margin::symmetric(tokens.space.m as i8, 0))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            content(ui)
        })
}
