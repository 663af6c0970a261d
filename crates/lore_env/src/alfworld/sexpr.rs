//! S-expressions: the syntax of PDDL.

use anyhow::{Result, bail, ensure};

/// Official problems hold about 60 kB; more than this is not a game.
const MAX_BYTES: usize = 4 << 20;
/// Official goals are nested seven deep.
const MAX_DEPTH: usize = 64;

/// A word, or a list of expressions. Borrows from the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sexpr<'a> {
    /// A word.
    Word(&'a str),
    /// A list in parentheses.
    List(Vec<Self>),
}

impl<'a> Sexpr<'a> {
    /// Reads one expression; only white space and comments may follow.
    pub(super) fn parse(text: &'a str) -> Result<Self> {
        ensure!(
            text.len() <= MAX_BYTES,
            "it is larger than {} MB",
            MAX_BYTES >> 20
        );
        let mut open: Vec<Vec<Self>> = Vec::new();
        let mut whole = None;
        for token in (Tokens { text }) {
            ensure!(
                whole.is_none(),
                "something follows its last parenthesis: {token:?}"
            );
            let done = match token {
                "(" => {
                    ensure!(
                        open.len() < MAX_DEPTH,
                        "its parentheses are nested too deep"
                    );
                    open.push(Vec::new());
                    continue;
                }
                ")" => match open.pop() {
                    Some(list) => Self::List(list),
                    None => bail!("it closes a parenthesis that was never opened"),
                },
                word => Self::Word(word),
            };
            match open.last_mut() {
                Some(parent) => parent.push(done),
                None => whole = Some(done),
            }
        }
        ensure!(open.is_empty(), "it ends inside a parenthesis");
        whole.ok_or_else(|| anyhow::anyhow!("it is empty"))
    }

    /// The items of a list.
    pub(super) fn list(&self) -> Result<&[Self]> {
        match self {
            Self::List(items) => Ok(items),
            Self::Word(word) => bail!("expected a list, found {word:?}"),
        }
    }

    /// The text of a word.
    pub(super) fn word(&self) -> Result<&'a str> {
        match self {
            Self::Word(word) => Ok(word),
            Self::List(_) => bail!("expected a word, found a list"),
        }
    }

    /// The first word of a list and what follows it; `("", [])` for an empty list.
    pub(super) fn head(&self) -> Result<(&'a str, &[Self])> {
        match self.list()? {
            [] => Ok(("", &[])),
            [first, rest @ ..] => Ok((first.word()?, rest)),
        }
    }
}

/// Parentheses and words, comments left out.
struct Tokens<'a> {
    text: &'a str,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            self.text = self.text.trim_start();
            let first = *self.text.as_bytes().first()?;
            if first == b';' {
                let end = self.text.find('\n').unwrap_or(self.text.len());
                self.text = &self.text[end..];
                continue;
            }
            let end = if matches!(first, b'(' | b')') {
                1
            } else {
                self.text
                    .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ';'))
                    .unwrap_or(self.text.len())
            };
            let (token, rest) = self.text.split_at(end);
            self.text = rest;
            return Some(token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_nest_and_comments_vanish() {
        let parsed = Sexpr::parse("(a ; not this )\n (b c))").unwrap();
        let inner = Sexpr::List(vec![Sexpr::Word("b"), Sexpr::Word("c")]);
        assert_eq!(parsed, Sexpr::List(vec![Sexpr::Word("a"), inner]));
    }

    #[test]
    fn damage_is_told_not_panicked_over() {
        let deep = "(".repeat(100_000);
        for text in ["", "(", ")", "(a))", "(a) b", "(é", deep.as_str()] {
            assert!(
                Sexpr::parse(text).is_err(),
                "{:?}",
                &text[..text.len().min(9)]
            );
        }
    }
}
