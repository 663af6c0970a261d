//! The words of the gateway: py4j's text protocol, one command a request, one line a reply.
//!
//! A command is a letter, its parts one to a line, and `e`. A value is a letter for its type and its
//! text, with backslash, line feed and carriage return escaped. A reply is `!y` and a value, or `!x`
//! and what went wrong. (py4j 0.10, `py4j/protocol.py`.)

use anyhow::{Context as _, Result, anyhow, bail};

/// Something that stays in the JVM, by its name there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference(pub(super) String);

/// What a method takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument<'a> {
    Text(&'a str),
    Int(i32),
    Bool(bool),
    Object(&'a Reference),
    Nothing,
}

/// What a method returns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Nothing,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
    Reference(Reference),
}

impl Value {
    pub(crate) fn text(self) -> Result<String> {
        match self {
            Self::Text(text) => Ok(text),
            other => bail!("a text was expected, not {other:?}"),
        }
    }

    pub(crate) fn int(self) -> Result<i64> {
        match self {
            Self::Int(number) => Ok(number),
            other => bail!("a whole number was expected, not {other:?}"),
        }
    }

    pub(crate) fn double(self) -> Result<f64> {
        match self {
            Self::Double(number) => Ok(number),
            Self::Int(number) => Ok(number as f64),
            other => bail!("a number was expected, not {other:?}"),
        }
    }

    pub(crate) fn bool(self) -> Result<bool> {
        match self {
            Self::Bool(truth) => Ok(truth),
            other => bail!("true or false was expected, not {other:?}"),
        }
    }

    pub(crate) fn reference(self) -> Result<Reference> {
        match self {
            Self::Reference(reference) => Ok(reference),
            other => bail!("an object was expected, not {other:?}"),
        }
    }
}

/// The command that makes an object.
pub(super) fn construct(class: &str, arguments: &[Argument<'_>]) -> String {
    finish(format!("i\n{class}\n"), arguments)
}

/// The command that calls a method.
pub(super) fn call(object: &Reference, method: &str, arguments: &[Argument<'_>]) -> String {
    finish(format!("c\n{}\n{method}\n", object.0), arguments)
}

/// The command that makes an array of one place, empty.
pub(super) fn array_of_one(class: &str) -> String {
    finish(
        "a\nc\n".to_owned(),
        &[Argument::Text(class), Argument::Int(1)],
    )
}

/// The command that fills the first place of an array.
pub(super) fn set_first(array: &Reference, element: &Reference) -> String {
    let arguments = [Argument::Int(0), Argument::Object(element)];
    finish(format!("a\ns\n{}\n", array.0), &arguments)
}

/// Adds the arguments and the end.
fn finish(mut command: String, arguments: &[Argument<'_>]) -> String {
    for argument in arguments {
        match argument {
            Argument::Text(text) => {
                command.push('s');
                escape(text, &mut command);
            }
            Argument::Int(number) => {
                command.push('i');
                command.push_str(&number.to_string());
            }
            Argument::Bool(truth) => {
                command.push('b');
                command.push_str(&truth.to_string());
            }
            Argument::Object(reference) => {
                command.push('r');
                command.push_str(&reference.0);
            }
            Argument::Nothing => command.push('n'),
        }
        command.push('\n');
    }
    command.push_str("e\n");
    command
}

/// The command that lets an object go.
pub(super) fn release(object: &Reference) -> String {
    format!("m\nd\n{}\ne\n", object.0)
}

/// The command that shows who we are.
pub(super) fn authenticate(token: &str) -> String {
    format!("A\n{token}\n")
}

fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => into.push_str("\\\\"),
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            c => into.push(c),
        }
    }
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some(other) => plain.push(other),
            None => plain.push('\\'),
        }
    }
    plain
}

/// Reads a reply without its line end. An exception in the world is an error.
pub(super) fn read_reply(line: &str) -> Result<Value> {
    if let Some(value) = line.strip_prefix("!y") {
        return read_value(value).with_context(|| format!("a reply is malformed: {}", short(line)));
    }
    if let Some(failure) = line.strip_prefix("!x").or_else(|| line.strip_prefix("!z")) {
        let text = unescape(failure.trim_start_matches('s'));
        return Err(anyhow!("the world raised an exception: {}", short(&text)));
    }
    bail!("a reply is malformed: {}", short(line))
}

fn read_value(text: &str) -> Result<Value> {
    let mut chars = text.chars();
    let kind = chars.next();
    let rest = chars.as_str();
    Ok(match kind {
        None | Some('v' | 'n') => Value::Nothing,
        Some('s') => Value::Text(unescape(rest)),
        Some('b') => Value::Bool(rest.eq_ignore_ascii_case("true")),
        Some('i' | 'L') => Value::Int(rest.parse()?),
        Some('d') => Value::Double(rest.parse()?),
        // An object, a list, an array, a set, a map, an iterator: all are called by name.
        Some('r' | 'l' | 't' | 'h' | 'a' | 'g') if !rest.is_empty() => {
            Value::Reference(Reference(rest.to_owned()))
        }
        Some(other) => bail!("there is no type {other:?}"),
    })
}

/// The beginning of a text, for messages.
fn short(text: &str) -> String {
    const MOST: usize = 300;
    let mut short: String = text.chars().take(MOST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_as_recorded() {
        let object = Reference("o0".into());
        let arguments = [
            Argument::Text("boil"),
            Argument::Int(0),
            Argument::Text("easy"),
            Argument::Bool(true),
        ];
        let load = call(&object, "load", &arguments);
        assert_eq!(load, "c\no0\nload\nsboil\ni0\nseasy\nbtrue\ne\n");
        assert_eq!(release(&object), "m\nd\no0\ne\n");
        let odd = call(&object, "step", &[Argument::Text("a\\b\nc")]);
        assert_eq!(odd, "c\no0\nstep\nsa\\\\b\\nc\ne\n");
        let made = construct("a.B", &[Argument::Object(&object), Argument::Nothing]);
        assert_eq!(made, "i\na.B\nro0\nn\ne\n");
        assert_eq!(array_of_one("a.B"), "a\nc\nsa.B\ni1\ne\n");
        let element = Reference("o1".into());
        assert_eq!(set_first(&object, &element), "a\ns\no0\ni0\nro1\ne\n");
    }

    #[test]
    fn replies_are_read_whatever_they_hold() {
        for (line, expected) in [
            ("!yv", Value::Nothing),
            ("!ys", Value::Text(String::new())),
            ("!ysa \\\\ b\\nc", Value::Text("a \\ b\nc".into())),
            ("!ybtrue", Value::Bool(true)),
            ("!yi30", Value::Int(30)),
            ("!yd0.25", Value::Double(0.25)),
            ("!yro0", Value::Reference(Reference("o0".into()))),
            ("!ylo1", Value::Reference(Reference("o1".into()))),
        ] {
            assert_eq!(read_reply(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        for line in [
            "",
            "!",
            "!y?",
            "!yi",
            "!yix",
            "!yr",
            "hello",
            "!xspy4j\\nat",
        ] {
            assert!(read_reply(line).is_err(), "{line:?}");
        }
        let text = read_reply("!xsjava.lang.Error: no\\n\tat x").unwrap_err();
        assert!(text.to_string().contains("java.lang.Error: no\n"), "{text}");
    }
}
