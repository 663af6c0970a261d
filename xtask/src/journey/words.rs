//! What the stories look for, in the language that the window speaks.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::place::Place;

/// A message table; empty where the window speaks English.
#[derive(Default)]
pub(crate) struct Words(BTreeMap<String, String>);

impl Words {
    /// The table of a language and the name that the settings give it.
    pub(crate) fn of(place: &Place, language: &str) -> Result<(Self, &'static str)> {
        match language {
            "en" => Ok((Self::default(), "english")),
            "de" => {
                let file = place.root.join("assets").join("words_de.json");
                let text = fs::read_to_string(&file).context("Could not read the messages")?;
                Ok((Self(serde_json::from_str(&text)?), "german"))
            }
            other => bail!("--language is en or de, not {other:?}"),
        }
    }

    /// A whole name; what no table has was written by a world or a person and stays as it is.
    pub(crate) fn name<'a>(&'a self, english: &'a str) -> &'a str {
        self.0.get(english).map_or(english, String::as_str)
    }

    /// Words out of a sentence with gaps: the longest piece of the shortest such sentence.
    pub(crate) fn piece<'a>(&'a self, english: &'a str) -> &'a str {
        if let Some(whole) = self.0.get(english) {
            return whole;
        }
        let sentence = self
            .0
            .iter()
            .filter(|(key, _)| key.split("{}").any(|piece| piece == english))
            .min_by_key(|(key, _)| key.len());
        let pieces = sentence.map(|(_, said)| said.split(['{', '}']));
        let longest = pieces.and_then(|pieces| pieces.max_by_key(|piece| piece.len()));
        longest.unwrap_or(english)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_pieces_are_found_in_the_table() {
        let table = [("Next", "Weiter"), ("{} left", "noch {}")];
        let words = Words(
            table
                .map(|(key, said)| (key.to_owned(), said.to_owned()))
                .into(),
        );
        assert_eq!(words.name("Next"), "Weiter");
        assert_eq!(words.name("Shelf 1"), "Shelf 1");
        assert_eq!(words.piece(" left"), "noch ");
        assert_eq!(Words::default().piece(" left"), " left");
    }
}
