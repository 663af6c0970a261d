//! From what a model wrote to the action it meant.

/// Things models write in front of an action.
const PREFIXES: [&str; 4] = [">", "action:", "next action:", "assistant:"];

/// Quotation marks that models put around an action.
const QUOTES: [char; 5] = ['"', '\'', '`', '“', '”'];

/// The action in a model's text: its first line that says anything, without prompt marks, labels,
/// quotation marks and full stops around it.
pub fn parse_action(text: &str) -> String {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let mut action = line;
    loop {
        let shorter = strip_once(action);
        if shorter.len() == action.len() {
            return action.to_owned();
        }
        action = shorter;
    }
}

fn strip_once(text: &str) -> &str {
    let text = text.trim().trim_matches(QUOTES).trim_end_matches('.');
    for prefix in PREFIXES {
        // `get` is `None` where the prefix length falls inside a character, so that never panics.
        if let Some(head) = text.get(..prefix.len())
            && head.eq_ignore_ascii_case(prefix)
        {
            return text[prefix.len()..].trim_start();
        }
    }
    text.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoration_is_not_part_of_an_action() {
        for text in [
            "go to shelf 1",
            "  go to shelf 1 \n",
            "> go to shelf 1",
            "Action: go to shelf 1.",
            "\n\n\"go to shelf 1\"\nThen I will look.",
            "> Action: `go to shelf 1`...",
            "ACTION:go to shelf 1",
        ] {
            assert_eq!(parse_action(text), "go to shelf 1", "from {text:?}");
        }
    }

    #[test]
    fn nothing_stays_nothing_and_odd_text_does_not_panic() {
        assert_eq!(parse_action(""), "");
        assert_eq!(parse_action(" \n \n"), "");
        assert_eq!(parse_action("..."), "");
        assert_eq!(parse_action("ääääääää"), "ääääääää");
    }
}
