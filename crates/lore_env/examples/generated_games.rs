//! Prints generated games and how the scripted expert wins them, one JSON object a line: `{record,
//! wording, actions}`. What the official engine makes of them is a test's fixture; README.md says
//! how it is made.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use lore_core::Split;
use lore_env::alfworld::{Alfworld, Wording};
use lore_env::{GeneratedWorld, NumTasks, play_expert, select_tasks};

/// The benchmark's step limit.
const MAX_STEPS: usize = 50;

fn main() -> Result<()> {
    let world = GeneratedWorld::new(1, true);
    // One game of each task type in either wording, of games for training.
    let tasks = select_tasks(&world, Split::Train, &[], NumTasks::PerType(2), 1);
    let (released, revised) = tasks.split_at(tasks.len() / 2);
    for (tasks, wording, name) in [
        (released, Wording::Released, "released"),
        (revised, Wording::Revised, "revised"),
    ] {
        for task in tasks {
            let record = world.record(&task.id)?;
            let mut game = Alfworld::load_with_wording(&record, wording)?;
            let episode = play_expert(&mut game, MAX_STEPS)
                .with_context(|| format!("The expert fails in {}", task.id))?;
            let actions: Vec<_> = episode.steps.into_iter().map(|step| step.action).collect();
            let line = serde_json::json!({ "record": record, "wording": name, "actions": actions });
            writeln!(std::io::stdout(), "{line}")?;
        }
    }
    Ok(())
}
