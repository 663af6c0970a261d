//! The attributes of a span under one form: dotted names and plain values.

use std::collections::BTreeMap;

use serde_json::Value;

/// Values by dotted name.
pub(super) type Attributes = BTreeMap<String, Value>;

/// Deeper nesting than any convention has is left out.
const MAX_DEPTH: usize = 12;

/// Flattens what exporters write: OTLP's list of keys and typed values, an object with dotted names, or
/// nested objects.
pub(super) fn flat(attributes: &Value) -> Attributes {
    let mut flat = Attributes::new();
    match attributes {
        Value::Array(pairs) => {
            for pair in pairs {
                let Some(key) = pair.get("key").and_then(Value::as_str) else {
                    continue;
                };
                let value = typed(pair.get("value").unwrap_or(&Value::Null), 0);
                spread(key, value, 0, &mut flat);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                spread(key, value.clone(), 0, &mut flat);
            }
        }
        _ => {}
    }
    flat
}

/// An attribute by its dotted name.
pub(super) fn field<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a Value> {
    attributes.get(name)
}

/// OTLP's typed value as a plain one.
fn typed(value: &Value, depth: usize) -> Value {
    let Value::Object(fields) = value else {
        return value.clone();
    };
    let Some((kind, inner)) = fields.iter().next() else {
        return Value::Null;
    };
    let values = |inner: &Value| inner.get("values").and_then(Value::as_array).cloned();
    match kind.as_str() {
        _ if depth > MAX_DEPTH => Value::Null,
        "arrayValue" => {
            let items = values(inner).unwrap_or_default();
            Value::Array(items.iter().map(|item| typed(item, depth + 1)).collect())
        }
        "kvlistValue" => {
            let pairs = values(inner).unwrap_or_default();
            let named = pairs.iter().filter_map(|pair| {
                let key = pair.get("key")?.as_str()?.to_owned();
                Some((key, typed(pair.get("value")?, depth + 1)))
            });
            Value::Object(named.collect())
        }
        _ => inner.clone(),
    }
}

/// Writes `value` under `name`, the parts of lists and objects under names of their own.
fn spread(name: &str, value: Value, depth: usize, flat: &mut Attributes) {
    match value {
        Value::Object(fields) if depth < MAX_DEPTH => {
            for (key, value) in fields {
                spread(&format!("{name}.{key}"), value, depth + 1, flat);
            }
        }
        // Lists of messages that stand in an attribute of their own are kept whole as well.
        Value::Array(items) if depth < MAX_DEPTH => {
            for (index, item) in items.iter().enumerate() {
                spread(&format!("{name}.{index}"), item.clone(), depth + 1, flat);
            }
            flat.insert(name.to_owned(), Value::Array(items));
        }
        value => {
            flat.insert(name.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_form_becomes_the_same() {
        let dotted = flat(&json!({"a.b.0.c": "x"}));
        let nested = flat(&json!({"a": {"b": [{"c": "x"}]}}));
        let otlp = flat(&json!([{"key": "a", "value": {"kvlistValue": {"values": [
        {"key": "b", "value": {"arrayValue": {"values": [
            {"kvlistValue": {"values": [{"key": "c", "value": {"stringValue": "x"}}]}}
        ]}}}]}}}]));
        for one in [&dotted, &nested, &otlp] {
            assert_eq!(field(one, "a.b.0.c"), Some(&json!("x")));
        }
    }
}
