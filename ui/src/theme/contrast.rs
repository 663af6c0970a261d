//! Contrast between two colours, as WCAG 2.1 defines it.

use egui::{Color32, Rgba};

/// The contrast ratio of two opaque colours, from 1 (equal) to 21 (black on white).
pub fn contrast(a: Color32, b: Color32) -> f32 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(color: Color32) -> f32 {
    let linear = Rgba::from(color);
    0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Theme, Tokens};

    #[track_caller]
    fn legible(tokens: &Tokens, name: &str, text: Color32, surface: Color32) {
        let ratio = contrast(text, surface);
        assert!(
            ratio >= 4.5,
            "{name} has only {ratio:.2} in the {} theme",
            if tokens.dark { "dark" } else { "light" }
        );
    }

    #[test]
    fn text_is_legible_on_every_surface() {
        let theme = Theme::embedded();
        for tokens in [&theme.light, &theme.dark] {
            let color = &tokens.color;
            let surface = &color.surface;
            for (on, ground) in [
                ("page", surface.page),
                ("nav", surface.nav),
                ("card", surface.card),
                ("raised", surface.raised),
                ("sunken", surface.sunken),
                ("hover", surface.hover),
                ("selected", surface.selected),
            ] {
                legible(tokens, &format!("body on {on}"), color.text.body, ground);
                legible(tokens, &format!("muted on {on}"), color.text.muted, ground);
                legible(
                    tokens,
                    &format!("accent on {on}"),
                    color.accent.text,
                    ground,
                );
            }
            for ground in [color.paint.memory, color.paint.history, color.paint.learned] {
                legible(tokens, "body on painted text", color.text.body, ground);
            }
        }
    }

    #[test]
    fn tones_and_fills_are_legible() {
        let theme = Theme::embedded();
        for tokens in [&theme.light, &theme.dark] {
            let color = &tokens.color;
            for (name, tone) in [
                ("success", &color.success),
                ("warning", &color.warning),
                ("danger", &color.danger),
                ("neutral", &color.neutral),
            ] {
                legible(tokens, name, tone.text, tone.soft);
                legible(tokens, name, tone.text, color.surface.card);
            }
            legible(tokens, "accent", color.accent.text, color.accent.soft);
            for fill in [color.accent.fill, color.accent.hover, color.accent.pressed] {
                legible(tokens, "text on accent", color.text.on_fill, fill);
            }
            legible(
                tokens,
                "text on danger",
                color.text.on_fill,
                color.danger.fill,
            );
        }
    }

    #[test]
    fn chart_colours_stand_out_from_a_card() {
        let theme = Theme::embedded();
        for tokens in [&theme.light, &theme.dark] {
            for (index, color) in tokens.color.chart.iter().enumerate() {
                let ratio = contrast(*color, tokens.color.surface.card);
                assert!(ratio >= 3.0, "chart colour {index} has only {ratio:.2}");
            }
        }
    }

    #[test]
    fn black_on_white_is_twenty_one() {
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 0.01);
    }
}
