//! Which episodes of a data set an agent is asked about.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};

use lore_core::{
    DataDir, LanguageModel, LeftOut, Message, Trajectory, TrajectoryId, content_hash, prompt,
};
use lore_data::{Dataset, TrajectoryFile};
use lore_protocol::AgreementWork;

use super::agent;
use super::learned::Learned;
use crate::templates;

/// What a chat template writes around an action and an observation, in tokens at most.
const TOKENS_OF_TURNS: usize = 32;

/// Successful episodes that the agent did not learn from.
pub(super) struct HeldOut {
    pub(super) dataset: Dataset,
    file: TrajectoryFile,
    /// Types take turns.
    order: Vec<TrajectoryId>,
    num_learned: Option<u64>,
}

impl HeldOut {
    /// Looks through the data set.
    pub(super) fn find(data: &DataDir, work: &AgreementWork) -> Result<Self> {
        let dataset = Dataset::open(data, &work.dataset)?;
        let file = dataset.trajectories()?;
        let learned = Learned::by(data, work.adapter.as_ref()).ok();
        let (mut candidates, mut num_learned) = (Vec::new(), 0);
        for trajectory in file.read_all()? {
            let trajectory = trajectory.context("An episode of the data set is damaged.")?;
            if !trajectory.is_success() || trajectory.steps.is_empty() {
                continue;
            }
            if learned.as_ref().is_some_and(|it| it.knows(&trajectory)) {
                num_learned += 1;
            } else {
                candidates.push((trajectory.task.task_type, trajectory.id));
            }
        }
        let name = &dataset.info().name;
        ensure!(
            num_learned == 0 || !candidates.is_empty(),
            "The adapter learned from every successful episode of {name}. Keep some kinds of task unseen and \
             train it again, or choose another data set."
        );
        ensure!(
            !candidates.is_empty(),
            "{name} holds no successful episode, so nothing shows what would have been right."
        );
        Ok(Self {
            order: in_turns(candidates, work.seed),
            num_learned: learned.map(|_| num_learned),
            dataset,
            file,
        })
    }

    /// The first ones that the model can be asked about in every step, and what was left out.
    pub(super) fn take(
        &self,
        work: &AgreementWork,
        model: &dyn LanguageModel,
    ) -> Result<(Vec<Trajectory>, LeftOut)> {
        let mut left_out = LeftOut {
            learned: self.num_learned,
            too_long: 0,
        };
        let mut taken = Vec::new();
        for id in &self.order {
            if taken.len() == work.max_trajectories {
                break;
            }
            let trajectory = self.file.get(id)?;
            if fits(&trajectory, model, work.bank.is_some())? {
                taken.push(trajectory);
            } else {
                left_out.too_long += 1;
            }
        }
        ensure!(
            !taken.is_empty(),
            "The episodes of {} are too long for this model. Choose a model that takes in more at once.",
            self.dataset.info().name
        );
        Ok((taken, left_out))
    }
}

/// True when the model can take in the beginning, with memories if there are any, and any one step. What
/// stands between may be left out of a prompt, these may not.
fn fits(trajectory: &Trajectory, model: &dyn LanguageModel, has_memories: bool) -> Result<bool> {
    let head = [
        Message::system(prompt::instructions(&templates::of(trajectory))),
        Message::user(trajectory.initial_observation.clone()),
    ];
    let head = model.count_chat_tokens(&head)?;
    let steps = trajectory.steps.iter();
    let longest = steps
        .map(|step| model.count_tokens(&step.action) + model.count_tokens(&step.observation))
        .max()
        .unwrap_or_default();
    let config = agent(trajectory, model);
    let room = model
        .context_length()
        .saturating_sub(config.sampling.max_new_tokens);
    // Memories take what is left of three quarters of a prompt.
    let most = config.max_prompt_tokens.min(room) / 4 * 3;
    let head = if has_memories { head.max(most) } else { head };
    Ok(head + longest + TOKENS_OF_TURNS <= room)
}

/// Types take turns, and those of a type follow each other by chance: every beginning of the list is spread
/// evenly. The order depends on the seed and the names alone.
fn in_turns(candidates: Vec<(String, TrajectoryId)>, seed: u64) -> Vec<TrajectoryId> {
    let mut by_type: BTreeMap<String, Vec<(String, TrajectoryId)>> = BTreeMap::new();
    for (task_type, id) in candidates {
        let lot = content_hash([seed.to_string().as_str(), id.as_str()]);
        by_type.entry(task_type).or_default().push((lot, id));
    }
    for of_type in by_type.values_mut() {
        of_type.sort_unstable();
    }
    let longest = by_type.values().map(Vec::len).max().unwrap_or_default();
    (0..longest)
        .flat_map(|round| {
            by_type
                .values()
                .filter_map(move |of_type| of_type.get(round))
        })
        .map(|(_, id)| id.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_take_turns_and_the_seed_decides() {
        let candidates: Vec<(String, TrajectoryId)> = (0..20)
            .map(|number| {
                let task_type = if number < 15 { "many" } else { "few" };
                (task_type.to_owned(), number.to_string().into())
            })
            .collect();
        let order = in_turns(candidates.clone(), 1);
        assert_eq!(order.len(), 20);
        let is_few = |id: &TrajectoryId| id.as_str().parse::<usize>().unwrap() >= 15;
        assert_eq!(order[..10].iter().filter(|id| is_few(id)).count(), 5);
        assert_ne!(in_turns(candidates.clone(), 2), order);
        let backwards: Vec<_> = candidates.into_iter().rev().collect();
        assert_eq!(in_turns(backwards, 1), order);
    }
}
