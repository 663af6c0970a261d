//! Episodes a minute: generated ALFWorld games, two memories of the scripted expert in the prompt, a
//! language model that writes its actions, or with `choose` picks among those that are possible. One
//! episode at a time is the reference for sixteen side by side.
//!
//! ```sh
//! cargo xtask bench rollout -- [MODEL] [STEPS] [choose]
//! ```

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use lore_agent::{MemorySource, Play, Played, Seat, run_episodes};
use lore_core::testing::{HashEmbedder, InMemoryBank};
use lore_core::{
    ActionMode, AgentConfig, DataDir, Experience, ExperienceId, LeakGuard, RetrievalConfig, Split,
    StopToken, Trajectory, WorldSpec,
};
use lore_env::{NumTasks, World, open_world, play_expert, select_tasks};
use lore_llm::{BaseModel, ChatModel, MAX_LANES};
use serde_json::json;

/// Episodes of a measurement.
const EPISODES: usize = 16;

/// Games of each type that the expert plays to fill the bank.
const PER_TYPE: usize = 4;

/// Actions before an episode is cut off, unless told.
const DEFAULT_STEPS: usize = 10;

/// Longest game of the expert.
const EXPERT_STEPS: usize = 60;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).filter(|word| word != "--");
    let path = match arguments.next() {
        Some(path) => PathBuf::from(path),
        None => default_model()?,
    };
    let max_steps = match arguments.next() {
        Some(number) => number.parse()?,
        None => DEFAULT_STEPS,
    };
    let base = BaseModel::load(&path)?;
    let world = open_world(&WorldSpec::default(), &DataDir::new(Path::new(".")))?;
    let action_mode = match arguments.next().as_deref() {
        None => ActionMode::Generate,
        Some("choose") => ActionMode::Choose,
        Some(other) => bail!("The third word is choose or nothing, not {other:?}"),
    };
    let config = AgentConfig {
        max_steps,
        action_mode,
        ..AgentConfig::default()
    };
    let (alone, expected) = measure(&base, world.as_ref(), &config, 1)?;
    let (together, played) = measure(&base, world.as_ref(), &config, MAX_LANES)?;
    let differ = expected
        .iter()
        .zip(&played)
        .filter(|(a, b)| actions(a) != actions(b));
    let differ = differ.count();
    let line = json!({
        "bench": "rollout", "case": format!("{EPISODES} episodes of {max_steps} steps, K = 2, {action_mode:?}"),
        "ours": together, "reference": alone, "ratio": together / alone,
        "unit": "episodes/min", "samples": 1, "episodes_that_differ": differ,
    });
    writeln!(std::io::stdout(), "{line}")?;
    writeln!(
        std::io::stderr(),
        "{together:.1} episodes a minute side by side, {alone:.1} one at a time; {differ} differ"
    )?;
    Ok(())
}

/// Episodes a minute with so many side by side, and the episodes in order of their tasks.
fn measure(
    base: &Arc<BaseModel>,
    world: &dyn World,
    config: &AgentConfig,
    num_seats: usize,
) -> Result<(f64, Vec<Trajectory>)> {
    let mut model = ChatModel::new(Arc::clone(base), None)?;
    let retrieval = RetrievalConfig::default();
    let tasks = select_tasks(world, Split::Test, &[], NumTasks::Total(EPISODES), 1);
    let experiences = experiences(world)?;
    let mut banks = Vec::new();
    for _ in &tasks {
        banks.push(InMemoryBank::holding(
            HashEmbedder::default(),
            experiences.clone(),
        )?);
    }
    let mut waiting = tasks.iter().zip(&mut banks);
    let mut ended = Vec::new();
    let began = Instant::now();
    run_episodes(
        &mut || {
            let Some((task, bank)) = waiting.next() else {
                return Ok(None);
            };
            Ok(Some(Seat {
                env: world.open(&task.id)?,
                script: Vec::new(),
                memory: Some(MemorySource {
                    retriever: bank,
                    config: &retrieval,
                    filter: retrieval.filter.clone(),
                    guard: LeakGuard::for_task(task),
                }),
                play: Play {
                    config,
                    seed: 1,
                    source: "bench",
                    adapter: None,
                },
            }))
        },
        num_seats,
        &mut model,
        &mut |played| {
            if let Played::Episode(trajectory) = played {
                ended.push(*trajectory);
            }
            Ok(())
        },
        &StopToken::new(),
    )?;
    let minutes = began.elapsed().as_secs_f64() / 60.0;
    ended.sort_by(|a, b| a.task.id.cmp(&b.task.id));
    Ok((ended.len() as f64 / minutes, ended))
}

/// What the expert did in training games of every type.
fn experiences(world: &dyn World) -> Result<Vec<Experience>> {
    let tasks = select_tasks(world, Split::Train, &[], NumTasks::PerType(PER_TYPE), 1);
    let mut experiences = Vec::new();
    for task in tasks {
        let trajectory = play_expert(world.open(&task.id)?.as_mut(), EXPERT_STEPS)?;
        experiences.push(Experience {
            id: ExperienceId(trajectory.id.0.clone()),
            num_tokens: 0,
            trajectory,
            pinned: false,
            never_use: false,
            lesson: String::new(),
        });
    }
    Ok(experiences)
}

fn actions(played: &Trajectory) -> Vec<&str> {
    played
        .steps
        .iter()
        .map(|step| step.action.as_str())
        .collect()
}

/// The small model of the tests.
fn default_model() -> Result<PathBuf> {
    let models = std::env::var("LOREKEEPER_TEST_MODELS")
        .context("Name a model, or set LOREKEEPER_TEST_MODELS")?;
    Ok(Path::new(&models).join("smollm2-135m-instruct"))
}
