//! A sentence with gaps. Pure.

use std::borrow::Cow;

/// Letters up to which what stands between two gaps is short, spaces included.
const SHORT: usize = 5;

/// A sentence with gaps, and its translation.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// What stands before, between and behind the gaps.
    pieces: Vec<String>,
    /// The translation: pieces and the number of the gap behind each.
    translation: Vec<(String, Option<usize>)>,
}

impl Template {
    /// `key` has gaps `{}`; the translation has `{}` in the same order, or `{0}`, `{1}` in any.
    pub(super) fn new(key: &str, translation: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = translation;
        while let Some((piece, behind)) = rest.split_once('{') {
            let (number, behind) = behind.split_once('}').unwrap_or((behind, ""));
            let in_order = parts.len();
            parts.push((piece.to_owned(), Some(number.parse().unwrap_or(in_order))));
            rest = behind;
        }
        parts.push((rest.to_owned(), None));
        Self {
            pieces: key.split("{}").map(str::to_owned).collect(),
            translation: parts,
        }
    }

    /// How much of the sentence is given: more is more specific.
    pub(super) fn num_letters(&self) -> usize {
        self.pieces.iter().map(String::len).sum()
    }

    /// True for little more than a word between two gaps (`{} to {}`): sentences that worlds, models and
    /// people wrote have that form as well, unless numbers stand around it.
    fn is_short(&self) -> bool {
        let ends_open = [self.pieces.first(), self.pieces.last()]
            .into_iter()
            .flatten()
            .all(String::is_empty);
        ends_open && self.num_letters() <= SHORT
    }

    /// What fills the gaps when `text` has this form. No gap is empty, and around a short piece stand numbers.
    pub(super) fn gaps<'a>(&self, text: &'a str) -> Option<Vec<&'a str>> {
        let (first, others) = self.pieces.split_first()?;
        let (last, between) = others.split_last()?;
        let mut rest = text.strip_prefix(first.as_str())?;
        rest = rest.strip_suffix(last.as_str())?;
        let mut gaps = Vec::with_capacity(others.len());
        for piece in between {
            let (gap, behind) = rest.split_once(piece.as_str())?;
            gaps.push(gap);
            rest = behind;
        }
        gaps.push(rest);
        let is_short = self.is_short();
        let fits = |gap: &&str| {
            !gap.is_empty() && (!is_short || gap.contains(|letter: char| letter.is_ascii_digit()))
        };
        gaps.iter().all(fits).then_some(gaps)
    }

    /// The translation with its gaps filled.
    pub(super) fn fill(&self, gaps: &[Cow<'_, str>]) -> String {
        let mut text = String::new();
        for (piece, gap) in &self.translation {
            text.push_str(piece);
            text.push_str(gap.and_then(|gap| gaps.get(gap)).map_or("", |gap| gap));
        }
        text
    }

    /// True when the translation has every gap, once.
    #[cfg(test)]
    pub(super) fn is_complete(&self) -> bool {
        let mut gaps: Vec<usize> = self.translation.iter().filter_map(|part| part.1).collect();
        gaps.sort_unstable();
        gaps == (0..self.pieces.len() - 1).collect::<Vec<_>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_word_is_translated_only_between_numbers() {
        let template = Template::new("{} to {}", "{} bis {}");
        assert_eq!(template.gaps("20 to 40"), Some(vec!["20", "40"]));
        assert_eq!(template.gaps("Go to the fridge"), None);
        assert_eq!(template.gaps("go to fridge 1"), None);
        let left = Template::new("{} left", "noch {}");
        assert_eq!(left.gaps("a minute left"), Some(vec!["a minute"]));
    }

    #[test]
    fn gaps_are_cut_out_and_may_change_places() {
        let template = Template::new("{} of {} jobs done", "von {1} Aufträgen {0} fertig");
        assert_eq!(template.gaps("3 of 6 jobs done"), Some(vec!["3", "6"]));
        assert_eq!(template.gaps("3 of jobs done"), None);
        let filled = template.fill(&["3".into(), "6".into()]);
        assert_eq!(filled, "von 6 Aufträgen 3 fertig");
        assert!(template.is_complete());
        assert!(!Template::new("{} left", "noch").is_complete());
    }
}
