//! What candidates say alike, so that it is read once.
//!
//! Candidates put together by their tokens make a tree: "go to", then "drawer", then " 1" and " 2". A
//! stretch is an edge of it: the tokens that neighbours have in common, until they part.

use std::ops::Range;

/// Tokens that some candidates have in common, behind what they had in common before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The place in the level before of what comes before these tokens; 0 in the first level.
    pub(super) before: usize,
    /// Places in the sorted order.
    pub(super) candidates: Range<usize>,
    /// Which tokens of each of them.
    pub(super) tokens: Range<usize>,
}

/// Cuts sequences into levels of stretches. They are sorted; each stretch follows one of the level
/// before, or stands at the beginning.
pub(super) fn levels(sorted: &[&[u32]]) -> Vec<Vec<Stretch>> {
    debug_assert!(sorted.is_sorted(), "neighbours say the same longest");
    let mut levels = vec![following(sorted, 0, 0..sorted.len(), 0)];
    while let Some(last) = levels.last().filter(|last| !last.is_empty()) {
        let next = last.iter().enumerate().flat_map(|(before, stretch)| {
            following(
                sorted,
                before,
                stretch.candidates.clone(),
                stretch.tokens.end,
            )
        });
        let next = next.collect();
        levels.push(next);
    }
    levels.pop();
    levels
}

/// The stretches of `candidates`, which are alike up to token `from`.
pub(super) fn following(
    sorted: &[&[u32]],
    before: usize,
    candidates: Range<usize>,
    from: usize,
) -> Vec<Stretch> {
    let first = candidates.start;
    let runs = sorted[candidates].chunk_by(|a, b| a.get(from) == b.get(from));
    let ends = runs.scan(first, |start, run| {
        let candidates = *start..*start + run.len();
        *start = candidates.end;
        Some((candidates, run[0], run[run.len() - 1]))
    });
    // Those that end here come first and follow with nothing.
    ends.filter(|(_, shortest, _)| shortest.len() > from)
        .map(|(candidates, a, b)| Stretch {
            before,
            candidates,
            // Between the outermost ones lie all others.
            tokens: from..a.iter().zip(b).take_while(|(a, b)| a == b).count(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(before: usize, candidates: Range<usize>, tokens: Range<usize>) -> Stretch {
        Stretch {
            before,
            candidates,
            tokens,
        }
    }

    #[test]
    fn what_is_alike_is_read_once() {
        let sorted: [&[u32]; 5] = [&[9, 1, 2], &[9, 1, 2, 3], &[9, 1, 2, 4], &[9, 5], &[9, 5]];
        let expected = vec![
            vec![stretch(0, 0..5, 0..1)],
            vec![stretch(0, 0..3, 1..3), stretch(0, 3..5, 1..2)],
            vec![stretch(0, 1..2, 3..4), stretch(0, 2..3, 3..4)],
        ];
        assert_eq!(levels(&sorted), expected);
    }

    #[test]
    fn every_token_of_every_candidate_is_in_one_stretch() {
        // All sequences of up to four tokens out of two.
        let mut sequences: Vec<Vec<u32>> = vec![vec![]];
        for _ in 0..4 {
            let longer = sequences
                .iter()
                .flat_map(|sequence| [1, 2].map(|token| [sequence.as_slice(), &[token]].concat()));
            sequences = sequences.iter().cloned().chain(longer).collect();
        }
        sequences.sort_unstable();
        let sorted: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
        let levels = levels(&sorted);
        for (place, sequence) in sorted.iter().enumerate() {
            let mut read: Vec<usize> = Vec::new();
            for stretch in levels.iter().flatten() {
                if stretch.candidates.contains(&place) {
                    read.extend(stretch.tokens.clone());
                }
            }
            assert!(read.into_iter().eq(0..sequence.len()), "{sequence:?}");
        }
        for (level, before) in levels[1..].iter().zip(&levels) {
            for stretch in level {
                assert_eq!(before[stretch.before].tokens.end, stretch.tokens.start);
            }
        }
    }

    #[test]
    fn nothing_has_no_levels() {
        assert!(levels(&[]).is_empty());
    }
}
