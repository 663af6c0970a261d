//! Why these memories and not others.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use lore_core::{
    DropReason, DroppedExperience, ExperienceId, Explanation, Filter, Hit, LeakGuard, Query,
};

use super::search::Candidate;
use super::select::pool_size;
use crate::ExperienceBank;
use crate::schema::column;
use crate::sql::{Conditions, is_among};
use crate::table::texts;

/// Experiences named that were not retrieved.
const NUM_DROPPED: usize = 20;

impl ExperienceBank {
    /// What [`ExperienceBank::retrieve`] returns, the best of what it does not and why, and how many
    /// experiences each filter keeps out. `token_budget` is the largest memory block, by the bank's own
    /// estimate of tokens; 0 means no limit. Memories that do not fit go from the worst score up.
    pub fn explain(
        &self,
        query: &Query,
        vector: &[f32],
        token_budget: usize,
    ) -> Result<Explanation> {
        let wanted = pool_size(query).max(query.k + NUM_DROPPED);
        let choice = self.choose(query, vector, wanted)?;
        let mut dropped = choice.dropped;
        let mut chosen = choice.chosen;
        while token_budget > 0 && num_tokens(&chosen) > token_budget {
            let last = chosen.pop();
            dropped.extend(last.map(|candidate| (candidate, DropReason::Budget)));
        }
        dropped.extend(self.kept_out(query, vector)?);
        dropped.sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        dropped.truncate(NUM_DROPPED);
        let hits = self.hits(chosen)?;
        Ok(Explanation {
            dropped: ranked(&hits, dropped),
            hits,
            kept_out: self.counts(query).with_context(|| self.unreadable())?,
            num_experiences: self.inner.count(None).with_context(|| self.unreadable())?,
        })
    }

    /// The best of those that a filter or the guard keeps out, with the first reason that applies.
    fn kept_out(&self, query: &Query, vector: &[f32]) -> Result<Vec<(Candidate, DropReason)>> {
        if query.k == 0 {
            return Ok(Vec::new());
        }
        let everything = Query {
            filter: Filter::default(),
            guard: LeakGuard::default(),
            ..query.clone()
        };
        let all = Conditions::default();
        let found = self
            .candidates(&everything, vector, &all, query.k + NUM_DROPPED)
            .with_context(|| self.unreadable())?;
        let reasons = self
            .reasons(query, &found)
            .with_context(|| self.unreadable())?;
        Ok(found
            .into_iter()
            .filter_map(|candidate| {
                let reason = *reasons.get(&candidate.id)?;
                Some((candidate, reason))
            })
            .collect())
    }

    /// The first condition that each of `found` fails; those that fail none are left out.
    fn reasons(
        &self,
        query: &Query,
        found: &[Candidate],
    ) -> Result<BTreeMap<ExperienceId, DropReason>> {
        let mut reasons = BTreeMap::new();
        let ids: Vec<&str> = found
            .iter()
            .map(|candidate| candidate.id.as_str())
            .collect();
        if ids.is_empty() {
            return Ok(reasons);
        }
        let those = is_among(column::ID, &ids);
        for (reason, condition) in Conditions::of_query(&query.filter, &query.guard).each() {
            let fails = format!("{those} AND NOT ({condition})");
            for batch in self.inner.scan(Some(&fails), &[column::ID])? {
                for id in texts(&batch, column::ID)?.iter().flatten() {
                    reasons.entry(ExperienceId::from(id)).or_insert(reason);
                }
            }
        }
        Ok(reasons)
    }

    /// How many experiences of the whole bank fail each condition.
    fn counts(&self, query: &Query) -> Result<Vec<(DropReason, u64)>> {
        let mut counts: BTreeMap<DropReason, u64> = BTreeMap::new();
        for (reason, condition) in Conditions::of_query(&query.filter, &query.guard).each() {
            let count = self.inner.count(Some(format!("NOT ({condition})")))?;
            *counts.entry(reason).or_default() += count;
        }
        Ok(counts.into_iter().filter(|(_, count)| *count > 0).collect())
    }
}

fn num_tokens(chosen: &[Candidate]) -> usize {
    chosen
        .iter()
        .map(|candidate| candidate.num_tokens as usize)
        .sum()
}

/// What was dropped with its place by score among everything shown.
fn ranked(hits: &[Hit], dropped: Vec<(Candidate, DropReason)>) -> Vec<DroppedExperience> {
    dropped
        .into_iter()
        .zip(0u32..)
        .map(|((candidate, reason), place)| {
            let better = hits.iter().filter(|hit| hit.score >= candidate.score);
            DroppedExperience {
                rank: place + better.count() as u32,
                id: candidate.id,
                goal: candidate.goal,
                task_type: candidate.task_type,
                success: candidate.success,
                score: candidate.score,
                num_tokens: candidate.num_tokens,
                reason,
            }
        })
        .collect()
}
