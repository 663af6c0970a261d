//! JSON without what people, models and worlds wrote: strings stay only under keys that are known to hold
//! names and kinds, everything else is counted.

use serde_json::Value;

use super::redact::Redactor;

/// Keys whose strings stay, after secrets were taken out.
const KEPT: [&str; 36] = [
    "kind",
    "id",
    "version",
    "state",
    "event",
    "code",
    "model",
    "adapter",
    "dataset",
    "datasets",
    "bank",
    "embedder",
    "experiment",
    "job",
    "form",
    "format",
    "unit",
    "stage",
    "build",
    "level",
    "device",
    "theme",
    "window",
    "language",
    "precision",
    "architecture",
    "arm",
    "protocol",
    "schedule",
    "code_version",
    "resources",
    "after",
    "summary",
    "details",
    "starter",
    "base",
];

/// The value with its strings taken out or cleaned.
pub(super) fn redacted(value: Value, redactor: &Redactor) -> Value {
    within(value, false, redactor)
}

fn within(value: Value, is_kept: bool, redactor: &Redactor) -> Value {
    match value {
        Value::String(text) if is_kept => Value::String(redactor.text(&text)),
        Value::String(text) if text.is_empty() => Value::String(text),
        Value::String(text) => Value::String(format!("<text of {} letters>", text.chars().count())),
        Value::Array(values) => {
            let values = values.into_iter();
            Value::Array(
                values
                    .map(|value| within(value, is_kept, redactor))
                    .collect(),
            )
        }
        Value::Object(map) => {
            let clean = map.into_iter().map(|(key, value)| {
                let is_kept = KEPT.contains(&key.as_str());
                (redactor.text(&key), within(value, is_kept, redactor))
            });
            Value::Object(clean.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// A file of JSON; one that is none is left out whole.
pub(super) fn file(text: &str, redactor: &Redactor) -> String {
    match serde_json::from_str(text) {
        Ok(value) => serde_json::to_string_pretty(&redacted(value, redactor))
            .unwrap_or_else(|error| error.to_string()),
        Err(error) => format!("<not JSON: {error}>"),
    }
}

/// Lines of which some are JSON: those are cleaned as such, the others as text.
pub(super) fn lines(text: &str, redactor: &Redactor) -> String {
    let mut clean = String::with_capacity(text.len());
    // Keys in armour go over lines, so plain stretches stay together.
    let mut plain = String::new();
    for line in text.lines() {
        let value = serde_json::from_str(line);
        if let Ok(value @ (Value::Object(_) | Value::Array(_))) = value {
            clean.push_str(&redactor.text(&plain));
            plain.clear();
            clean.push_str(&redacted(value, redactor).to_string());
            clean.push('\n');
        } else {
            plain.push_str(line);
            plain.push('\n');
        }
    }
    clean.push_str(&redactor.text(&plain));
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_and_kinds_stay() {
        let redactor = Redactor::new(None, "");
        let text = r#"{"kind": "train", "goal": "put a mug", "n": 3, "model": "m password=x",
                       "messages": [{"content": "hi"}], "bank": ["b"]}"#;
        let clean = file(text, &redactor);
        for gone in ["mug", "hi\"", "=x"] {
            assert!(!clean.contains(gone), "{gone}: {clean}");
        }
        for kept in ["train", "\"n\": 3", "\"b\"", "<text of 9 letters>"] {
            assert!(clean.contains(kept), "{kept}: {clean}");
        }
        assert!(file("{ cut", &redactor).starts_with("<not JSON"));
    }

    #[test]
    fn lines_are_cleaned_each_in_its_way() {
        let redactor = Redactor::new(None, "");
        let text = "loading\n{\"goal\": \"mug\", \"level\": \"info\"}\npassword=x\n";
        let clean = lines(text, &redactor);
        let expected =
            "loading\n{\"goal\":\"<text of 3 letters>\",\"level\":\"info\"}\npassword=<secret>\n";
        assert_eq!(clean, expected);
    }
}
