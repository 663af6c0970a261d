//! From an action in words to the one a server wants, by the schema it publishes.

use anyhow::{Result, bail};
use serde_json::{Map, Value as Json, json};

/// How actions are written for a server.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ActionForm {
    /// One field takes the whole action.
    Single {
        /// Its name.
        field: String,
        /// Its type in JSON Schema: `string`, `integer`, `number` or `boolean`.
        kind: String,
        /// All values it may take, where there are few.
        values: Vec<Json>,
    },
    /// Actions are JSON objects.
    Object {
        /// What such an object looks like.
        example: String,
    },
}

impl ActionForm {
    /// Reads the JSON Schema of actions.
    pub(super) fn from_schema(schema: &Json) -> Self {
        let none = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&none);
        let required: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        let fields: Vec<(&String, &Json)> = properties
            .iter()
            .filter(|(name, _)| *name != "metadata")
            .collect();
        let needed: Vec<(&String, &Json)> = fields
            .iter()
            .copied()
            .filter(|(name, _)| required.contains(&name.as_str()))
            .collect();
        let single = match (needed.as_slice(), fields.as_slice()) {
            ([one], _) | ([], [one]) => Some(*one),
            _ => None,
        };
        if let Some((name, field)) = single
            && let Some(kind @ ("string" | "integer" | "number" | "boolean")) =
                field["type"].as_str()
        {
            return Self::Single {
                field: name.clone(),
                kind: kind.to_owned(),
                values: field["enum"].as_array().cloned().unwrap_or_default(),
            };
        }
        let example = fields.iter().map(|(name, field)| {
            let what = field["type"].as_str().unwrap_or("value");
            format!("{name:?}: <{what}>")
        });
        Self::Object {
            example: format!("{{{}}}", example.collect::<Vec<_>>().join(", ")),
        }
    }

    /// The action for the server; an error in words for the agent when it cannot be made.
    pub(super) fn encode(&self, action: &str) -> Result<Json> {
        let object = serde_json::from_str(action).ok().filter(Json::is_object);
        match (self, object) {
            (Self::Object { .. }, Some(object)) => Ok(object),
            (Self::Object { example }, None) => {
                bail!("Actions are JSON objects like {example}.")
            }
            (Self::Single { field, .. }, Some(object)) if object.get(field).is_some() => Ok(object),
            (Self::Single { field, kind, .. }, _) => {
                let value = match kind.as_str() {
                    "string" => json!(action),
                    _ => match serde_json::from_str(action.trim()) {
                        Ok(value @ (Json::Number(_) | Json::Bool(_))) => value,
                        _ => bail!("The action must be a value of the type {kind}."),
                    },
                };
                Ok(json!({ field: value }))
            }
        }
    }

    /// What an agent must be told about actions before it acts; `None` when plain words will do.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Single { kind, .. } if kind == "string" => None,
            Self::Single { kind, .. } => {
                Some(format!("An action is one value of the type {kind}."))
            }
            Self::Object { example } => Some(format!("Actions are JSON objects like {example}.")),
        }
    }

    /// All actions, where the schema names them.
    pub(super) fn values(&self) -> Vec<String> {
        let Self::Single { values, .. } = self else {
            return Vec::new();
        };
        let plain = |value: &Json| match value {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        values.iter().map(plain).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_takes_plain_words() {
        let schema = json!({
            "properties": {"message": {"type": "string"}, "metadata": {"type": "object"}},
            "required": ["message"],
        });
        let form = ActionForm::from_schema(&schema);
        assert_eq!(form.hint(), None);
        assert_eq!(form.encode("hi").unwrap(), json!({"message": "hi"}));
        let whole = r#"{"message": "hi", "metadata": {}}"#;
        assert_eq!(form.encode(whole).unwrap()["message"], "hi");
    }

    #[test]
    fn one_number_takes_numbers_only() {
        let schema = json!({
            "properties": {
                "id": {"type": "integer", "enum": [0, 1]},
                "name": {"type": "string", "default": "x"},
            },
            "required": ["id"],
        });
        let form = ActionForm::from_schema(&schema);
        assert_eq!(form.encode(" 1 ").unwrap(), json!({"id": 1}));
        assert!(form.encode("left").is_err());
        assert_eq!(form.values(), ["0", "1"]);
        assert!(form.hint().unwrap().contains("integer"));
    }

    #[test]
    fn anything_else_takes_an_object() {
        let schema = json!({"properties": {
            "tool_name": {"type": "string"}, "arguments": {"type": "object"},
        }, "required": ["tool_name", "arguments"]});
        let form = ActionForm::from_schema(&schema);
        let action = r#"{"tool_name": "look", "arguments": {}}"#;
        assert_eq!(form.encode(action).unwrap()["tool_name"], "look");
        let error = form.encode("look").unwrap_err().to_string();
        assert!(error.contains("\"tool_name\": <string>"), "{error}");
        assert_eq!(form.hint().unwrap(), error);
        // A server without a schema takes whatever it is given.
        assert!(ActionForm::from_schema(&json!({})).encode("{}").is_ok());
    }
}
