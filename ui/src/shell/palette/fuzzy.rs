//! Finding by a few letters, in order, not necessarily next to each other.

use super::PaletteEntry;
use crate::theme::Tokens;

/// The numbers of the entries that match in the language somebody chose, best first.
pub(super) fn matches(text: &str, entries: &[PaletteEntry], tokens: &Tokens) -> Vec<usize> {
    let mut found: Vec<(i32, usize)> = entries
        .iter()
        .enumerate()
        .filter_map(|(index, entry)| {
            let (area, title) = (tokens.say(entry.area), tokens.say(&entry.title));
            let in_title = score(text, &title);
            // The page's name helps to find a command, but less than its own words.
            let anywhere = score(text, &format!("{area} {title}"));
            let best = in_title.or(anywhere.map(|score| score - 20))?;
            Some((best, index))
        })
        .collect();
    found.sort_by_key(|(score, index)| (-score, *index));
    found.into_iter().map(|(_, index)| index).collect()
}

/// How well the letters of `text` are found in `title`; `None` when they are not.
fn score(text: &str, title: &str) -> Option<i32> {
    let title: Vec<char> = title.to_lowercase().chars().collect();
    let mut points = 0;
    let mut next = 0;
    let mut last: Option<usize> = None;
    for letter in text.to_lowercase().chars().filter(|c| !c.is_whitespace()) {
        let found = (next..title.len()).find(|&index| title[index] == letter)?;
        let at_word_start = found == 0 || !title[found - 1].is_alphanumeric();
        points += if last.is_some_and(|last| last + 1 == found) {
            6
        } else if at_word_start {
            4
        } else {
            1
        };
        points -= (found - next).min(3) as i32;
        last = Some(found);
        next = found + 1;
    }
    Some(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_must_come_in_order() {
        assert!(score("tst", "Data sets").is_some());
        assert!(score("sd", "Data sets").is_none());
    }

    #[test]
    fn word_starts_and_runs_win() {
        assert!(score("ex", "Export") > score("ex", "Run the sample experiment"));
        assert!(score("dat", "Data sets") > score("dat", "Go forward at"));
    }

    #[test]
    fn nothing_typed_finds_everything() {
        assert_eq!(score("", "Anything"), Some(0));
    }
}
