//! Ollama's Modelfile: which weights, which chat format, which instructions.
//!
//! Source: Ollama's documentation, `docs/modelfile.md` and `docs/template.md`.

use std::fmt::Write as _;

use anyhow::Result;

use lore_core::{Message, prompt};
use lore_llm::ChatTemplate;

use super::Material;

/// The weights beside the Modelfile.
pub(super) const MODEL: &str = "model.gguf";

/// Stands for a turn's content while a template is looked at.
const MARK: &str = "LOREKEEPERTURN";

/// Longer contexts cost memory from the start.
const MAX_CONTEXT: usize = 8192;

/// The Modelfile of a merged model.
pub(super) fn text(material: &Material) -> Result<String> {
    let mut text = format!(
        "# {}\n# ollama create my-agent -f Modelfile\nFROM ./{MODEL}\n",
        material.adapter.name.replace(char::is_control, " ")
    );
    // Without a TEMPLATE, Ollama chooses one by the chat template within the GGUF file.
    if let Some(template) = go_template(&material.template)? {
        writeln!(text, "TEMPLATE \"\"\"{template}\"\"\"")?;
    }
    for stop in material.stops.iter().filter(|stop| is_word(stop)) {
        writeln!(text, "PARAMETER stop {}", quoted(stop))?;
    }
    let num_tokens = material.config.context_length.min(MAX_CONTEXT);
    writeln!(
        text,
        "PARAMETER num_ctx {num_tokens}\nPARAMETER temperature 0\nPARAMETER num_predict 64"
    )?;
    let instructions = prompt::instructions(&[]).replace("\"\"\"", "\"");
    writeln!(text, "SYSTEM \"\"\"{instructions}\"\"\"")?;
    Ok(text)
}

/// True for what can be quoted. A tokenizer may call a token anything, and a line break or quote would let
/// it write instructions of its own.
fn is_word(stop: &str) -> bool {
    !stop.is_empty() && !stop.contains(|c: char| c.is_control() || matches!(c, '"' | '\\'))
}

/// A word in double quotes.
fn quoted(word: &str) -> String {
    format!("\"{word}\"")
}

/// What a chat template writes around one role's turns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Around {
    before: String,
    after: String,
}

/// The model's chat template in Go's template language, where it does nothing but put words around turns;
/// `None` where it does more.
fn go_template(template: &ChatTemplate) -> Result<Option<String>> {
    let chat = [
        Message::system(MARK),
        Message::user(MARK),
        Message::assistant(MARK),
        Message::user(MARK),
        Message::assistant(MARK),
        Message::user(MARK),
    ];
    let mut turns = Vec::new();
    let mut written = String::new();
    for end in 1..=3 {
        let Ok(text) = template.render(&chat[..end], false) else {
            return Ok(None);
        };
        let turn = text.strip_prefix(&written).and_then(around);
        let Some(turn) = turn else {
            return Ok(None);
        };
        turns.push(turn);
        written = text;
    }
    let opened = template.render(&chat[..2], true)?;
    let closed = template.render(&chat[..2], false)?;
    let Some(opening) = opened.strip_prefix(&closed) else {
        return Ok(None);
    };
    let [system, user, assistant] = turns.as_slice() else {
        return Ok(None);
    };
    let turns = [system, user, assistant, user, assistant, user];
    let written = |turn: &Around| [turn.before.as_str(), MARK, turn.after.as_str()].concat();
    let expected = turns.map(written).concat() + opening;
    let words = [&system.before, &user.before, &assistant.before, &expected];
    let is_plain = words
        .iter()
        .all(|word| !word.contains("{{") && !word.contains("\"\"\"") && !word.contains('\0'))
        // It would run into the quotes behind it.
        && !expected.ends_with('"');
    if !is_plain || template.render(&chat, true)? != expected {
        return Ok(None);
    }
    Ok(Some(format!(
        "{{{{ range .Messages }}}}{{{{ if eq .Role \"system\" }}}}{}{{{{ .Content }}}}{}\
         {{{{ else if eq .Role \"user\" }}}}{}{{{{ .Content }}}}{}\
         {{{{ else if eq .Role \"assistant\" }}}}{}{{{{ .Content }}}}{}{{{{ end }}}}{{{{ end }}}}{opening}",
        system.before, system.after, user.before, user.after, assistant.before, assistant.after
    )))
}

/// What stands around the mark.
fn around(turn: &str) -> Option<Around> {
    let (before, after) = turn.split_once(MARK)?;
    (!after.contains(MARK)).then(|| Around {
        before: before.to_owned(),
        after: after.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stays_one_word_is_quoted() {
        assert_eq!(quoted("<|im_end|>"), "\"<|im_end|>\"");
        assert!(is_word("<|im_end|>") && is_word("</s>"));
        for hostile in ["a\"b", "</s>\nSYSTEM evil", "x\\", "\r", "\u{0}", ""] {
            assert!(!is_word(hostile), "{hostile:?}");
        }
    }

    #[test]
    fn what_stands_around_a_turn_is_found() {
        let turn = around("<user>LOREKEEPERTURN</user>\n").unwrap();
        assert_eq!((&*turn.before, &*turn.after), ("<user>", "</user>\n"));
        assert_eq!(around("no turn"), None);
    }
}
