//! Prompts that no training has seen, to compare two models on.

use std::fs;

use anyhow::{Result, ensure};

use lore_core::{Adapter, DataDir, ExperimentId, Message, TrajectoryFilter, prompt};
use lore_data::TrajectoryFile;
use lore_llm::BaseModel;

use super::parity::NEW_TOKENS;

/// Prompts from test episodes at most.
const FROM_EPISODES: usize = 3;

/// Longer prompts only make the comparison slower.
const MAX_TOKENS: usize = 1024;

/// Actions of an episode that stand in a prompt.
const ACTIONS: usize = 3;

/// The tokens of a few prompts: three that were written for this purpose, then the beginnings of test
/// episodes of the adapter's experiment, which training never reads.
pub(super) fn held_out(
    data: &DataDir,
    adapter: &Adapter,
    model: &BaseModel,
) -> Result<Vec<Vec<u32>>> {
    let mut prompts = Vec::new();
    for chat in written() {
        prompts.push(model.encoder().encode_prompt(&chat)?);
    }
    let episodes = adapter
        .origin
        .experiment
        .as_ref()
        .map_or_else(Vec::new, |experiment| from_episodes(data, experiment));
    for chat in episodes {
        let ids = model.encoder().encode_prompt(&chat)?;
        if ids.len() <= MAX_TOKENS {
            prompts.push(ids);
        }
    }
    // Models with a short context see the ends of the prompts.
    let room = model.config().context_length.saturating_sub(NEW_TOKENS);
    for ids in &mut prompts {
        ids.drain(..ids.len().saturating_sub(room));
    }
    prompts.retain(|ids| !ids.is_empty());
    ensure!(
        !prompts.is_empty(),
        "The model's context is too short to ask it anything."
    );
    Ok(prompts)
}

/// Chats of this program's own, in the words of its agents and out of them.
fn written() -> [Vec<Message>; 3] {
    let system = Message::system(prompt::instructions(&[
        "go to {recep}".to_owned(),
        "take {obj} from {recep}".to_owned(),
        "move {obj} to {recep}".to_owned(),
        "open {recep}".to_owned(),
        "look".to_owned(),
    ]));
    let room = Message::user(
        "You are in the middle of a room. Looking quickly around you, you see a bench 2, a bench 1, a \
         hook 1, a locker 3, a locker 2, a locker 1, and a towelrack 1.\n\nYour task is to: hang a clean \
         towel on the hook.",
    );
    [
        vec![system.clone(), room.clone()],
        vec![
            system,
            room,
            Message::assistant("go to locker 2"),
            Message::user("You arrive at locker 2. The locker 2 is closed."),
            Message::assistant("open locker 2"),
            Message::user("You open the locker 2. In it, you see a towel 1, and a soapbottle 2."),
        ],
        vec![Message::user(
            "Name three things that float on water, one a line.",
        )],
    ]
}

/// Beginnings of episodes with the prompts as they were sent. Whatever cannot be read is passed over:
/// the written prompts remain.
fn from_episodes(data: &DataDir, experiment: &ExperimentId) -> Vec<Vec<Message>> {
    let Ok(entries) = fs::read_dir(data.runs(experiment)) else {
        return Vec::new();
    };
    let mut folders: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    let logs = folders
        .iter()
        .map(|folder| folder.join("trajectories.jsonl"))
        .filter(|path| path.is_file());
    let mut chats = Vec::new();
    for log in logs {
        let Ok(file) = TrajectoryFile::open(&log) else {
            continue;
        };
        let Ok(page) = file.page(&TrajectoryFilter::default(), 0, 1) else {
            continue;
        };
        let trajectory = page.rows.first().and_then(|row| file.get(&row.id).ok());
        let Some(trajectory) = trajectory else {
            continue;
        };
        if let Some(trace) = &trajectory.trace {
            let actions = trajectory.num_steps().min(ACTIONS);
            chats.push(prompt::chat(&trace.system_prompt, &trajectory, 0, actions));
        }
        if chats.len() == FROM_EPISODES {
            break;
        }
    }
    chats
}
