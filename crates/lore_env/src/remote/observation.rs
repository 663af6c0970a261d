//! What an agent reads of a server's observation.

use serde_json::Value as Json;

/// Fields that are not for the agent.
const NOT_SHOWN: [&str; 3] = ["metadata", "reward", "done"];

/// Fields in which servers list what can be done now.
const ACTION_LISTS: [&str; 5] = [
    "legal_actions",
    "available_actions",
    "valid_actions",
    "admissible_actions",
    "possible_actions",
];

/// The observation as text: a text as it is, an object with one text in it as that text, anything
/// else field by field.
pub(super) fn text_of(observation: &Json) -> String {
    let fields = match observation {
        Json::Object(fields) => fields,
        other => return plain(other),
    };
    let shown = || {
        fields.iter().filter(|(name, value)| {
            !NOT_SHOWN.contains(&name.as_str()) && !value.is_null() && !is_empty(value)
        })
    };
    let mut all = shown();
    if let (Some((_, Json::String(text))), None) = (all.next(), all.next()) {
        return text.clone();
    }
    let mut lines: Vec<String> = shown()
        .map(|(name, value)| format!("{name}: {}", plain(value)))
        .collect();
    // The order of fields is nobody's intention.
    lines.sort_unstable();
    lines.join("\n")
}

/// What can be done now, where the observation says so.
pub(super) fn actions_of(observation: &Json) -> Vec<String> {
    let list = ACTION_LISTS
        .iter()
        .find_map(|name| observation.get(name)?.as_array());
    list.into_iter().flatten().map(plain).collect()
}

fn plain(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn is_empty(value: &Json) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty)
        || value.as_array().is_some_and(Vec::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn observations_are_read_as_text() {
        for (observation, text) in [
            (json!("You see a door."), "You see a door."),
            (json!({"text": "A door.", "metadata": {"x": 1}}), "A door."),
            (
                json!({"text": "A door.", "lives": 3}),
                "lives: 3\ntext: A door.",
            ),
            (
                json!({"board": [0, 1], "legal_actions": []}),
                "board: [0,1]",
            ),
            (json!(null), "null"),
        ] {
            assert_eq!(text_of(&observation), text);
        }
        assert_eq!(
            actions_of(&json!({"legal_actions": [2, "up"]})),
            ["2", "up"]
        );
        assert!(actions_of(&json!("text")).is_empty());
    }
}
