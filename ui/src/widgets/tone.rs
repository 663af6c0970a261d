//! What a colour means.

use egui::Color32;

use super::Icon;
use crate::theme::{Tokens, ToneColors};

/// What a colour means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing.
    #[default]
    Neutral,
    /// Chosen, or at work.
    Accent,
    /// It went well.
    Success,
    /// Worth a look.
    Warning,
    /// It went wrong.
    Danger,
}

impl Tone {
    /// For text and icons.
    pub fn text(self, tokens: &Tokens) -> Color32 {
        self.colors(tokens)
            .map_or(tokens.color.accent.text, |colors| colors.text)
    }

    /// For bars and dots.
    pub fn fill(self, tokens: &Tokens) -> Color32 {
        self.colors(tokens)
            .map_or(tokens.color.accent.fill, |colors| colors.fill)
    }

    /// For quiet backgrounds.
    pub fn soft(self, tokens: &Tokens) -> Color32 {
        self.colors(tokens)
            .map_or(tokens.color.accent.soft, |colors| colors.soft)
    }

    /// The picture that says the same, so that colour is never the only sign.
    pub fn icon(self) -> Icon {
        match self {
            Self::Neutral | Self::Accent => Icon::Info,
            Self::Success => Icon::CheckCircle,
            Self::Warning => Icon::Warning,
            Self::Danger => Icon::Failed,
        }
    }

    fn colors(self, tokens: &Tokens) -> Option<&ToneColors> {
        match self {
            Self::Neutral => Some(&tokens.color.neutral),
            Self::Accent => None,
            Self::Success => Some(&tokens.color.success),
            Self::Warning => Some(&tokens.color.warning),
            Self::Danger => Some(&tokens.color.danger),
        }
    }
}
