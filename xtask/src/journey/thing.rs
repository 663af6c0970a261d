//! What a screen reader is told about one thing in the window.

use anyhow::{Context as _, Result};
use serde_json::Value;

/// One thing in the window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Thing {
    /// Its role, as ARIA calls it.
    pub(crate) role: String,
    /// Its name.
    pub(crate) name: String,
    /// What was written or chosen.
    pub(crate) value: String,
    /// It cannot be used now.
    pub(crate) is_disabled: bool,
    /// Left, top, width and height, in pixels of the screen.
    pub(crate) place: [i64; 4],
}

impl Thing {
    /// The things of a list in JSON.
    pub(crate) fn list(json: &Value) -> Result<Vec<Self>> {
        let list = json.as_array().context("The window sent no list")?;
        Ok(list.iter().map(Self::of).collect())
    }

    fn of(json: &Value) -> Self {
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        let number = |index: usize| json["place"][index].as_i64().unwrap_or_default();
        Self {
            role: text("role"),
            name: text("name"),
            value: text("value"),
            is_disabled: json["disabled"].as_bool().unwrap_or_default(),
            place: [number(0), number(1), number(2), number(3)],
        }
    }

    /// Its middle.
    pub(crate) fn middle(&self) -> (i64, i64) {
        let [left, top, width, height] = self.place;
        (left + width / 2, top + height / 2)
    }

    /// True when people can act on it.
    pub(crate) fn is_control(&self) -> bool {
        !matches!(self.role.as_str(), "note" | "img" | "group" | "list")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_empty() {
        let json =
            serde_json::json!([{"role": "button", "name": "Next", "place": [10, 20, 40, 8]}]);
        let list = Thing::list(&json).unwrap();
        assert_eq!(list[0].middle(), (30, 24));
        assert!(list[0].is_control() && !list[0].is_disabled);
        assert!(list[0].value.is_empty());
        assert!(Thing::list(&serde_json::json!({})).is_err());
    }
}
