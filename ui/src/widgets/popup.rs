//! Small popups: menus, and a question before something that cannot be taken back.

use egui::{Popup, PopupCloseBehavior, Response, Ui};

use super::{Button, Icon};
use crate::theme::Tokens;

/// A menu under a button.
#[derive(Clone, Copy, Debug)]
pub struct Menu;

impl Menu {
    /// Shows the menu while its button is switched on.
    pub fn show(button: &Response, content: impl FnOnce(&mut Ui)) {
        Popup::menu(button).show(|ui| {
            ui.set_min_width(200.0);
            ui.spacing_mut().item_spacing.y = 2.0;
            content(ui);
        });
    }
}

/// An entry of a menu; true when it was picked.
pub fn menu_item(ui: &mut Ui, tokens: &Tokens, icon: Icon, text: &str) -> bool {
    let clicked = Button::quiet(text).icon(icon).show(ui, tokens).clicked();
    if clicked {
        ui.close();
    }
    clicked
}

/// A question under a button that was clicked; true when the answer is yes.
pub fn confirm_popup(button: &Response, tokens: &Tokens, question: &str, yes: &str) -> bool {
    let mut confirmed = false;
    Popup::from_toggle_button_response(button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.set_max_width(300.0);
            ui.label(tokens.body(question));
            ui.add_space(tokens.space.s);
            ui.horizontal(|ui| {
                if Button::danger(yes).show(ui, tokens).clicked() {
                    confirmed = true;
                    ui.close();
                }
                if Button::quiet("Keep").show(ui, tokens).clicked() {
                    ui.close();
                }
            });
        });
    confirmed
}
