//! Finding candidates: by meaning, by words, or both. Only narrow columns are read.

use std::collections::BTreeMap;

use anyhow::Result;
use arrow_array::RecordBatch;
use lancedb::DistanceType;
use lancedb::index::scalar::FullTextSearchQuery;
use lancedb::query::{QueryBase, Select};
use lore_core::{ExperienceId, KeyKind, Query, SearchKind, dot};

use crate::ExperienceBank;
use crate::schema::column;
use crate::sql::Conditions;
use crate::table::{collect, counts, flags, key, keys, reals, texts};

/// LanceDB's name for the distance of a found row.
const DISTANCE: &str = "_distance";

/// LanceDB's name for the score of a row found by words.
const BM25: &str = "_score";

/// How far two distances may be apart and still stand for equal scores: LanceDB sums in another
/// order than [`dot`] does.
const SLACK: f32 = 1e-5;

/// Rows that are asked for beyond those wanted.
const SPARE: usize = 8;

/// Where the search for the last of equal scores ends when an index makes it approximate anyway.
const MAX_INDEXED_LIMIT: usize = 320;

/// Nodes of a graph that a search keeps in view; more find more and take longer. Among thousands of
/// experiences of one kind, which a large bank has, 100 miss one of twenty and 200 one of a hundred.
const MIN_EF: usize = 200;

/// How many times the rows wanted are compared exactly after an approximate search.
const REFINE: u32 = 3;

/// Words of a question that are looked for: a whole trajectory would ask for nearly every row.
const MAX_WORDS: usize = 64;

/// The constant of reciprocal rank fusion (Cormack, Clarke, Büttcher 2009).
const RANK_CONSTANT: f32 = 60.0;

/// A found row before its trajectory is read.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) id: ExperienceId,
    pub(super) score: f32,
    /// What is compared when candidates have to differ.
    pub(super) key: Vec<f32>,
    pub(super) goal: String,
    pub(super) task_type: String,
    pub(super) success: bool,
    pub(super) num_tokens: u32,
    /// Distance as LanceDB computed it.
    distance: f32,
}

impl ExperienceBank {
    /// At least the best `wanted` candidates that meet `conditions`, best first, equal scores by
    /// identifier; fewer only when there are no more.
    pub(super) fn candidates(
        &self,
        query: &Query,
        vector: &[f32],
        conditions: &Conditions,
        wanted: usize,
    ) -> Result<Vec<Candidate>> {
        let mut found = match query.selection.search {
            SearchKind::Meaning => self.by_meaning(query, vector, conditions, wanted)?,
            SearchKind::Words => self.by_words(query, vector, conditions, wanted)?,
            SearchKind::Both => fuse(
                self.by_meaning(query, vector, conditions, 2 * wanted)?,
                self.by_words(query, vector, conditions, 2 * wanted)?,
            ),
        };
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        Ok(found)
    }

    fn by_meaning(
        &self,
        query: &Query,
        vector: &[f32],
        conditions: &Conditions,
        wanted: usize,
    ) -> Result<Vec<Candidate>> {
        let key_column = self.binding.key_column(&self.id, query.key())?;
        if query.key() == KeyKind::Window {
            return self.by_windows(vector, conditions, wanted);
        }
        self.by_key(key_column, vector, conditions, wanted)
    }

    /// Many experiences share a goal and with it their key, so more rows are asked for until the last of
    /// them is clearly worse than the last one wanted: only then is a tie decided by identifier and not by
    /// where LanceDB stopped.
    fn by_key(
        &self,
        key_column: &str,
        vector: &[f32],
        conditions: &Conditions,
        wanted: usize,
    ) -> Result<Vec<Candidate>> {
        let is_exact = !self.indexed_columns()?.contains(key_column);
        let mut limit = wanted + SPARE;
        loop {
            let mut found = self.nearest(key_column, vector, conditions, limit)?;
            found.sort_by(|a, b| a.distance.total_cmp(&b.distance));
            let is_all = found.len() < limit;
            let wanted = found.get(wanted - 1).map(|candidate| candidate.distance);
            let last = found.last().map(|candidate| candidate.distance);
            let is_settled = match (wanted, last) {
                (Some(wanted), Some(last)) => last > wanted + SLACK,
                _ => true,
            };
            let is_enough = !is_exact && limit >= MAX_INDEXED_LIMIT;
            if is_all || is_settled || is_enough {
                return Ok(found);
            }
            limit *= 4;
        }
    }

    fn nearest(
        &self,
        key_column: &str,
        vector: &[f32],
        conditions: &Conditions,
        limit: usize,
    ) -> Result<Vec<Candidate>> {
        let mut search = self
            .inner
            .table
            .vector_search(vector)?
            .column(key_column)
            .distance_type(DistanceType::Dot)
            .ef(MIN_EF.max(REFINE as usize * limit))
            .refine_factor(REFINE)
            .limit(limit)
            .select(Select::columns(&columns(key_column, DISTANCE)));
        if let Some(condition) = conditions.clone().into_sql() {
            search = search.only_if(condition);
        }
        let mut found = Vec::new();
        for batch in self.inner.wait(collect(&search))? {
            let distances = reals(&batch, DISTANCE)?;
            let first = found.len();
            push(&batch, key_column, &mut found)?;
            for (candidate, row) in found[first..].iter_mut().zip(0..) {
                candidate.distance = distances.value(row);
                candidate.score = dot(vector, &candidate.key);
            }
        }
        Ok(found)
    }

    fn by_words(
        &self,
        query: &Query,
        vector: &[f32],
        conditions: &Conditions,
        wanted: usize,
    ) -> Result<Vec<Candidate>> {
        if !self.indexed_columns()?.contains(column::TEXT) {
            self.index()?;
        }
        let words = words(&query.text);
        if words.is_empty() || self.inner.count(None)? == 0 {
            return Ok(Vec::new());
        }
        let key_column = self.binding.key_column(&self.id, query.key())?;
        let question = FullTextSearchQuery::new(words).with_column(column::TEXT.to_owned())?;
        let mut search = self
            .inner
            .table
            .query()
            .full_text_search(question)
            .limit(wanted + SPARE)
            .select(Select::columns(&columns(key_column, BM25)));
        if let Some(condition) = conditions.clone().into_sql() {
            search = search.only_if(condition);
        }
        let mut found = Vec::new();
        for batch in self.inner.wait(collect(&search))? {
            let scores = reals(&batch, BM25)?;
            let first = found.len();
            push(&batch, key_column, &mut found)?;
            for (candidate, row) in found[first..].iter_mut().zip(0..) {
                candidate.score = scores.value(row);
                candidate.distance = -dot(vector, &candidate.key);
            }
        }
        Ok(found)
    }

    /// By the best stretch of each experience. Stretches know nothing of conditions, so more of them are
    /// asked for until enough experiences meet them.
    fn by_windows(
        &self,
        vector: &[f32],
        conditions: &Conditions,
        wanted: usize,
    ) -> Result<Vec<Candidate>> {
        let num_windows = self.num_windows()?;
        let mut limit = 8 * (wanted + SPARE);
        loop {
            let best = self.nearest_windows(vector, limit)?;
            let ids: Vec<&str> = best.keys().map(String::as_str).collect();
            let found = self.with_scores(conditions, &ids, &best)?;
            if found.len() >= wanted || limit >= num_windows {
                return Ok(found);
            }
            limit = limit.saturating_mul(4);
        }
    }

    fn with_scores(
        &self,
        conditions: &Conditions,
        ids: &[&str],
        scores: &BTreeMap<String, f32>,
    ) -> Result<Vec<Candidate>> {
        let mut found = Vec::new();
        if ids.is_empty() {
            return Ok(found);
        }
        let mut conditions = conditions.clone();
        conditions.ids(ids);
        let key_column = column::TRAJECTORY_KEY;
        let columns = columns(key_column, column::ENVIRONMENT);
        for batch in self
            .inner
            .scan(conditions.into_sql().as_deref(), &columns)?
        {
            push(&batch, key_column, &mut found)?;
        }
        for candidate in &mut found {
            candidate.score = scores
                .get(candidate.id.as_str())
                .copied()
                .unwrap_or_default();
        }
        Ok(found)
    }
}

/// The columns that a search reads.
fn columns<'a>(key_column: &'a str, score: &'a str) -> [&'a str; 7] {
    [
        column::ID,
        column::GOAL,
        column::TASK_TYPE,
        column::SUCCESS,
        column::NUM_TOKENS,
        key_column,
        score,
    ]
}

/// Appends the rows of a batch, not yet scored.
fn push(batch: &RecordBatch, key_column: &str, found: &mut Vec<Candidate>) -> Result<()> {
    let (ids, goals) = (texts(batch, column::ID)?, texts(batch, column::GOAL)?);
    let (types, success) = (
        texts(batch, column::TASK_TYPE)?,
        flags(batch, column::SUCCESS)?,
    );
    let (num_tokens, all_keys) = (counts(batch, column::NUM_TOKENS)?, keys(batch, key_column)?);
    for row in 0..batch.num_rows() {
        found.push(Candidate {
            id: ExperienceId::from(ids.value(row)),
            score: 0.0,
            key: key(all_keys, row)?,
            goal: goals.value(row).to_owned(),
            task_type: types.value(row).to_owned(),
            success: success.value(row),
            num_tokens: num_tokens.value(row),
            distance: 0.0,
        });
    }
    Ok(())
}

/// The last different words of a question, in lower case: the end of a long one is what matters now.
fn words(text: &str) -> String {
    let text = text.to_lowercase();
    let mut words: Vec<&str> = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).rev() {
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
        if words.len() == MAX_WORDS {
            break;
        }
    }
    words.join(" ")
}

/// Two lists as one, by the sum of reciprocal ranks.
fn fuse(by_meaning: Vec<Candidate>, by_words: Vec<Candidate>) -> Vec<Candidate> {
    let mut fused: BTreeMap<ExperienceId, Candidate> = BTreeMap::new();
    for mut list in [by_meaning, by_words] {
        list.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        for (mut candidate, rank) in list.into_iter().zip(1u16..) {
            let share = 1.0 / (RANK_CONSTANT + f32::from(rank));
            candidate.score = 0.0;
            fused.entry(candidate.id.clone()).or_insert(candidate).score += share;
        }
    }
    fused.into_values().collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A candidate for tests of what is done with them.
    pub(in crate::bank) fn candidate_with(
        id: &str,
        score: f32,
        success: bool,
        key: &[f32],
    ) -> Candidate {
        Candidate {
            id: id.into(),
            score,
            key: key.to_vec(),
            goal: String::new(),
            task_type: String::new(),
            success,
            num_tokens: 0,
            distance: 0.0,
        }
    }

    #[test]
    fn what_stands_high_in_both_lists_wins() {
        let candidate = |id: &str, score: f32| candidate_with(id, score, true, &[]);
        let by_meaning = vec![
            candidate("a", 0.9),
            candidate("b", 0.8),
            candidate("c", 0.1),
        ];
        let by_words = vec![candidate("b", 7.0), candidate("d", 3.0)];
        let mut fused = fuse(by_meaning, by_words);
        fused.sort_by(|a, b| b.score.total_cmp(&a.score));
        let ids: Vec<&str> = fused.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids[0], "b");
        assert_eq!(ids.len(), 4);
    }

    #[test]
    fn the_end_of_a_long_question_counts() {
        let many: Vec<String> = (0..200).map(|i| format!("w{i}")).collect();
        let long = many.join(", ");
        let words = words(&long);
        assert!(words.contains("w199") && !words.contains("w100 "));
        assert_eq!(words.split(' ').count(), MAX_WORDS);
        assert_eq!(super::words("?! "), "");
    }
}
