//! Experience banks.

use std::time::Duration;

use anyhow::{Context as _, Result};
use lore_bank::{BankRowFilter, ExperienceBank, bank_id, map_points};
use lore_core::{
    BankId, EmbedKind, EpisodeEnd, Experience, ExperienceId, ExperienceRow, GRID_FILE, JobId, Page,
    Query, TrajectoryFilter, TrajectoryId, TrajectoryRow,
};
use lore_protocol::{
    Answer, ApiError, BankRequest, BankResponse, BankWork, CompareRetrievalWork, Question,
    Response, Topic, Work,
};

use super::{datasets, jobs};
use crate::core::Core;
use crate::files;
use crate::mentions::Noun;
use crate::names;

/// Answers.
pub(super) fn handle(core: &Core, request: BankRequest) -> Result<Response> {
    let response = match request {
        BankRequest::List => BankResponse::List(ExperienceBank::list(&core.dir)?),
        BankRequest::Build {
            bank,
            name,
            datasets,
            embedder,
            keys,
        } => {
            let work = BankWork {
                bank,
                name,
                datasets,
                embedder,
                keys,
            };
            build(core, work)?
        }
        BankRequest::Rows {
            bank,
            filter,
            offset,
            limit,
        } => {
            let limit = datasets::capped(limit);
            BankResponse::Rows(open(core, &bank)?.rows(&filter.into(), offset, limit)?)
        }
        BankRequest::Get { bank, id } => BankResponse::One(Box::new(get(core, &bank, &id)?)),
        BankRequest::Ask { bank, query } => ask(core, &bank, query)?,
        BankRequest::Explain {
            bank,
            query,
            token_budget,
        } => explain(core, &bank, query, token_budget)?,
        BankRequest::Compare { bank, grid } => {
            let title = format!("Compare retrieval from {}", open(core, &bank)?.info()?.name);
            let work = CompareRetrievalWork { bank, grid };
            let job = core.submit(&title, |_| Ok(Work::CompareRetrieval(work)))?;
            BankResponse::Job(job)
        }
        BankRequest::Compared { job } => compared(core, &job)?,
        BankRequest::Map { bank } => {
            let points = map_points(&open(core, &bank)?)?;
            BankResponse::Map { bank, points }
        }
        BankRequest::Pin { bank, id, pinned } => {
            open(core, &bank)?.set_pinned(&id, pinned)?;
            return Ok(done(core));
        }
        BankRequest::NeverUse {
            bank,
            id,
            never_use,
        } => {
            open(core, &bank)?.set_never_use(&id, never_use)?;
            return Ok(done(core));
        }
        BankRequest::SetLesson { bank, id, lesson } => {
            open(core, &bank)?.set_lesson(&id, &lesson)?;
            return Ok(done(core));
        }
        BankRequest::PreviewRemoval { bank, ids } => {
            BankResponse::RemovalPreview(open(core, &bank)?.preview_removal(&ids)?)
        }
        BankRequest::Remove { bank, ids } => {
            open(core, &bank)?.remove(&ids)?;
            return Ok(done(core));
        }
        BankRequest::Delete { bank } => {
            delete(core, &bank)?;
            return Ok(done(core));
        }
    };
    Ok(Response::Bank(response))
}

fn done(core: &Core) -> Response {
    core.hub.stale(Topic::Banks);
    Response::Done
}

/// Opens a bank, or says that it is gone.
fn open(core: &Core, id: &BankId) -> Result<ExperienceBank> {
    Noun::Bank.check(id.as_str())?;
    if !ExperienceBank::exists(&core.dir, id) {
        return Err(ApiError::not_found(format!("The experience bank {id:?} is gone")).into());
    }
    ExperienceBank::open(&core.dir, id)
}

/// One experience.
pub(super) fn get(core: &Core, bank: &BankId, id: &ExperienceId) -> Result<Experience> {
    open(core, bank)?.get(id)
}

/// Queues a job that fills a bank.
fn build(core: &Core, work: BankWork) -> Result<BankResponse> {
    let BankWork {
        bank,
        name,
        datasets,
        embedder,
        keys,
    } = work;
    jobs::needs_model(core, &embedder)?;
    if datasets.is_empty() {
        return Err(ApiError::new("Choose at least one data set to remember").into());
    }
    for id in &datasets {
        datasets::open(core, id)?;
    }
    let banks = ExperienceBank::list(&core.dir)?;
    let known = banks.iter().find(|known| known.id == bank);
    if let Some(known) = known
        && known.embedder != embedder
    {
        return Err(ApiError::precondition(format!(
            "The bank {:?} was made with the embedder {:?}; choose that one, or make a new bank",
            known.name, known.embedder
        ))
        .into());
    }
    let name = match (name.trim(), known) {
        ("", Some(known)) => known.name.clone(),
        ("", None) => "Experience bank".to_owned(),
        (name, _) => name.to_owned(),
    };
    let bank = if bank.as_str().is_empty() {
        let is_taken = |name: &str| banks.iter().any(|known| known.id.as_str() == name);
        BankId(names::free(bank_id(&name).as_str(), "bank", is_taken))
    } else {
        bank
    };
    let job = core.submit(&format!("Build {name}"), |_| {
        Ok(Work::BuildBank(BankWork {
            bank,
            name,
            datasets,
            embedder,
            keys,
        }))
    })?;
    Ok(BankResponse::Job(job))
}

/// What would be retrieved, with the time it took.
fn ask(core: &Core, id: &BankId, query: Query) -> Result<BankResponse> {
    let began = core.clock.elapsed();
    let bank = open(core, id)?;
    let hits = bank.retrieve(&query, &vector(core, &bank, &query)?)?;
    let took: Duration = core.clock.elapsed().saturating_sub(began);
    Ok(BankResponse::Hits {
        query,
        hits,
        secs: took.as_secs_f64(),
    })
}

/// What would be retrieved, what would not, and why.
fn explain(core: &Core, id: &BankId, query: Query, token_budget: usize) -> Result<BankResponse> {
    let began = core.clock.elapsed();
    let bank = open(core, id)?;
    let explanation = bank.explain(&query, &vector(core, &bank, &query)?, token_budget)?;
    let took: Duration = core.clock.elapsed().saturating_sub(began);
    Ok(BankResponse::Explained {
        query,
        explanation,
        secs: took.as_secs_f64(),
    })
}

/// What a job that compared ways of retrieval found.
fn compared(core: &Core, job: &JobId) -> Result<BankResponse> {
    let job = core.jobs.get(job)?;
    let folder = core
        .dir
        .job(job.info.spec.experiment.as_ref(), &job.info.spec.id);
    let grid = files::read_json(&folder.join(GRID_FILE)).with_context(|| {
        ApiError::not_found("The comparison has no result yet; wait for its job to finish")
    })?;
    Ok(BankResponse::Compared(grid))
}

/// The question as a vector, by the bank's own embedder.
fn vector(core: &Core, bank: &ExperienceBank, query: &Query) -> Result<Vec<f32>> {
    let embedder = bank.embedder().clone();
    jobs::needs_model(core, &embedder)?;
    let answer = core.interactive.ask(Question::Embed {
        embedder,
        texts: vec![query.text.clone()],
        kind: EmbedKind::Query,
    })?;
    let Answer::Vectors(vectors) = answer else {
        return Err(no_vector().into());
    };
    Ok(vectors.into_iter().next().ok_or_else(no_vector)?)
}

fn no_vector() -> ApiError {
    ApiError::new("The embedder gave no usable answer; try again")
}

fn delete(core: &Core, id: &BankId) -> Result<()> {
    Noun::Bank.check(id.as_str())?;
    if let Some(title) = core.user_of(Noun::Bank, id.as_str())? {
        return Err(ApiError::precondition(format!(
            "The bank is needed by {title:?}; stop that job first"
        ))
        .into());
    }
    if !ExperienceBank::exists(&core.dir, id) {
        return Err(ApiError::not_found(format!("The experience bank {id:?} is gone")).into());
    }
    // A bank too damaged to be opened can still be deleted, so it is not opened first.
    ExperienceBank::delete(&core.dir, id)
}

/// The rows of a bank as trajectories.
pub(super) fn trajectory_rows(
    core: &Core,
    id: &BankId,
    filter: &TrajectoryFilter,
    offset: u64,
    limit: u64,
) -> Result<Page<TrajectoryRow>> {
    let filter = BankRowFilter::from(filter.clone());
    let page = open(core, id)?.rows(&filter, offset, limit)?;
    Ok(Page {
        total: page.total,
        offset: page.offset,
        rows: page.rows.into_iter().map(trajectory_row).collect(),
    })
}

fn trajectory_row(row: ExperienceRow) -> TrajectoryRow {
    TrajectoryRow {
        id: TrajectoryId(row.id.0),
        goal: row.goal,
        task_type: row.task_type,
        source: row.source,
        end: if row.success {
            EpisodeEnd::Success
        } else {
            // The bank keeps only whether the goal was reached.
            EpisodeEnd::Unknown
        },
        num_steps: row.num_steps,
        ..TrajectoryRow::default()
    }
}
