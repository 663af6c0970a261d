//! ExpRAG's retrieval: the K keys with the largest dot product, exactly.

use anyhow::{Context, Result, bail};
use arrow_array::RecordBatch;
use lancedb::DistanceType;
use lancedb::query::{QueryBase, Select};
use lore_core::{ExperienceId, Hit, Query, RetrievalMode, dot};

use crate::ExperienceBank;
use crate::schema::column;
use crate::sql::Conditions;
use crate::table::{collect, key, keys, reals, texts};

/// LanceDB's name for the distance of a found row.
const DISTANCE: &str = "_distance";

/// How far two distances may be apart and still stand for equal scores: LanceDB sums in another
/// order than [`dot`] does.
const SLACK: f32 = 1e-5;

/// A found row before its trajectory is read.
struct Candidate {
    id: ExperienceId,
    score: f32,
    distance: f32,
}

impl ExperienceBank {
    /// The best experiences for `vector`, the embedding of `query.text`, best first; at most
    /// `query.k`. Exact: the order is that of the dot products, equal ones by identifier.
    pub fn retrieve(&self, query: &Query, vector: &[f32]) -> Result<Vec<Hit>> {
        if vector.len() != self.binding.dim {
            bail!(
                "The question has {} numbers, but the bank {} was made with {} by the embedder {}. \
                 Please choose that embedder.",
                vector.len(),
                self.id,
                self.binding.dim,
                self.binding.embedder
            );
        }
        if query.k == 0 {
            return Ok(Vec::new());
        }
        let best = self
            .best_candidates(query, vector)
            .with_context(|| self.unreadable())?;
        let ids: Vec<ExperienceId> = best.iter().map(|candidate| candidate.id.clone()).collect();
        let mut experiences = self.fetch(&ids)?;
        let found = best.into_iter().filter_map(|candidate| {
            // Another process may have removed it since the search.
            Some((experiences.remove(&candidate.id)?, candidate.score))
        });
        Ok(found
            .zip(0..)
            .map(|((experience, score), rank)| Hit {
                experience,
                score,
                rank,
            })
            .collect())
    }

    /// The best `query.k` rows. Many experiences share a goal and with it their key, so more rows are
    /// asked for until the last of them is clearly worse than the last one wanted: only then is a tie
    /// decided by identifier and not by where LanceDB stopped.
    fn best_candidates(&self, query: &Query, vector: &[f32]) -> Result<Vec<Candidate>> {
        let mut limit = query.k + 8;
        loop {
            let mut found = self.nearest(query, vector, limit)?;
            found.sort_by(|a, b| a.distance.total_cmp(&b.distance));
            let is_all = found.len() < limit;
            let wanted = found.get(query.k - 1).map(|candidate| candidate.distance);
            let last = found.last().map(|candidate| candidate.distance);
            let is_settled = match (wanted, last) {
                (Some(wanted), Some(last)) => last > wanted + SLACK,
                _ => true,
            };
            if is_all || is_settled {
                found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
                found.truncate(query.k);
                return Ok(found);
            }
            limit *= 4;
        }
    }

    /// About the `limit` nearest rows that may be returned, narrow columns only.
    fn nearest(&self, query: &Query, vector: &[f32], limit: usize) -> Result<Vec<Candidate>> {
        let key_column = match query.mode {
            RetrievalMode::Static => column::TASK_KEY,
            RetrievalMode::Dynamic => column::TRAJECTORY_KEY,
        };
        let mut search = self
            .inner
            .table
            .vector_search(vector)?
            .column(key_column)
            .distance_type(DistanceType::Dot)
            .limit(limit)
            .select(Select::columns(&[column::ID, key_column, DISTANCE]));
        if let Some(condition) = Conditions::of_query(&query.filter, &query.guard).into_sql() {
            search = search.only_if(condition);
        }
        let mut found = Vec::new();
        for batch in self.inner.wait(collect(&search))? {
            push_candidates(&batch, key_column, vector, &mut found)?;
        }
        Ok(found)
    }
}

fn push_candidates(
    batch: &RecordBatch,
    key_column: &str,
    vector: &[f32],
    found: &mut Vec<Candidate>,
) -> Result<()> {
    let ids = texts(batch, column::ID)?;
    let (all_keys, distances) = (keys(batch, key_column)?, reals(batch, DISTANCE)?);
    for row in 0..batch.num_rows() {
        found.push(Candidate {
            id: ExperienceId::from(ids.value(row)),
            score: dot(vector, &key(all_keys, row)?),
            distance: distances.value(row),
        });
    }
    Ok(())
}
