//! A game being played.

use std::sync::Arc;

use anyhow::Result;
use lore_core::{Environment, EpisodeEnd, StepOutcome, Task};

use super::action::Action;
use super::game::Game;
use super::record::GameRecord;
use super::state::State;
use super::wording::Wording;
use super::{rules, text};

/// An ALFWorld game. It ends when the goal is reached and never otherwise: the step limit is the
/// caller's.
#[derive(Clone, Debug)]
pub struct Alfworld {
    game: Arc<Game>,
    state: State,
    is_won: bool,
}

impl Alfworld {
    /// Loads a game, in the wording its record asks for.
    pub fn load(record: &GameRecord) -> Result<Self> {
        Self::load_with_wording(record, record.wording())
    }

    /// Loads a game in a chosen wording.
    pub fn load_with_wording(record: &GameRecord, wording: Wording) -> Result<Self> {
        let game = Game::load(record, wording)?;
        Ok(Self {
            is_won: game.goal.holds(&game.start),
            state: game.start.clone(),
            game: Arc::new(game),
        })
    }
}

impl Environment for Alfworld {
    fn task(&self) -> &Task {
        &self.game.task
    }

    fn reset(&mut self) -> Result<String> {
        self.state.clone_from(&self.game.start);
        self.is_won = self.game.goal.holds(&self.state);
        Ok(text::intro(&self.game, &self.state))
    }

    fn step(&mut self, action: &str) -> Result<StepOutcome> {
        let Self {
            game,
            state,
            is_won,
        } = self;
        let action = Action::parse(action.trim(), game)
            .filter(|action| rules::is_admissible(game, state, *action));
        let observation = match action {
            Some(action) => {
                if rules::apply(state, game, action) {
                    *is_won = game.goal.holds(state);
                }
                text::observation(game, state, action)
            }
            None => text::NOTHING_HAPPENS.to_owned(),
        };
        Ok(StepOutcome {
            observation,
            reward: f64::from(u8::from(*is_won)),
            end: is_won.then_some(EpisodeEnd::Success),
        })
    }

    fn admissible_actions(&self) -> Vec<String> {
        let actions = rules::admissible(&self.game, &self.state);
        let mut commands: Vec<_> = actions
            .into_iter()
            .map(|action| action.command(&self.game))
            .collect();
        commands.sort_unstable();
        commands
    }

    fn action_templates(&self) -> Vec<String> {
        self.game.wording.templates()
    }
}
