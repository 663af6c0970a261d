//! What can be done, and what it does: the actions of ALFWorld's PDDL domain (`alfred.pddl`).
//!
//! Two quirks of the official engine are kept, because agents and records depend on them. Going
//! where one already is is no action, as it changes nothing. And objects can only be examined in
//! the hand: the domain's other case names a type `location,`, of which there are no things.

use super::action::Action;
use super::domain::{Appliance, Condition, Property};
use super::game::Game;
use super::state::State;
use super::wording::Wording;

/// True when `action` can be done.
pub(super) fn is_admissible(game: &Game, state: &State, action: Action) -> bool {
    let here = |receptacle: usize| game.receptacles[receptacle].location == Some(state.location);
    match action {
        Action::Look | Action::Inventory => true,
        Action::Help => game.wording == Wording::Revised,
        Action::GoTo { receptacle } => game.receptacles[receptacle]
            .location
            .is_some_and(|location| location != state.location),
        Action::Open { receptacle } => {
            here(receptacle) && game.receptacles[receptacle].openable && !state.is_open(receptacle)
        }
        Action::Close { receptacle } => {
            here(receptacle) && game.receptacles[receptacle].openable && state.is_open(receptacle)
        }
        Action::ExamineReceptacle { receptacle } => here(receptacle),
        Action::ExamineObject { object } => state.held == Some(object),
        Action::Take { object, receptacle } => {
            state.held.is_none()
                && here(receptacle)
                && is_reachable(game, state, receptacle)
                && state.contents.get(receptacle, object)
                && game.has(Property::Pickupable, object)
        }
        Action::Put { object, receptacle } => {
            state.held == Some(object)
                && here(receptacle)
                && is_reachable(game, state, receptacle)
                && game.fits.get(object, receptacle)
        }
        Action::Apply {
            appliance,
            object,
            receptacle,
        } => {
            state.held == Some(object)
                && here(receptacle)
                && game.receptacles[receptacle].appliance == Some(appliance)
                && game.has(appliance.needs(), object)
        }
        Action::Use { object } => {
            game.has(Property::Toggleable, object)
                && game.locations[state.location]
                    .receptacles
                    .iter()
                    .any(|&receptacle| state.contents.get(receptacle, object))
        }
        Action::Slice { object, knife } => {
            state.held == Some(knife)
                && game.has(Property::Knife, knife)
                && game.has(Property::Sliceable, object)
                && state.located.get(state.location, object)
        }
    }
}

/// Does `action`, which must be admissible. Returns whether anything a goal can ask for changed.
pub(super) fn apply(state: &mut State, game: &Game, action: Action) -> bool {
    let location = state.location;
    match action {
        Action::Look
        | Action::Inventory
        | Action::Help
        | Action::ExamineReceptacle { .. }
        | Action::ExamineObject { .. } => return false,
        Action::GoTo { receptacle } => {
            if let Some(target) = game.receptacles[receptacle].location {
                state.location = target;
            }
        }
        Action::Open { receptacle } => state.opened.set(0, receptacle, true),
        Action::Close { receptacle } => state.opened.set(0, receptacle, false),
        Action::Take { object, receptacle } => {
            state.held = Some(object);
            state.contents.set(receptacle, object, false);
            state.taken_out.set(receptacle, object, true);
            state.located.set(location, object, false);
        }
        Action::Put { object, receptacle } => {
            state.held = None;
            state.contents.set(receptacle, object, true);
            state.taken_out.set(receptacle, object, false);
            state.located.set(location, object, true);
        }
        Action::Apply {
            appliance, object, ..
        } => match appliance {
            Appliance::Clean => state.set(Condition::Clean, object, true),
            Appliance::Heat => {
                state.set(Condition::Hot, object, true);
                state.set(Condition::Cool, object, false);
            }
            Appliance::Cool => {
                state.set(Condition::Cool, object, true);
                state.set(Condition::Hot, object, false);
            }
        },
        Action::Use { object } => {
            let is_on = state.is(Condition::On, object);
            state.set(Condition::On, object, !is_on);
            state.set(Condition::Toggled, object, true);
        }
        Action::Slice { object, .. } => state.set(Condition::Sliced, object, true),
    }
    true
}

/// Everything that can be done, in no particular order.
pub(super) fn admissible(game: &Game, state: &State) -> Vec<Action> {
    let mut actions = vec![Action::Look, Action::Inventory];
    if game.wording == Wording::Revised {
        actions.push(Action::Help);
    }
    let go = (0..game.receptacles.len())
        .map(|receptacle| Action::GoTo { receptacle })
        .filter(|action| is_admissible(game, state, *action));
    actions.extend(go);
    if let Some(object) = state.held {
        actions.push(Action::ExamineObject { object });
    }
    for &receptacle in &game.locations[state.location].receptacles {
        at_receptacle(game, state, receptacle, &mut actions);
    }
    if let Some(knife) = state.held.filter(|held| game.has(Property::Knife, *held)) {
        let slices = state
            .located
            .row(state.location)
            .map(|object| Action::Slice { object, knife })
            .filter(|action| is_admissible(game, state, *action));
        actions.extend(slices);
    }
    actions
}

/// What can be done at a receptacle that is here.
fn at_receptacle(game: &Game, state: &State, receptacle: usize, actions: &mut Vec<Action>) {
    let possible = [
        Action::ExamineReceptacle { receptacle },
        Action::Open { receptacle },
        Action::Close { receptacle },
    ];
    let mut add = |action: Action| {
        // A lamp between two shelves is used once.
        if is_admissible(game, state, action) && !actions.contains(&action) {
            actions.push(action);
        }
    };
    possible.into_iter().for_each(&mut add);
    for object in state.contents.row(receptacle) {
        add(Action::Take { object, receptacle });
        add(Action::Use { object });
    }
    if let Some(object) = state.held {
        add(Action::Put { object, receptacle });
        if let Some(appliance) = game.receptacles[receptacle].appliance {
            add(Action::Apply {
                appliance,
                object,
                receptacle,
            });
        }
    }
}

/// True when one can reach into a receptacle: it is open, or cannot be closed.
fn is_reachable(game: &Game, state: &State, receptacle: usize) -> bool {
    !game.receptacles[receptacle].openable || state.is_open(receptacle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alfworld::record::GameRecord;

    const EPISODES: &str = include_str!("../../tests/fixtures/generated_episodes.jsonl");

    /// Every action there could be, admissible or not.
    fn conceivable(game: &Game) -> Vec<Action> {
        let mut actions = vec![Action::Look, Action::Inventory, Action::Help];
        let objects = 0..game.objects.len();
        for receptacle in 0..game.receptacles.len() {
            actions.extend([
                Action::GoTo { receptacle },
                Action::Open { receptacle },
                Action::Close { receptacle },
                Action::ExamineReceptacle { receptacle },
            ]);
            for object in objects.clone() {
                actions.push(Action::Take { object, receptacle });
                actions.push(Action::Put { object, receptacle });
                actions.extend(Appliance::ALL.map(|appliance| Action::Apply {
                    appliance,
                    object,
                    receptacle,
                }));
            }
        }
        for object in objects.clone() {
            actions.extend([Action::ExamineObject { object }, Action::Use { object }]);
            actions.extend(objects.clone().map(|knife| Action::Slice { object, knife }));
        }
        actions
    }

    #[test]
    fn the_admissible_actions_are_exactly_those_that_can_be_done() {
        for line in EPISODES.lines() {
            let episode: serde_json::Value = serde_json::from_str(line).unwrap();
            let record: GameRecord = serde_json::from_value(episode["record"].clone()).unwrap();
            let wording = match episode["wording"].as_str() {
                Some("revised") => Wording::Revised,
                _ => Wording::Released,
            };
            let game = Game::load(&record, wording).unwrap();
            let all = conceivable(&game);
            let mut state = game.start.clone();
            for step in episode["steps"].as_array().unwrap() {
                let can = |action: &&Action| is_admissible(&game, &state, **action);
                let commands = |actions: Vec<Action>| {
                    let mut commands: Vec<_> = actions
                        .into_iter()
                        .map(|action| action.command(&game))
                        .collect();
                    commands.sort_unstable();
                    commands
                };
                let possible = all.iter().filter(can).copied().collect();
                assert_eq!(commands(admissible(&game, &state)), commands(possible));
                let action = Action::parse(step["action"].as_str().unwrap(), &game);
                if let Some(action) = action {
                    apply(&mut state, &game, action);
                }
            }
        }
    }

    #[test]
    fn every_command_means_its_action() {
        let episode: serde_json::Value =
            serde_json::from_str(EPISODES.lines().next().unwrap()).unwrap();
        let record: GameRecord = serde_json::from_value(episode["record"].clone()).unwrap();
        for wording in [Wording::Released, Wording::Revised] {
            let game = Game::load(&record, wording).unwrap();
            for action in conceivable(&game) {
                let command = action.command(&game);
                assert_eq!(Action::parse(&command, &game), Some(action), "{command}");
            }
        }
    }
}
