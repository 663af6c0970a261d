//! `ExpRAG`'s retrieval: by default the K keys with the largest dot product.

use anyhow::{Context, Result, bail};
use lore_core::{DropReason, ExperienceId, Hit, OutcomeFilter, Query};

use super::search::Candidate;
use super::select::{Choice, pool_size, select};
use crate::ExperienceBank;
use crate::schema::column;
use crate::sql::Conditions;

impl ExperienceBank {
    /// The best experiences for `vector`, the embedding of `query.text`, best first; at most
    /// `query.k`. Without an index exact: the order is that of the scores, equal ones by identifier. With
    /// one (see [`crate::INDEX_ROWS`]) approximate.
    pub fn retrieve(&self, query: &Query, vector: &[f32]) -> Result<Vec<Hit>> {
        let choice = self.choose(query, vector, pool_size(query))?;
        self.hits(choice.chosen)
    }

    /// Chooses among at least `wanted` candidates.
    pub(super) fn choose(&self, query: &Query, vector: &[f32], wanted: usize) -> Result<Choice> {
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
        // A kind of key that the bank does not have is the asker's mistake, not damage.
        self.binding.key_column(&self.id, query.key())?;
        if query.k == 0 {
            return Ok(Choice::default());
        }
        let conditions = self.conditions(query).with_context(|| self.unreadable())?;
        let search = |conditions: &Conditions| {
            self.candidates(query, vector, conditions, wanted)
                .with_context(|| self.unreadable())
        };
        if query.filter.outcome != OutcomeFilter::Balanced {
            return Ok(select(search(&conditions)?, query));
        }
        // Each side is searched for itself: the best may all have ended the same way.
        let mut found = Vec::new();
        for success in [true, false] {
            let mut side = conditions.clone();
            side.success(success);
            found.extend(search(&side)?);
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        Ok(select(found, query))
    }

    /// What a row must meet. In a large bank a condition that every row meets would still cost a look at each
    /// of them, so that nothing is asked of marks that nobody made.
    fn conditions(&self, query: &Query) -> Result<Conditions> {
        let mut conditions = Conditions::of_query(&query.filter, &query.guard);
        if self.indexed_columns()?.contains(column::NEVER_USE) {
            let marked = format!("{} = true", column::NEVER_USE);
            if self.inner.count(Some(marked))? == 0 {
                conditions.forget(DropReason::NeverUse);
            }
        }
        Ok(conditions)
    }

    /// The chosen with their trajectories.
    pub(super) fn hits(&self, chosen: Vec<Candidate>) -> Result<Vec<Hit>> {
        let ids: Vec<ExperienceId> = chosen
            .iter()
            .map(|candidate| candidate.id.clone())
            .collect();
        let mut experiences = self.fetch(&ids)?;
        let found = chosen.into_iter().filter_map(|candidate| {
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
}
