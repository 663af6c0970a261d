//! Playing an episode on from one of its steps with something changed.

use anyhow::{Context as _, Result, ensure};

use lore_agent::Opening;
use lore_bank::ExperienceBank;
use lore_core::{DataDir, EpisodeEnd, ExperienceId, Trajectory, Watcher as _, prompt};
use lore_protocol::{BranchWork, JobEvent};

use crate::evaluate::{EpisodeLog, Player, TestTask, summarise};
use crate::{Job, Outcome, episodes};

/// Plays on, and keeps the branch as the one episode of this job.
pub(crate) fn run(job: &mut Job<'_>, work: &BranchWork) -> Result<Outcome> {
    let path = job.folder().join(episodes::EPISODES);
    let (mut log, played) = EpisodeLog::open(&path, &mut |text| job.relay.warn(text))?;
    if let Some(branch) = played.first() {
        return Ok(finished(work, branch));
    }
    job.relay.progress("Load the model", 0, 0, "steps");
    let recorded = episodes::find(job.data, &work.source, &work.origin.trajectory)?;
    let opening = opening(job.data, work, &recorded)?;
    let world = lore_env::open_world(&work.play.world, job.data)?;
    let mut player = Player::load(job.data, job.options, &work.play, job.stop)?;
    let total = work.play.agent.max_steps as u64;
    let done = opening.num_steps as u64;
    job.relay.progress("Play", done, total, "steps");
    let relay = &mut job.relay;
    let mut watch = |num_steps: usize| relay.progress("Play", num_steps as u64, total, "steps");
    let branch = player.play_on(
        world.as_ref(),
        &opening,
        &work.origin.change,
        &mut watch,
        job.stop,
    )?;
    let Some(mut branch) = branch else {
        // Half an episode is no result.
        return Ok(Outcome::Stopped { resumable: false });
    };
    if let Some(trace) = &mut branch.trace {
        trace.branch = Some(Box::new(work.origin.clone()));
    }
    log.append(&branch)?;
    job.relay.progress("Play", total, total, "steps");
    let test = TestTask::of(branch.task.clone(), &work.play);
    job.relay.send(JobEvent::Episode {
        episode: summarise(&branch, test.split),
    });
    Ok(finished(work, &branch))
}

/// What the branch begins with: the steps before it, and the prompt of its first step with the change.
fn opening<'a>(data: &DataDir, work: &BranchWork, recorded: &'a Trajectory) -> Result<Opening<'a>> {
    let origin = &work.origin;
    let step = origin.step as usize;
    ensure!(
        step < recorded.steps.len(),
        "The episode has only {} steps.",
        recorded.steps.len()
    );
    let system = recorded.system_prompt_at(step).context(
        "No model played this episode, so there is nobody who could play on. Choose one that a model \
         played.",
    )?;
    let remembered = |experience: &ExperienceId| {
        let bank = ExperienceBank::open(data, work.play.bank.as_ref()?).ok()?;
        let experience = bank.get(experience).ok()?;
        Some(prompt::remembered(&experience, work.play.retrieval.format))
    };
    let changed = origin.change.system_prompt(system, remembered);
    Ok(Opening {
        recorded,
        num_steps: step,
        system_prompt: changed.context(
            "This memory cannot be taken out: it was changed or deleted in the bank since the episode \
             was played.",
        )?,
        memories: origin.change.memories(recorded.memories_at(step)),
        action: origin.action.clone(),
    })
}

fn finished(work: &BranchWork, branch: &Trajectory) -> Outcome {
    let from = work.origin.step + 1;
    let num_steps = branch.num_steps();
    Outcome::finished(match branch.end {
        EpisodeEnd::Success => {
            format!("Played on from step {from}: the goal was reached after {num_steps} steps.")
        }
        _ => format!(
            "Played on from step {from}: the goal was not reached within {num_steps} steps."
        ),
    })
}
