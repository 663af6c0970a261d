//! Data sets: what came in, and what is in it.

use std::path::Path;

use anyhow::{Context as _, Result};
use lore_core::{AGREEMENT_FILE, Agreement, ColumnMap, DatasetId, JobId, Page, Task, WorldSpec};
use lore_data::Dataset;
use lore_protocol::{
    ApiError, CollectWork, DatasetRequest, DatasetResponse, ImportWork, Response, TaskRow, Topic,
    Work,
};

use crate::core::Core;
use crate::mentions::{self, Noun};
use crate::{files, names};

/// The kind's folder in the trash.
const KIND: &str = "datasets";

/// Actions before an expert's episode is cut off, as in experiments.
const EXPERT_STEPS: usize = 50;

/// The seed that picks the expert's tasks, as in experiments.
const EXPERT_SEED: u64 = 7;

/// Answers.
pub(super) fn handle(core: &Core, request: DatasetRequest) -> Result<Response> {
    let response = match request {
        DatasetRequest::List => DatasetResponse::List(Dataset::list(&core.dir)?),
        DatasetRequest::Get { id } => DatasetResponse::One(open(core, &id)?.info().clone()),
        DatasetRequest::Inspect { path, columns } => {
            let path = existing(&path)?;
            DatasetResponse::Guess(lore_data::inspect_as(path, columns.as_ref())?)
        }
        DatasetRequest::Import {
            path,
            name,
            columns,
        } => import(core, &path, &name, columns)?,
        DatasetRequest::Stats { id } => DatasetResponse::Stats(open(core, &id)?.stats()?),
        DatasetRequest::Leaks { id } => DatasetResponse::Leaks(open(core, &id)?.split_leaks()?),
        DatasetRequest::Agreement { job } => {
            DatasetResponse::Agreement(Box::new(agreement(core, &job)?))
        }
        DatasetRequest::AgreementLead { job, over } => {
            let lead = agreement(core, &job)?.lead_over(&agreement(core, &over)?);
            DatasetResponse::AgreementLead(lead)
        }
        DatasetRequest::Collect {
            world,
            per_type,
            name,
        } => collect(core, of_experts(world, per_type, name))?,
        DatasetRequest::Trajectories {
            id,
            filter,
            offset,
            limit,
        } => {
            let page = open(core, &id)?.page(&filter, offset, capped(limit))?;
            DatasetResponse::Trajectories(page)
        }
        DatasetRequest::Tasks {
            id,
            text,
            offset,
            limit,
        } => {
            let dataset = open(core, &id)?;
            let page = dataset.tasks(&text, offset, capped(limit))?;
            DatasetResponse::Tasks(task_rows(&dataset, page))
        }
        DatasetRequest::SetUnseen { id, unseen_types } => {
            let mut dataset = open(core, &id)?;
            dataset.set_unseen(&unseen_types)?;
            core.hub.stale(Topic::Datasets);
            DatasetResponse::One(dataset.info().clone())
        }
        DatasetRequest::Relabel {
            id,
            ids,
            filter,
            labels,
        } => relabelled(core, &id, |dataset| {
            dataset.relabel(&core.dir, &ids, &filter, &labels).map(drop)
        })?,
        DatasetRequest::TakeBackLabels { id } => relabelled(core, &id, Dataset::take_back_labels)?,
        DatasetRequest::Rename { id, name } => {
            open(core, &id)?.rename(&name)?;
            return Ok(done(core));
        }
        DatasetRequest::Delete { id } => {
            delete(core, &id)?;
            return Ok(done(core));
        }
        DatasetRequest::Restore { id } => {
            Noun::Dataset.check(id.as_str())?;
            let folder = core.dir.dataset(&id);
            core.trash().take_back(KIND, id.as_str(), &folder)?;
            return Ok(done(core));
        }
    };
    Ok(Response::Dataset(response))
}

fn done(core: &Core) -> Response {
    core.hub.stale(Topic::Datasets);
    // Data sets of games are worlds.
    core.hub.stale(Topic::Worlds);
    Response::Done
}

/// The most rows that cross to the window at once.
pub(super) fn capped(limit: u64) -> u64 {
    limit.min(10_000)
}

/// Opens a data set, or says that it is gone.
pub(super) fn open(core: &Core, id: &DatasetId) -> Result<Dataset> {
    Noun::Dataset.check(id.as_str())?;
    if !core.dir.dataset(id).is_dir() {
        return Err(ApiError::not_found(format!("The data set {id:?} is gone")).into());
    }
    Dataset::open(&core.dir, id)
}

/// What came of asking an agent along the episodes of a data set.
fn agreement(core: &Core, job: &JobId) -> Result<Agreement> {
    let job = core.jobs.get(job)?;
    files::read_json(&job.folder.join(AGREEMENT_FILE)).with_context(|| {
        ApiError::not_found("The agent has no result yet; wait for its job to finish")
    })
}

fn existing(path: &str) -> Result<&Path, ApiError> {
    let place = Path::new(path);
    if place.exists() {
        Ok(place)
    } else {
        Err(ApiError::not_found(format!(
            "There is no file or folder {path:?}; it may have been moved"
        )))
    }
}

fn import(
    core: &Core,
    path: &str,
    name: &str,
    columns: Option<ColumnMap>,
) -> Result<DatasetResponse> {
    let place = std::path::absolute(existing(path)?)?;
    let file_name = place.file_name().unwrap_or(place.as_os_str());
    let path = place.to_string_lossy().into_owned();
    let name = match name.trim() {
        "" => file_name.to_string_lossy().into_owned(),
        name => name.to_owned(),
    };
    let job = core.submit(&format!("Import {name}"), |core| {
        Ok(Work::Import(ImportWork {
            path,
            dataset: free_id(core, &name),
            name,
            columns,
        }))
    })?;
    Ok(DatasetResponse::Job(job))
}

/// What experts are to play.
fn of_experts(world: WorldSpec, per_type: usize, name: String) -> CollectWork {
    CollectWork {
        world,
        unseen_types: Vec::new(),
        per_type,
        seed: EXPERT_SEED,
        max_steps: EXPERT_STEPS,
        dataset: DatasetId::default(),
        name,
    }
}

fn collect(core: &Core, mut work: CollectWork) -> Result<DatasetResponse> {
    if work.per_type == 0 {
        return Err(ApiError::new("Choose at least one episode per task type").into());
    }
    for (_, name) in mentions::of_world(&work.world) {
        open(core, &name.into())?;
    }
    if work.name.trim().is_empty() {
        work.name = "Expert episodes".into();
    }
    let title = format!("Collect {}", work.name);
    let job = core.submit(&title, |core| {
        work.dataset = free_id(core, &work.name);
        Ok(Work::Collect(work))
    })?;
    Ok(DatasetResponse::Job(job))
}

/// A name that no data set has, had (while it can come back) or will have. Only while naming.
pub(super) fn free_id(core: &Core, wish: &str) -> DatasetId {
    let is_taken = |name: &str| {
        let id = DatasetId::from(name);
        core.dir.dataset(&id).exists()
            || core.dir.trash().join(KIND).join(name).exists()
            // Without a list of jobs nothing can be submitted either, so the name does not matter.
            || matches!(core.user_of(Noun::Dataset, name), Ok(Some(_)))
    };
    DatasetId(names::free(&names::slug(wish), "data", is_taken))
}

/// Refuses a change while a job needs the data set.
fn free_to_change(core: &Core, id: &DatasetId) -> Result<()> {
    Noun::Dataset.check(id.as_str())?;
    if let Some(title) = core.user_of(Noun::Dataset, id.as_str())? {
        return Err(ApiError::precondition(format!(
            "The data set is needed by {title:?}; stop that job first"
        ))
        .into());
    }
    Ok(())
}

/// Changes labels of a data set that no job needs.
fn relabelled(
    core: &Core,
    id: &DatasetId,
    change: impl FnOnce(&mut Dataset) -> Result<()>,
) -> Result<DatasetResponse> {
    free_to_change(core, id)?;
    let mut dataset = open(core, id)?;
    change(&mut dataset)?;
    core.hub.stale(Topic::Datasets);
    Ok(DatasetResponse::One(dataset.info().clone()))
}

fn delete(core: &Core, id: &DatasetId) -> Result<()> {
    free_to_change(core, id)?;
    core.trash().put(KIND, id.as_str(), &core.dir.dataset(id))
}

fn task_rows(dataset: &Dataset, page: Page<Task>) -> Page<TaskRow> {
    let row = |task: Task| TaskRow {
        unseen: dataset.is_unseen(&task.task_type),
        task,
    };
    Page {
        total: page.total,
        offset: page.offset,
        rows: page.rows.into_iter().map(row).collect(),
    }
}
