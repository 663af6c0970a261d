//! Choosing among candidates: threshold, half and half, diversity.

use lore_core::{DropReason, OutcomeFilter, Query, SearchKind, dot};

use super::search::Candidate;

/// What was chosen, best first, and what was not with the reason.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) chosen: Vec<Candidate>,
    pub(super) dropped: Vec<(Candidate, DropReason)>,
}

/// Chooses at most `query.k` of `candidates`, which stand best first.
pub(super) fn select(candidates: Vec<Candidate>, query: &Query) -> Choice {
    let mut choice = Choice::default();
    let selection = &query.selection;
    let min_score = selection
        .min_score
        .filter(|_| selection.search == SearchKind::Meaning)
        .map(|percent| f32::from(percent) / 100.0);
    let mut pool = Vec::new();
    for candidate in candidates {
        if min_score.is_some_and(|min_score| candidate.score < min_score) {
            choice.dropped.push((candidate, DropReason::Score));
        } else {
            pool.push(candidate);
        }
    }
    if query.filter.outcome == OutcomeFilter::Balanced {
        let (successes, failures): (Vec<_>, Vec<_>) =
            pool.into_iter().partition(|candidate| candidate.success);
        let num_failures = (query.k / 2).min(failures.len());
        let num_successes = (query.k - num_failures).min(successes.len());
        // Where one side is short the other fills up.
        let num_failures = (query.k - num_successes).min(failures.len());
        take(successes, num_successes, selection.diversity, &mut choice);
        take(failures, num_failures, selection.diversity, &mut choice);
    } else {
        take(pool, query.k, selection.diversity, &mut choice);
    }
    choice
        .chosen
        .sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
    choice
        .dropped
        .sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
    choice
}

/// Takes `num` of `pool` by maximal marginal relevance; `diversity` is in per cent.
fn take(mut pool: Vec<Candidate>, num: usize, diversity: u8, choice: &mut Choice) {
    let weight = f32::from(diversity.min(100)) / 100.0;
    let (low, high) = bounds(&pool);
    // Scores of words and of ranks have scales of their own; keys have that of a cosine.
    let relevance = |candidate: &Candidate| match high - low {
        range if range > 0.0 => (candidate.score - low) / range,
        _ => 1.0,
    };
    let mut taken: Vec<Candidate> = Vec::new();
    let mut likeness = vec![0.0f32; pool.len()];
    while taken.len() < num && !pool.is_empty() {
        let value =
            |index: usize| (1.0 - weight) * relevance(&pool[index]) - weight * likeness[index];
        let mut best = 0;
        for index in 1..pool.len() {
            if value(index) > value(best) {
                best = index;
            }
        }
        let candidate = pool.remove(best);
        likeness.remove(best);
        for (likeness, other) in likeness.iter_mut().zip(&pool) {
            *likeness = likeness.max(dot(&candidate.key, &other.key));
        }
        taken.push(candidate);
    }
    let worst = taken
        .iter()
        .map(|candidate| candidate.score)
        .fold(f32::INFINITY, f32::min);
    choice.dropped.extend(pool.into_iter().map(|candidate| {
        let reason = if candidate.score > worst {
            DropReason::Diversity
        } else {
            DropReason::Rank
        };
        (candidate, reason)
    }));
    choice.chosen.extend(taken);
}

fn bounds(pool: &[Candidate]) -> (f32, f32) {
    pool.iter().fold(
        (f32::INFINITY, f32::NEG_INFINITY),
        |(low, high), candidate| (low.min(candidate.score), high.max(candidate.score)),
    )
}

/// How many candidates a choice needs to see.
pub(super) fn pool_size(query: &Query) -> usize {
    let needs_more =
        query.selection.diversity > 0 || query.filter.outcome == OutcomeFilter::Balanced;
    if needs_more {
        (8 * query.k).max(64)
    } else {
        query.k
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::search::tests::candidate_with;

    fn query(k: usize) -> Query {
        Query {
            k,
            ..Query::default()
        }
    }

    fn pool() -> Vec<Candidate> {
        vec![
            candidate_with("a", 0.9, true, &[1.0, 0.0]),
            candidate_with("b", 0.88, true, &[1.0, 0.0]),
            candidate_with("c", 0.6, false, &[0.0, 1.0]),
            candidate_with("d", 0.2, false, &[0.0, 1.0]),
        ]
    }

    fn ids(choice: &Choice) -> String {
        choice.chosen.iter().map(|one| one.id.as_str()).collect()
    }

    fn reasons(choice: &Choice) -> Vec<DropReason> {
        choice.dropped.iter().map(|(_, reason)| *reason).collect()
    }

    #[test]
    fn the_best_scores_are_the_default() {
        let choice = select(pool(), &query(2));
        assert_eq!(ids(&choice), "ab");
        assert_eq!(reasons(&choice), [DropReason::Rank, DropReason::Rank]);
    }

    #[test]
    fn diversity_passes_over_what_is_alike() {
        let mut query = query(2);
        query.selection.diversity = 60;
        let choice = select(pool(), &query);
        assert_eq!(ids(&choice), "ac");
        assert_eq!(reasons(&choice), [DropReason::Diversity, DropReason::Rank]);
    }

    #[test]
    fn half_and_half_fills_up_from_the_other_side() {
        let mut query = query(2);
        query.filter.outcome = OutcomeFilter::Balanced;
        assert_eq!(ids(&select(pool(), &query)), "ac");
        query.k = 3;
        assert_eq!(ids(&select(pool(), &query)), "abc", "one success more");
        query.k = 4;
        let only_good = pool().into_iter().take(2).collect();
        assert_eq!(ids(&select(only_good, &query)), "ab");
        let only_bad = pool().into_iter().skip(2).collect();
        assert_eq!(ids(&select(only_bad, &query)), "cd");
    }

    #[test]
    fn a_threshold_keeps_weak_ones_out() {
        let mut query = query(9);
        query.selection.min_score = Some(50);
        let choice = select(pool(), &query);
        assert_eq!(ids(&choice), "abc");
        assert_eq!(reasons(&choice), [DropReason::Score]);
    }
}
