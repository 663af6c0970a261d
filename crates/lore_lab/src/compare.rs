//! Comparing ways of retrieval without a language model: experiences of a bank are asked about as if
//! they were not there, and what comes back is scored.

mod score;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};

use lore_bank::{BankRowFilter, ExperienceBank};
use lore_core::{
    EmbedKind, Embedder, Experience, GRID_FILE, GridCell, GridSpec, KeyKind, LeakGuard, Query,
    QuestionKind, RetrievalConfig, RetrievalGrid, RetrievalMode, Trajectory, Watcher as _,
};
use lore_protocol::CompareRetrievalWork;

use crate::memories::NamedEmbedder;
use crate::{Job, Outcome, files};
use score::{Relevance, mean};

/// Fills the grid, cell by cell.
pub(crate) fn run(job: &mut Job<'_>, work: &CompareRetrievalWork) -> Result<Outcome> {
    let bank = ExperienceBank::open(job.data, &work.bank)?;
    let probes = probes(&bank, work.grid.num_probes)?;
    ensure!(
        !probes.is_empty(),
        "The bank is empty, so there is nothing to compare. Remember some episodes first."
    );
    job.relay.progress("Load the embedder", 0, 0, "");
    let mut embedder = NamedEmbedder::load(job.data, bank.embedder())?;
    let mut vectors = Vectors {
        embedder: &mut embedder,
        known: BTreeMap::new(),
    };
    let relevance = Relevance::of(&rows(&bank)?);
    let cells = cells(&bank, &work.grid);
    let mut grid = RetrievalGrid {
        bank: work.bank.to_string(),
        version: bank.version()?,
        num_probes: probes.len() as u64,
        cells: Vec::with_capacity(cells.len()),
    };
    let total = cells.len() as u64;
    for (done, mut cell) in (0..).zip(cells) {
        if job.stop.is_stopped() {
            return Ok(Outcome::Stopped { resumable: true });
        }
        job.relay.progress("Compare", done, total, "combinations");
        let mut scores = Vec::with_capacity(probes.len());
        for probe in &probes {
            let query = query(&cell, &probe.trajectory);
            let hits = bank.retrieve(&query, &vectors.of(&query.text)?)?;
            scores.push(relevance.score(probe, &hits, cell.k));
        }
        cell.score = mean(&scores);
        grid.cells.push(cell);
    }
    job.relay.progress("Compare", total, total, "combinations");
    files::write_json(&job.folder().join(GRID_FILE), &grid)?;
    Ok(Outcome::finished(format!(
        "{total} ways of retrieval were compared on {} episodes.",
        probes.len()
    )))
}

/// At most `max` experiences, evenly spread over the bank.
fn probes(bank: &ExperienceBank, max: usize) -> Result<Vec<Experience>> {
    let ids = bank.ids()?;
    let step = ids.len().div_ceil(max.max(1)).max(1);
    ids.iter().step_by(step).map(|id| bank.get(id)).collect()
}

fn rows(bank: &ExperienceBank) -> Result<Vec<lore_core::ExperienceRow>> {
    Ok(bank.rows(&BankRowFilter::default(), 0, u64::MAX)?.rows)
}

/// Every combination that the bank has keys for, not yet scored.
fn cells(bank: &ExperienceBank, spec: &GridSpec) -> Vec<GridCell> {
    let has = |key: &&KeyKind| bank.keys().has(**key);
    let mut cells = vec![GridCell::default()];
    cells = varied(cells, spec.keys.iter().filter(has), |cell, key| {
        cell.key = *key;
    });
    cells = varied(cells, &spec.questions, |cell, question| {
        cell.question = *question;
    });
    cells = varied(cells, &spec.searches, |cell, search| cell.search = *search);
    cells = varied(cells, &spec.outcomes, |cell, outcome| {
        cell.outcome = *outcome;
    });
    cells = varied(cells, &spec.diversities, |cell, diversity| {
        cell.diversity = *diversity;
    });
    varied(cells, &spec.ks, |cell, k| cell.k = *k)
}

/// Each cell once with each of the choices.
fn varied<'a, T: 'a>(
    cells: Vec<GridCell>,
    choices: impl IntoIterator<Item = &'a T, IntoIter: Clone>,
    set: impl Fn(&mut GridCell, &T),
) -> Vec<GridCell> {
    let choices = choices.into_iter();
    let mut all = Vec::new();
    for cell in cells {
        for choice in choices.clone() {
            let mut cell = cell.clone();
            set(&mut cell, choice);
            all.push(cell);
        }
    }
    all
}

/// What an agent would ask about the probe: at the start with the task, else in its middle.
fn query(cell: &GridCell, probe: &Trajectory) -> Query {
    let mut config = RetrievalConfig {
        k: cell.k,
        mode: RetrievalMode::Static,
        ..RetrievalConfig::default()
    };
    config.filter.outcome = cell.outcome;
    config.selection.key = Some(cell.key);
    config.selection.question = Some(cell.question);
    config.selection.search = cell.search;
    config.selection.diversity = cell.diversity;
    let num_played = match cell.question {
        QuestionKind::Task => 0,
        QuestionKind::SoFar | QuestionKind::LastObservations => probe.num_steps().div_ceil(2),
    };
    let mut so_far = probe.clone();
    so_far.steps.truncate(num_played);
    let filter = config.filter.clone();
    config.query(&so_far, filter, LeakGuard::for_training(probe))
}

/// Questions that were embedded: cells ask the same ones again and again.
struct Vectors<'a> {
    embedder: &'a mut dyn Embedder,
    known: BTreeMap<String, Vec<f32>>,
}

impl Vectors<'_> {
    fn of(&mut self, text: &str) -> Result<Vec<f32>> {
        if let Some(vector) = self.known.get(text) {
            return Ok(vector.clone());
        }
        let vector = self
            .embedder
            .embed(&[text.to_owned()], EmbedKind::Query)?
            .pop()
            .context("The embedder gave no vector for a question.")?;
        self.known.insert(text.to_owned(), vector.clone());
        Ok(vector)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::testing::{task, trajectory};
    use lore_core::{EpisodeEnd, SearchKind};

    #[test]
    fn every_combination_is_a_cell() {
        let cells = varied(
            vec![GridCell::default()],
            &SearchKind::ALL,
            |cell, search| {
                cell.search = *search;
            },
        );
        let cells = varied(cells, &[1usize, 2], |cell, k| cell.k = *k);
        assert_eq!(cells.len(), 6);
        assert_eq!((cells[5].search, cells[5].k), (SearchKind::Both, 2));
    }

    #[test]
    fn a_probe_is_asked_about_as_if_it_were_not_there() {
        let steps = [("a", "one"), ("b", "two"), ("c", "three"), ("d", "four")];
        let probe = trajectory(task("t"), &steps, EpisodeEnd::Success);
        let cell = GridCell {
            question: QuestionKind::SoFar,
            k: 2,
            ..GridCell::default()
        };
        let query = query(&cell, &probe);
        assert!(query.text.contains("two") && !query.text.contains("three"));
        assert!(query.guard.blocks(&probe));
    }
}
