//! How everything looks: the only place where colours, sizes and fonts are named.
//!
//! The values are data (`assets/theme*.json`); [`Tokens`] gives them names, [`Theme`] holds the
//! light and the dark set, and `apply` turns them into egui's style for the few of egui's own
//! widgets that are used.

mod apply;
mod contrast;
mod fonts;
mod tokens;

pub use contrast::contrast;
pub use tokens::{
    Accent, Border, Colors, Paint, Radius, Sizes, Space, Surface, TextColors, TextScale, Tokens,
    ToneColors,
};

/// The light and the dark tokens.
#[derive(Clone, Debug)]
pub struct Theme {
    /// For light surroundings.
    pub light: Tokens,
    /// For dark surroundings.
    pub dark: Tokens,
}

impl Theme {
    /// The tokens that are built into the program.
    pub fn embedded() -> Self {
        Self {
            light: Tokens::embedded(false),
            dark: Tokens::embedded(true),
        }
    }

    /// Names everything in `language` from now on.
    pub fn speak(&mut self, language: lore_protocol::Language) {
        let words = crate::words::Words::of(language);
        self.light.words = words.clone();
        self.dark.words = words;
    }

    /// The tokens for what `ctx` shows now.
    pub fn current(&self, ctx: &egui::Context) -> &Tokens {
        match ctx.theme() {
            egui::Theme::Dark => &self.dark,
            egui::Theme::Light => &self.light,
        }
    }

    /// Installs fonts and styles; once, at start.
    pub fn install(&self, ctx: &egui::Context) {
        fonts::install(ctx);
        ctx.set_style_of(egui::Theme::Light, apply::style(&self.light));
        ctx.set_style_of(egui::Theme::Dark, apply::style(&self.dark));
    }
}
