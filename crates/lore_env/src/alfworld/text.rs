//! What the agent reads: the texts of ALFWorld's grammar (`alfred.twl2`).

use std::fmt::Write as _;

use super::action::Action;
use super::domain::{Condition, Property};
use super::game::Game;
use super::state::State;
use super::wording::Wording;

/// The answer to everything that cannot be done.
pub(super) const NOTHING_HAPPENS: &str = "Nothing happens.";

const HELP: &str = "\
Available commands:
  look:                             look around your current location
  inventory:                        check your current inventory
  go to (receptacle):               move to a receptacle
  open (receptacle):                open a receptacle
  close (receptacle):               close a receptacle
  take (object) from (receptacle):  take an object from a receptacle
  move (object) to (receptacle):  place an object in or on a receptacle
  examine (something):              examine a receptacle or an object
  use (object):                     use an object
  heat (object) with (receptacle):  heat an object using a receptacle
  clean (object) with (receptacle): clean an object using a receptacle
  cool (object) with (receptacle):  cool an object using a receptacle
  slice (object) with (object):     slice an object using a sharp object
";

/// The first observation.
pub(super) fn intro(game: &Game, state: &State) -> String {
    // Nothing is bound yet in the official grammar, so all receptacles are named here, while a
    // later `look` from the same spot names none.
    let here = &game.locations[state.location];
    let view = if here.receptacles.is_empty() {
        let all = game
            .receptacles
            .iter()
            .filter(|receptacle| receptacle.location.is_some());
        middle_of_room(all.map(|receptacle| receptacle.name.as_str()))
    } else {
        look(game, state)
    };
    format!(
        "-= Welcome to TextWorld, ALFRED! =-\n\n{view}\n\nYour task is to: {}",
        game.task.goal
    )
}

/// The observation after `action` led to `state`.
pub(super) fn observation(game: &Game, state: &State, action: Action) -> String {
    let receptacle_name = |rank: usize| game.receptacles[rank].name.as_str();
    let object_name = |rank: usize| game.objects[rank].name.as_str();
    match action {
        Action::Look => look(game, state),
        Action::Inventory => match state.held {
            Some(object) => format!("You are carrying: a {}.", object_name(object)),
            None => "You are not carrying anything.".to_owned(),
        },
        Action::Help => HELP.to_owned(),
        Action::GoTo { receptacle } => {
            let place = match game.wording {
                Wording::Released => game.locations[state.location].name.as_str(),
                Wording::Revised => receptacle_name(receptacle),
            };
            let view = examine_receptacle(game, state, receptacle);
            format!("You arrive at {place}. {view}")
        }
        Action::Open { receptacle } => format!(
            "You open the {}. {}",
            receptacle_name(receptacle),
            examine_receptacle(game, state, receptacle)
        ),
        Action::Close { receptacle } => format!("You close the {}.", receptacle_name(receptacle)),
        Action::ExamineReceptacle { receptacle } => examine_receptacle(game, state, receptacle),
        Action::ExamineObject { object } => examine_object(game, state, object),
        Action::Take { object, receptacle } => format!(
            "You pick up the {} from the {}.",
            object_name(object),
            receptacle_name(receptacle)
        ),
        Action::Put { object, receptacle } => {
            let (object, receptacle) = (object_name(object), receptacle_name(receptacle));
            match game.wording {
                Wording::Released => format!("You put the {object} in/on the {receptacle}."),
                Wording::Revised => format!("You move the {object} to the {receptacle}."),
            }
        }
        Action::Apply {
            appliance,
            object,
            receptacle,
        } => {
            let verb = appliance.verb();
            let (object, receptacle) = (object_name(object), receptacle_name(receptacle));
            format!("You {verb} the {object} using the {receptacle}.")
        }
        // The grammar asks whether it was ever used, so a lamp is never said to go out.
        Action::Use { object } => format!("You turn on the {}.", object_name(object)),
        Action::Slice { object, knife } => {
            let (object, knife) = (object_name(object), object_name(knife));
            format!("You sliced the {object} with the {knife}.")
        }
    }
}

fn look(game: &Game, state: &State) -> String {
    let here = &game.locations[state.location].receptacles;
    if here.is_empty() {
        return middle_of_room(std::iter::empty());
    }
    let facing = here.iter().map(|&rank| game.receptacles[rank].name.clone());
    // Beside a receptacle lies what was once taken out of it and then put elsewhere at this spot,
    // once for each receptacle it was taken out of: the official engine's reading of its grammar.
    let beside = state.located.row(state.location).flat_map(|object| {
        let left = here
            .iter()
            .filter(move |&&rank| state.taken_out.get(rank, object));
        left.map(move |_| format!("a {}", game.objects[object].name))
    });
    format!(
        "You are facing the {}. Next to it, you see {}.",
        list(facing),
        list(beside)
    )
}

fn middle_of_room<'a>(receptacles: impl Iterator<Item = &'a str>) -> String {
    let seen = list(receptacles.map(|name| format!("a {name}")));
    format!("You are in the middle of a room. Looking quickly around you, you see {seen}.")
}

fn examine_receptacle(game: &Game, state: &State, rank: usize) -> String {
    let receptacle = &game.receptacles[rank];
    let name = &receptacle.name;
    let is_open = state.is_open(rank);
    if receptacle.openable && !is_open {
        return format!("The {name} is closed.");
    }
    let contents = state.contents.row(rank);
    let seen = list(contents.map(|object| format!("a {}", game.objects[object].name)));
    if receptacle.openable {
        format!("The {name} is open. In it, you see {seen}.")
    } else {
        format!("On the {name}, you see {seen}.")
    }
}

fn examine_object(game: &Game, state: &State, rank: usize) -> String {
    let object = &game.objects[rank];
    let name = &object.name;
    if game.has(Property::Container, rank) {
        let inside = object.inside.iter();
        let seen = list(inside.map(|&inner| format!("a {}", game.objects[inner].name)));
        return format!("This is a normal {name}. In it, you see {seen}.");
    }
    let clean = state.is(Condition::Clean, rank);
    let hot = state.is(Condition::Hot, rank);
    let cool = state.is(Condition::Cool, rank);
    let sliced = state.is(Condition::Sliced, rank);
    let like = match (clean, hot, cool, sliced) {
        (true, true, _, true) => "hot and clean sliced ",
        (true, _, true, true) => "cool and clean sliced ",
        (true, _, _, true) => "clean sliced ",
        (_, true, _, true) => "hot sliced ",
        (_, _, true, true) => "cool sliced ",
        (true, true, ..) => "hot and clean ",
        (true, _, true, _) => "cool and clean ",
        (_, true, ..) => "hot ",
        (true, ..) => "clean ",
        (_, _, true, _) => "cold ",
        (false, false, false, false) if game.has(Property::Toggleable, rank) => {
            return if state.is(Condition::Toggled, rank) {
                format!("This {name} is on.")
            } else {
                format!("There's nothing special about {name}.")
            };
        }
        (false, false, false, true) if game.has(Property::Sliceable, rank) => "sliced ",
        _ => return format!("There's nothing special about {name}."),
    };
    format!("This is a {like}{name}.")
}

/// `a`, `a, and b`, `a, b, and c`; `nothing` for nothing.
fn list(mut items: impl Iterator<Item = String>) -> String {
    let Some(mut text) = items.next() else {
        return "nothing".to_owned();
    };
    let mut items = items.peekable();
    while let Some(item) = items.next() {
        let separator = if items.peek().is_some() {
            ", "
        } else {
            ", and "
        };
        write!(text, "{separator}{item}").expect("writing to a string cannot fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::list;

    #[test]
    fn lists_read_as_in_the_official_texts() {
        let of = |items: &[&str]| list(items.iter().map(|&item| item.to_owned()));
        assert_eq!(of(&[]), "nothing");
        assert_eq!(of(&["a"]), "a");
        assert_eq!(of(&["a", "b"]), "a, and b");
        assert_eq!(of(&["a", "b", "c"]), "a, b, and c");
    }
}
