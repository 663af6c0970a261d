//! Building an experience bank.

use std::time::Duration;

use anyhow::{Context as _, Result};

use lore_bank::{ExperienceBank, KeyedExperience, NewBank};
use lore_core::{
    BankKeys, DataDir, EmbedKind, Embedder, Experience, ExperienceId, Trajectory, Watcher as _,
};
use lore_data::Dataset;
use lore_protocol::BankWork;

use crate::memories::NamedEmbedder;
use crate::{Job, Outcome};

/// Episodes that are embedded and added at once: few enough that a stop is heard within seconds and
/// little is lost when the job is killed. The many small fragments are joined at the end.
const BATCH: usize = 32;

/// Versions younger than this stay when the bank is compacted, since other jobs may be reading them.
const KEEP_VERSIONS: Duration = Duration::from_hours(1);

/// Adds every episode of the data sets that the bank does not hold yet.
pub(crate) fn run(job: &mut Job<'_>, work: &BankWork) -> Result<Outcome> {
    job.relay.progress("Load the embedder", 0, 0, "episodes");
    let mut embedder = NamedEmbedder::load(job.data, &work.embedder)?;
    let new = NewBank {
        id: work.bank.clone(),
        name: work.name.clone(),
        embedder: work.embedder.clone(),
        dim: embedder.dim(),
        keys: work.keys,
    };
    let bank = ExperienceBank::open_or_create(job.data, &new)?;
    let missing = missing(job.data, work, &bank)?;
    let mut num_added = 0;
    for batch in missing.chunks(BATCH) {
        if job.stop.is_stopped() {
            return Ok(Outcome::Stopped { resumable: true });
        }
        job.relay
            .progress("Remember", num_added, missing.len() as u64, "episodes");
        num_added += bank.add(&keyed(batch, bank.keys(), &mut embedder)?)?;
        bank.tidy_if_due(KEEP_VERSIONS)?;
    }
    job.relay
        .progress("Remember", num_added, num_added, "episodes");
    if num_added > 0 {
        job.relay.progress("Tidy up", 0, 0, "");
        bank.tidy(KEEP_VERSIONS)?;
    }
    let info = bank.info()?;
    let added = match num_added {
        1 => "1 episode was added".to_owned(),
        n => format!("{n} episodes were added"),
    };
    Ok(Outcome::finished(format!(
        "{added}; the bank holds {}, of which {} succeeded.",
        info.num_experiences, info.num_successes
    )))
}

/// Episodes of the data sets that are not in the bank, each once.
fn missing(data: &DataDir, work: &BankWork, bank: &ExperienceBank) -> Result<Vec<Trajectory>> {
    let mut known = bank.ids()?;
    let mut missing = Vec::new();
    for id in &work.datasets {
        let dataset = Dataset::open(data, id)?;
        for trajectory in dataset.trajectories()?.read_all()? {
            let trajectory = trajectory
                .with_context(|| format!("An episode of {} is damaged.", dataset.info().name))?;
            if known.insert(ExperienceId(trajectory.id.0.clone())) {
                missing.push(trajectory);
            }
        }
    }
    Ok(missing)
}

/// Episodes with the keys that the bank holds.
fn keyed(
    batch: &[Trajectory],
    keys: BankKeys,
    embedder: &mut dyn Embedder,
) -> Result<Vec<KeyedExperience>> {
    let mut embed = |texts: Vec<String>| embedder.embed(&texts, EmbedKind::Key);
    let task_keys = embed(batch.iter().map(Trajectory::task_key).collect())?;
    let trajectory_keys = embed(batch.iter().map(Trajectory::trajectory_key).collect())?;
    let mut outcome_keys = Vec::new();
    if keys.outcome {
        outcome_keys = embed(batch.iter().map(Trajectory::outcome_key).collect())?;
    }
    let mut window_keys = Vec::new();
    if keys.window_steps > 0 {
        for trajectory in batch {
            window_keys.push(embed(trajectory.window_keys(keys.window_steps))?);
        }
    }
    outcome_keys.resize(batch.len(), Vec::new());
    window_keys.resize(batch.len(), Vec::new());
    let more = outcome_keys.into_iter().zip(window_keys);
    let all = task_keys.into_iter().zip(trajectory_keys).zip(more);
    Ok(batch
        .iter()
        .zip(all)
        .map(
            |(trajectory, ((task_key, trajectory_key), (outcome_key, window_keys)))| {
                KeyedExperience {
                    experience: Experience {
                        id: ExperienceId(trajectory.id.0.clone()),
                        num_tokens: trajectory.estimated_tokens(),
                        trajectory: trajectory.clone(),
                        pinned: false,
                        never_use: false,
                        lesson: String::new(),
                    },
                    task_key,
                    trajectory_key,
                    outcome_key,
                    window_keys,
                }
            },
        )
        .collect())
}
