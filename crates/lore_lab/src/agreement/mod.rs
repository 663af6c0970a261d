//! What an agent would have done in every step of recorded episodes: for data whose world is not at hand.
//!
//! The agent is led along the record ([`Seat::along`]): its prompts are made as when it acts, its answers
//! are read as when it acts, but what follows is what was recorded.

mod held_out;
mod learned;

use std::cell::RefCell;
use std::collections::BTreeMap;

use anyhow::Result;

use lore_agent::{MemorySource, Play, Played, Seat, decided, parse_action, run_episodes};
use lore_core::{
    AGREEMENT_FILE, ActionMode, AdapterId, AgentConfig, Agreement, LanguageModel, LeakGuard,
    Sampling, SplitKind, StopToken, Trajectory, TrajectoryAgreement, TrajectoryId, Watcher as _,
    same_action,
};
use lore_llm::{ChatModel, MAX_LANES};
use lore_protocol::AgreementWork;

use crate::evaluate::EpisodeLog;
use crate::files::write_json;
use crate::memories::{self, BankMemories, Shared};
use crate::{Job, Outcome, models, templates};
use held_out::HeldOut;

/// What progress is called.
const STAGE: &str = "Ask in every step";

/// The longest action that is waited for, in tokens.
const NUM_TOKENS_OF_ACTION: usize = 512;

/// Tokens that an agent may need beside the recorded action to say the same, for quotation marks and the like.
const NUM_TOKENS_AROUND: usize = 8;

/// Asks about every episode that is not on disk yet, then writes what came out.
pub(crate) fn run(job: &mut Job<'_>, work: &AgreementWork) -> Result<Outcome> {
    job.relay.progress("Choose episodes", 0, 0, "episodes");
    let held_out = HeldOut::find(job.data, work)?;
    job.relay.progress("Load the model", 0, 0, "steps");
    let mut model = models::chat(job.data, &work.model, work.adapter.as_ref())?;
    let (chosen, left_out) = held_out.take(work, &model)?;
    if left_out.learned.is_none() {
        job.relay.warn(
            "Nobody knows any more what the adapter learned from: some of these episodes may have been \
             among it.",
        );
    }
    let split = |one: &Trajectory| {
        if held_out.dataset.is_unseen(&one.task.task_type) {
            SplitKind::Unseen
        } else {
            SplitKind::Seen
        }
    };
    let Some(led) = ask(job, work, &chosen, &mut model)? else {
        return Ok(Outcome::Stopped { resumable: true });
    };
    let trajectories = chosen
        .iter()
        .filter_map(|recorded| {
            Some(compared(
                recorded,
                led.get(&recorded.content_id())?,
                split(recorded),
            ))
        })
        .collect();
    let agreement = Agreement::of(trajectories, left_out);
    write_json(&job.folder().join(AGREEMENT_FILE), &agreement)?;
    Ok(Outcome::finished(format!(
        "The agent would have done the same in {} of {} steps of {} episodes.",
        agreement.all.successes,
        agreement.all.n,
        agreement.trajectories.len()
    )))
}

/// Episodes that an agent was led along, by what was recorded: [`Trajectory::content_id`].
type Led = BTreeMap<TrajectoryId, Trajectory>;

/// Leads the agent along the chosen episodes that `trajectories.jsonl` does not hold yet, saving each as it
/// ends; `None` when a stop was asked for. Progress is counted in steps.
fn ask(
    job: &mut Job<'_>,
    work: &AgreementWork,
    chosen: &[Trajectory],
    model: &mut ChatModel,
) -> Result<Option<Led>> {
    let path = job.folder().join("trajectories.jsonl");
    let (mut log, known) = EpisodeLog::open(&path, &mut |text| job.relay.warn(text))?;
    let mut led: Led = known.into_iter().map(|one| (one.id.clone(), one)).collect();
    let left: Vec<&Trajectory> = chosen
        .iter()
        .filter(|one| !led.contains_key(&one.content_id()))
        .collect();
    let total: usize = chosen.iter().map(Trajectory::num_steps).sum();
    let mut done = total - left.iter().map(|one| one.num_steps()).sum::<usize>();
    job.relay
        .progress(STAGE, done as u64, total as u64, "steps");
    let memories = reminded(job, work)?;
    let (relay, stop) = (&mut job.relay, job.stop);
    let mut watch = |played: Played| -> Result<()> {
        match played {
            Played::Round { num_steps } => {
                relay.progress(STAGE, (done + num_steps) as u64, total as u64, "steps");
            }
            Played::Episode(trajectory) => {
                log.append(&trajectory)?;
                done += trajectory.num_steps();
                led.insert(trajectory.id.clone(), *trajectory);
                let num_led = led.len() as u64;
                relay.metric("agreement/rate", num_led, rate_of(led.values()));
            }
        }
        Ok(())
    };
    let finished = lead(work, &left, memories.as_ref(), model, &mut watch, stop)?;
    Ok(finished.then_some(led))
}

/// The bank that reminds the agent, if any does.
fn reminded(job: &Job<'_>, work: &AgreementWork) -> Result<Option<RefCell<BankMemories>>> {
    let bank = work.bank.as_ref().filter(|_| work.retrieval.k > 0);
    let memories = bank
        .map(|bank| memories::open(job.data, bank))
        .transpose()?;
    Ok(memories.map(RefCell::new))
}

/// Leads the agent along episodes side by side; false when a stop was asked for before all had ended.
fn lead(
    work: &AgreementWork,
    left: &[&Trajectory],
    memories: Option<&RefCell<BankMemories>>,
    model: &mut ChatModel,
    watch: &mut dyn FnMut(Played) -> Result<()>,
    stop: &StopToken,
) -> Result<bool> {
    let configs: Vec<AgentConfig> = left.iter().map(|one| agent(one, model)).collect();
    let mut retrievers: Vec<Option<Shared<'_>>> =
        left.iter().map(|_| memories.map(Shared)).collect();
    let mut waiting = left.iter().zip(&configs).zip(&mut retrievers);
    let mut next = || {
        let Some(((recorded, config), retriever)) = waiting.next() else {
            return Ok(None);
        };
        let memory = retriever.as_mut().map(|retriever| MemorySource {
            retriever,
            config: &work.retrieval,
            filter: work.retrieval.filter.clone(),
            // The bank may well hold these very episodes.
            guard: LeakGuard::for_training(recorded),
        });
        let play = Play {
            config,
            seed: work.seed,
            source: &recorded.source,
            adapter: work.adapter.as_ref().map(AdapterId::as_str),
        };
        let templates = templates::of(recorded);
        Ok(Some(Seat::along(
            (*recorded).clone(),
            templates,
            memory,
            play,
        )))
    };
    run_episodes(&mut next, MAX_LANES, model, watch, stop)
}

/// How an agent is led along an episode: it writes what it finds most likely. An answer that is longer than
/// every action of the record cannot be the same as one of them, so it is not waited for.
fn agent(recorded: &Trajectory, model: &dyn LanguageModel) -> AgentConfig {
    let lengths = recorded
        .steps
        .iter()
        .map(|step| model.count_tokens(&parse_action(&step.action)));
    let longest = lengths.max().unwrap_or_default() + NUM_TOKENS_AROUND;
    AgentConfig {
        max_steps: recorded.num_steps(),
        action_mode: ActionMode::Generate,
        sampling: Sampling {
            max_new_tokens: longest.min(NUM_TOKENS_OF_ACTION),
            ..Sampling::default()
        },
        ..AgentConfig::default()
    }
}

/// In how many steps the agent would have done what was recorded.
fn compared(recorded: &Trajectory, led: &Trajectory, split: SplitKind) -> TrajectoryAgreement {
    let has_several_lines = |action: &str| action.trim().contains('\n');
    let steps = recorded.steps.iter();
    TrajectoryAgreement {
        id: recorded.id.clone(),
        task_type: recorded.task.task_type.clone(),
        split,
        num_steps: led.num_steps() as u32,
        num_agreed: num_agreed(led),
        num_first_lines: steps.filter(|step| has_several_lines(&step.action)).count() as u32,
    }
}

fn num_agreed(led: &Trajectory) -> u32 {
    let agrees = |step: &&lore_core::Step| same_action(&parse_action(&step.action), &decided(step));
    led.steps.iter().filter(agrees).count() as u32
}

/// The share of steps in which the agent would have done the same so far.
fn rate_of<'a>(led: impl Iterator<Item = &'a Trajectory>) -> f64 {
    let (agreed, steps) = led.fold((0, 0), |(agreed, steps), one| {
        (agreed + num_agreed(one), steps + one.num_steps())
    });
    f64::from(agreed) / steps.max(1) as f64
}
