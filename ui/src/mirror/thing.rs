//! One thing that a screen reader can come to.

use egui::accesskit::{Node, Role, Toggled};
use serde::Serialize;

/// One thing that a screen reader can come to. Fields that say nothing are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Thing {
    /// Its number, as text: JavaScript rounds numbers of this size.
    pub id: String,
    /// The number of the thing it is in; empty at the top.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub parent: String,
    /// Its role, as ARIA calls it.
    pub role: &'static str,
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What was written or chosen, or a second line.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// Switched on or chosen, where it can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
    /// It cannot be used now.
    #[serde(skip_serializing_if = "is_false")]
    pub disabled: bool,
    /// The keyboard talks to it.
    #[serde(skip_serializing_if = "is_false")]
    pub focused: bool,
    /// Left, top, width and height, in points.
    pub place: [i32; 4],
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that skip_serializing_if asks for"
)]
fn is_false(value: &bool) -> bool {
    !value
}

impl Thing {
    /// A node as a thing; `None` for what only holds others or says nothing.
    pub(super) fn of(id: u64, node: &Node) -> Option<Self> {
        let role = aria(node.role())?;
        let label = node.label().unwrap_or_default();
        let value = node.value().map(str::to_owned);
        let value = value.or_else(|| node.numeric_value().map(|number| number.to_string()));
        let value = value.or_else(|| node.description().map(str::to_owned));
        let mut value = value.unwrap_or_default();
        // What must not be read over somebody's shoulder is not read out either; only that something is there.
        if node.role() == Role::PasswordInput {
            value = "•".repeat(value.chars().count());
        }
        // A label carries its text as its value.
        let is_text = node.role() == Role::Label;
        let (name, value) = if is_text && label.is_empty() {
            (value, String::new())
        } else {
            (label.to_owned(), value)
        };
        if name.is_empty() && value.is_empty() {
            return None;
        }
        let on = match node.toggled() {
            Some(toggled) => Some(toggled == Toggled::True),
            None => node.is_selected(),
        };
        let place = node.bounds().map_or([0; 4], |bounds| {
            [bounds.x0, bounds.y0, bounds.width(), bounds.height()].map(|it| it.round() as i32)
        });
        Some(Self {
            id: id.to_string(),
            role,
            name,
            value,
            on,
            disabled: node.is_disabled(),
            place,
            ..Self::default()
        })
    }
}

/// The name of a role in ARIA; `None` for what a screen reader need not come to.
fn aria(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Button | Role::DefaultButton => "button",
        Role::Link => "link",
        Role::Label | Role::Paragraph | Role::Tooltip => "note",
        Role::CheckBox => "checkbox",
        Role::Switch => "switch",
        Role::RadioButton => "radio",
        Role::RadioGroup => "radiogroup",
        Role::ComboBox => "combobox",
        Role::TextInput | Role::MultilineTextInput | Role::SearchInput | Role::PasswordInput => {
            "textbox"
        }
        Role::SpinButton => "spinbutton",
        Role::Slider => "slider",
        Role::ProgressIndicator => "progressbar",
        Role::MenuItem | Role::ListBoxOption => "menuitem",
        Role::Dialog | Role::Window => "group",
        // Rows and cells stand in no table of the page: what they say is read as one.
        Role::ListItem | Role::Row | Role::ColumnHeader | Role::Cell => "listitem",
        Role::Figure | Role::Canvas | Role::Image => "img",
        Role::Table | Role::List => "list",
        _ => return None,
    })
}
