//! From tokens to egui's own style: text fields, sliders, menus and scroll bars follow it.

use egui::style::{ScrollStyle, Selection, WidgetVisuals, Widgets};
use egui::{
    Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, vec2,
};

use super::Tokens;

/// The style of one theme.
pub(super) fn style(tokens: &Tokens) -> Style {
    let mut style = Style {
        visuals: visuals(tokens),
        animation_time: 0.12,
        ..Style::default()
    };
    let text = &tokens.text;
    let medium = FontFamily::Name("medium".into());
    let semibold = FontFamily::Name("semibold".into());
    style.text_styles = [
        (TextStyle::Small, FontId::proportional(text.small)),
        (TextStyle::Body, FontId::proportional(text.body)),
        (TextStyle::Button, FontId::new(text.body, medium)),
        (TextStyle::Heading, FontId::new(text.title, semibold)),
        (TextStyle::Monospace, FontId::monospace(text.mono)),
    ]
    .into();
    spacing(&mut style, tokens);
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.35;
    style.url_in_tooltip = false;
    style
}

fn spacing(style: &mut Style, tokens: &Tokens) {
    let space = &tokens.space;
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(space.s, space.s);
    spacing.button_padding = vec2(space.m, 7.0);
    spacing.interact_size = vec2(tokens.size.control, tokens.size.control);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(space.l as i8);
    spacing.icon_width = 18.0;
    spacing.icon_width_inner = 10.0;
    spacing.icon_spacing = space.s;
    spacing.slider_width = 180.0;
    spacing.slider_rail_height = 4.0;
    spacing.combo_width = 140.0;
    spacing.combo_height = 320.0;
    spacing.text_edit_width = 280.0;
    spacing.tooltip_width = 320.0;
    spacing.menu_width = 280.0;
    spacing.scroll = ScrollStyle {
        bar_width: 8.0,
        bar_inner_margin: 2.0,
        bar_outer_margin: 2.0,
        floating_width: 4.0,
        ..ScrollStyle::floating()
    };
}

fn visuals(tokens: &Tokens) -> egui::Visuals {
    let color = &tokens.color;
    let base = if tokens.dark {
        egui::Visuals::dark()
    } else {
        egui::Visuals::light()
    };
    let rounding = CornerRadius::same(tokens.radius.l);
    egui::Visuals {
        widgets: widgets(tokens),
        selection: Selection {
            bg_fill: color.surface.selected,
            stroke: Stroke::new(1.5, color.accent.text),
        },
        weak_text_color: Some(color.text.muted),
        hyperlink_color: color.accent.text,
        faint_bg_color: color.surface.sunken,
        extreme_bg_color: color.surface.sunken,
        text_edit_bg_color: Some(color.surface.sunken),
        code_bg_color: color.surface.sunken,
        warn_fg_color: color.warning.text,
        error_fg_color: color.danger.text,
        window_corner_radius: rounding,
        window_shadow: shadow(tokens, 12, 32),
        window_fill: color.surface.raised,
        window_stroke: Stroke::new(1.0, color.border.subtle),
        menu_corner_radius: rounding,
        panel_fill: color.surface.page,
        popup_shadow: shadow(tokens, 6, 20),
        slider_trailing_fill: true,
        handle_shape: egui::style::HandleShape::Circle,
        striped: false,
        disabled_alpha: 0.5,
        ..base
    }
}

fn shadow(tokens: &Tokens, offset: i8, blur: u8) -> Shadow {
    Shadow {
        offset: [0, offset],
        blur,
        spread: 0,
        color: tokens.color.surface.shadow,
    }
}

fn widgets(tokens: &Tokens) -> Widgets {
    let color = &tokens.color;
    let state = |fill: Color32, line: Stroke, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: line,
        corner_radius: CornerRadius::same(tokens.radius.m),
        fg_stroke: Stroke::new(1.5, text),
        expansion: 0.0,
    };
    let rest = Stroke::new(1.0, color.border.strong);
    let focus = Stroke::new(2.0, color.border.focus);
    Widgets {
        noninteractive: state(
            color.surface.card,
            Stroke::new(1.0, color.border.subtle),
            color.text.body,
        ),
        inactive: state(color.surface.card, rest, color.text.body),
        hovered: state(color.surface.hover, rest, color.text.body),
        active: state(color.surface.pressed, focus, color.text.body),
        open: state(color.surface.hover, rest, color.text.body),
    }
}
