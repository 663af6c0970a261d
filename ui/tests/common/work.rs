//! Pages on a busy program, and pictures of them: with `LOREKEEPER_SCREENS=folder` every test leaves a
//! picture of where it ended.

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, HarnessBuilder};
use lore_ui::backend::Sample;
use lore_ui::{LoreApp, Route};

use super::Window;

pub(crate) fn open(route: Route) -> Window {
    Window::open(Sample::busy(), route)
}

/// A window of 1280 × 800 of which pictures can be taken when they are wanted.
pub(crate) fn builder() -> HarnessBuilder<LoreApp> {
    let builder = Harness::builder().with_size([1280.0, 800.0]);
    if folder().is_some() {
        builder.wgpu()
    } else {
        builder
    }
}

fn folder() -> Option<String> {
    std::env::var("LOREKEEPER_SCREENS").ok()
}

pub(crate) fn picture(window: &mut Window, name: &str) {
    if let Some(folder) = folder() {
        let image = window
            .harness
            .render()
            .expect("a software renderer is installed");
        let path = format!("{folder}/work-{name}.png");
        image.save(path).expect("the folder is there");
    }
}

#[track_caller]
pub(crate) fn click(window: &mut Window, label: &str) {
    window.harness.get_by_label(label).click();
    window.settle();
}

/// Chooses `value` in the list called `label`, wherever the page is scrolled to.
#[track_caller]
pub(crate) fn pick(window: &mut Window, label: &str, value: &str) {
    press(window, Role::ComboBox, label);
    window.harness.get_by_label(value).click_accesskit();
    window.settle();
}

/// Presses a button, a list or a switch, wherever the page is scrolled to.
#[track_caller]
pub(crate) fn press(window: &mut Window, role: Role, label: &str) {
    let control = window.harness.get_by_role_and_label(role, label);
    control.click_accesskit();
    window.settle();
}

/// Writes a number into the field called `label`, wherever the page is scrolled to.
#[track_caller]
pub(crate) fn enter(window: &mut Window, label: &str, number: &str) {
    let role = Role::SpinButton;
    window.harness.get_by_role_and_label(role, label).focus();
    window.settle();
    let field = window.harness.get_by_role_and_label(role, label);
    field.type_text(number);
    window.settle();
    window.harness.key_press(Key::Enter);
    window.settle();
}
