//! What must be so after a trial, and what of it is not.

use std::collections::{BTreeMap, BTreeSet};

use lore_protocol::ApiError;
use serde_json::Value;

use super::look::Seen;
use super::scene::{ANY, AS_WITHOUT_FAULT, Claim, Word};

/// The values that each thing may have.
pub(super) struct Ledger<'a> {
    allowed: BTreeMap<String, Vec<Value>>,
    /// How everything stood at the end of the run without a fault.
    last: &'a Seen,
    pending: Vec<(String, Value)>,
    /// What the application refused, and failures of jobs.
    pub(super) said: Vec<ApiError>,
    /// True when the scene came to its end.
    pub(super) has_ended: bool,
}

impl<'a> Ledger<'a> {
    /// Before the scene everything is as it was `first`.
    pub(super) fn new(first: &Seen, last: &'a Seen) -> Self {
        let things = first.things.iter();
        Self {
            allowed: things
                .map(|(thing, value)| (thing.clone(), vec![value.clone()]))
                .collect(),
            last,
            pending: Vec::new(),
            said: Vec::new(),
            has_ended: false,
        }
    }

    /// Takes in what the driver said next.
    pub(super) fn take(&mut self, word: Word) {
        match word {
            Word::Begin(claims) => self.begin(&claims),
            Word::Done => self.done(),
            Word::Said(error) => {
                self.pending.clear();
                self.said.push(error);
            }
            Word::NotOpened(error) => {
                self.said.push(error);
                self.has_ended = true;
            }
            Word::End => self.has_ended = true,
        }
    }

    /// From now on the old value is right and the new one as well.
    fn begin(&mut self, claims: &[Claim]) {
        // The later claim is the closer one.
        let mut new = BTreeMap::new();
        for Claim(thing, value) in claims {
            for thing in self.expanded(thing) {
                let value = if value == AS_WITHOUT_FAULT {
                    self.last.things.get(&thing).cloned().unwrap_or_default()
                } else {
                    value.clone()
                };
                new.insert(thing, value);
            }
        }
        for (thing, value) in &new {
            let allowed = self.allowed.entry(thing.clone());
            allowed
                .or_insert_with(|| vec![Value::Null])
                .push(value.clone());
        }
        self.pending = new.into_iter().collect();
    }

    /// From now on only the new value is right.
    fn done(&mut self) {
        for (thing, value) in self.pending.drain(..) {
            self.allowed.insert(thing, vec![value]);
        }
    }

    /// The things that a claim is about.
    fn expanded(&self, thing: &str) -> BTreeSet<String> {
        let Some(start) = thing.strip_suffix('*') else {
            return [thing.to_owned()].into();
        };
        let known = self.allowed.keys().chain(self.last.things.keys());
        known.filter(|it| it.starts_with(start)).cloned().collect()
    }

    /// Things that are not as they must be, in words.
    pub(super) fn wrong(&self, seen: &Seen) -> Vec<(String, String)> {
        let things: BTreeSet<&String> = self.allowed.keys().chain(seen.things.keys()).collect();
        let none = [Value::Null];
        let mut wrong = Vec::new();
        for thing in things {
            let value = seen.things.get(thing).unwrap_or(&Value::Null);
            let allowed = self.allowed.get(thing).map_or(&none[..], Vec::as_slice);
            if !allowed.iter().any(|right| right == value || right == ANY) {
                wrong.push((
                    thing.clone(),
                    format!("{thing} is {value}, and must be {allowed:?}"),
                ));
            }
        }
        wrong
    }
}

/// What is wrong with a sentence, if anything.
pub(super) fn unclear(sentence: &str) -> Option<String> {
    let why = if sentence.trim().is_empty() {
        "says nothing"
    } else if sentence.chars().count() > 500 {
        "is too long"
    } else if sentence.contains('\n') {
        "has several lines"
    } else if !sentence.starts_with(|c: char| c.is_uppercase() || "\"'/".contains(c)) {
        "does not begin like one"
    } else if ["os error", "panicked", "Err(", "unwrap", "RecvError"]
        .iter()
        .any(|word| sentence.contains(word))
    {
        "speaks of the machine's insides"
    } else {
        return None;
    };
    Some(format!("a sentence {why}: {sentence:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::scene::claim;

    fn seen(things: &[(&str, i32)]) -> Seen {
        let things = things.iter();
        Seen {
            things: things
                .map(|(thing, value)| ((*thing).to_owned(), (*value).into()))
                .collect(),
            sentences: Vec::new(),
        }
    }

    #[test]
    fn what_was_taken_must_be_there_and_what_was_not_may() {
        let last = seen(&[("a", 2), ("b", 3)]);
        let mut ledger = Ledger::new(&seen(&[("a", 1), ("c", 9)]), &last);
        let all_right =
            |ledger: &Ledger<'_>, things: &[(&str, i32)]| ledger.wrong(&seen(things)).is_empty();
        assert!(all_right(&ledger, &[("a", 1), ("c", 9)]));
        assert!(!all_right(&ledger, &[("a", 2), ("c", 9)]), "nobody asked");
        ledger.take(Word::Begin(vec![
            claim("a", 2),
            claim("b*", AS_WITHOUT_FAULT),
        ]));
        assert!(all_right(&ledger, &[("a", 1), ("c", 9)]), "not yet");
        assert!(all_right(&ledger, &[("a", 2), ("b", 3), ("c", 9)]));
        ledger.take(Word::Done);
        assert!(!all_right(&ledger, &[("a", 1), ("c", 9)]), "it was taken");
        assert!(!all_right(&ledger, &[("a", 2), ("b", 3)]), "c is lost");
        assert!(all_right(&ledger, &[("a", 2), ("b", 3), ("c", 9)]));
    }

    #[test]
    fn sentences_are_for_people() {
        assert_eq!(unclear("The disk is full."), None);
        for bad in ["", "no such file", "It broke (os error 5).", "A\nB"] {
            assert!(unclear(bad).is_some(), "{bad:?}");
        }
    }
}
