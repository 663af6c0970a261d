//! The words of the interface in the language somebody chose.
//!
//! There is one message table a language (`assets/words_<language>.json`), and English sentences are
//! its keys, so that code reads as it looks and a sentence nobody translated is shown in English
//! rather than not at all. A key with `{}` in it stands for every sentence of that form: what fills
//! the gaps is looked up in turn, and the translation may put it in another order (`{1} … {0}`).
//! What worlds, models and people wrote is in no table and stays as it is.

mod template;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use lore_protocol::Language;

use template::Template;

const GERMAN: &str = include_str!("../../../assets/words_de.json");

/// The languages to choose from, each in its own words.
pub const LANGUAGES: [(Language, &str); 2] = [
    (Language::English, "English"),
    (Language::German, "Deutsch"),
];

/// Filled-in sentences that are remembered; then all are forgotten at once.
const MAX_REMEMBERED: usize = 4096;

/// Between facts of equal weight in one line; each is looked up on its own.
const BETWEEN: &str = " · ";

/// A language's table.
#[derive(Clone, Debug, Default)]
pub struct Words {
    sentences: BTreeMap<String, String>,
    /// The most specific first.
    templates: Vec<Template>,
    remembered: RefCell<BTreeMap<String, String>>,
}

impl Words {
    /// The table of a language; English needs none.
    pub fn of(language: Language) -> Self {
        match language {
            Language::English => Self::default(),
            Language::German => Self::read(GERMAN),
        }
    }

    fn read(table: &str) -> Self {
        let all: BTreeMap<String, String> =
            serde_json::from_str(table).expect("assets/words_de.json is checked by a test");
        let (templates, sentences): (BTreeMap<_, _>, BTreeMap<_, _>) =
            all.into_iter().partition(|(key, _)| key.contains("{}"));
        let mut templates: Vec<Template> = templates
            .iter()
            .map(|(key, translation)| Template::new(key, translation))
            .collect();
        templates.sort_by_key(|template| std::cmp::Reverse(template.num_letters()));
        Self {
            sentences,
            templates,
            remembered: RefCell::default(),
        }
    }

    /// A sentence in this language, or as it is when the table does not have it.
    pub fn say<'a>(&'a self, english: &'a str) -> Cow<'a, str> {
        if self.sentences.is_empty() || english.is_empty() {
            return Cow::Borrowed(english);
        }
        if let Some(found) = self.sentences.get(english) {
            return Cow::Borrowed(found);
        }
        if let Some(found) = self.remembered.borrow().get(english) {
            return Cow::Owned(found.clone());
        }
        let said = self.fill(english).unwrap_or_else(|| english.to_owned());
        let mut remembered = self.remembered.borrow_mut();
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(english.to_owned(), said.clone());
        Cow::Owned(said)
    }

    /// A sentence made of parts that the table has.
    fn fill(&self, english: &str) -> Option<String> {
        if english.contains(BETWEEN) {
            let parts: Vec<_> = english.split(BETWEEN).map(|part| self.say(part)).collect();
            return Some(parts.join(BETWEEN));
        }
        self.templates.iter().find_map(|template| {
            let gaps = template.gaps(english)?;
            let gaps: Vec<_> = gaps.into_iter().map(|gap| self.say(gap)).collect();
            Some(template.fill(&gaps))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words::read(
            r#"{"Home": "Start", "{} episodes": "{} Episoden", "{} left": "noch {}",
                "Show {} in {}": "{0} in {1} zeigen", "12 min": "zwölf Minuten"}"#,
        )
    }

    #[test]
    fn sentences_and_forms_are_found() {
        let words = words();
        for _ in 0..2 {
            assert_eq!(words.say("Home"), "Start");
            assert_eq!(words.say("1,200 episodes"), "1,200 Episoden");
            assert_eq!(words.say("12 min left"), "noch zwölf Minuten");
            assert_eq!(words.say("Show Home in Runs"), "Start in Runs zeigen");
            assert_eq!(words.say("Home · 3 episodes"), "Start · 3 Episoden");
        }
    }

    #[test]
    fn what_is_not_in_the_table_stays() {
        let words = words();
        assert_eq!(words.say("put a mug on the desk"), "put a mug on the desk");
        assert_eq!(words.say(" episodes"), " episodes", "a gap is never empty");
        assert_eq!(Words::default().say("Home"), "Home");
    }

    #[test]
    fn the_german_table_can_be_read_and_keeps_every_gap() {
        let words = Words::of(Language::German);
        assert!(words.sentences.len() > 300);
        for template in &words.templates {
            assert!(template.is_complete(), "{template:?}");
        }
    }
}
