//! What is known about the world after a step, read from what the agent did and saw. Pure.
//!
//! The sentences are ALFWorld's: "On the desk 1, you see a pen 2.", "You pick up the pen 2 from the
//! desk 1." Nothing is invented: a place nobody looked into stays unknown.

use lore_core::Trajectory;

/// A household as far as the agent knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct World {
    /// Places, by name and number.
    pub(super) places: Vec<Place>,
    /// What is carried.
    pub(super) carried: Vec<Thing>,
    /// Where the agent stands: an index into `places`.
    pub(super) here: Option<usize>,
}

/// A place where things can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Its name: `desk 1`.
    pub(super) name: String,
    /// What is known of it.
    pub(super) known: Known,
    /// What is in it, as far as it was seen.
    pub(super) things: Vec<Thing>,
}

/// What is known of a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Known {
    /// Nobody went there.
    #[default]
    Nothing,
    /// It is closed; what is in it was not seen since, or never.
    Closed,
    /// What is in it was seen.
    Seen,
}

/// Something that can be carried, or switched on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Thing {
    /// Its name: `pen 2`.
    pub(super) name: String,
    /// What was done to it: `hot`, `cool`, `clean`, `on`, `sliced`.
    pub(super) marks: Vec<&'static str>,
}

/// What is known after step `step`, or before the first one. `None` when the text is not that of a
/// household.
pub(super) fn after(trajectory: &Trajectory, step: Option<usize>) -> Option<World> {
    let mut world = World::default();
    let (_, list) = trajectory
        .initial_observation
        .split_once("Looking quickly around you, you see ")?;
    for name in names(list) {
        world.place(&name);
    }
    let num_steps = step.map_or(0, |step| step + 1);
    for step in trajectory.steps.iter().take(num_steps) {
        world.learn(&step.action, &step.observation);
    }
    world.sort();
    Some(world)
}

impl World {
    /// Takes in one action and what was seen after it.
    fn learn(&mut self, action: &str, observation: &str) {
        if observation.starts_with("Nothing happens") {
            return;
        }
        if let Some(target) = action.strip_prefix("go to ") {
            let index = self.place(target);
            self.here = Some(index);
        }
        self.look(observation);
        self.handle(observation);
    }

    /// What stands where.
    fn look(&mut self, observation: &str) {
        let mut inside = None;
        for sentence in observation.split(['.', '\n']).map(str::trim) {
            if let Some(name) = between(sentence, "The ", " is closed") {
                let index = self.place(name);
                self.places[index].known = Known::Closed;
            } else if let Some(name) = between(sentence, "The ", " is open") {
                inside = Some(name.to_owned());
            } else if let Some((name, list)) = sentence
                .strip_prefix("On the ")
                .and_then(|rest| rest.split_once(", you see "))
            {
                self.fill(name, list);
            } else if let Some((list, name)) =
                sentence.strip_prefix("In it, you see ").zip(inside.take())
            {
                self.fill(&name, list);
            }
        }
    }

    /// What was done with a thing.
    fn handle(&mut self, observation: &str) {
        let sentence = observation.split('.').next().unwrap_or_default();
        if let Some((thing, place)) = pair(sentence, "You pick up the ", " from the ") {
            let thing = self.take(place, thing);
            self.carried.push(thing);
        } else if let Some((thing, place)) = pair(sentence, "You put the ", " in/on the ")
            .or_else(|| pair(sentence, "You move the ", " to the "))
        {
            let thing = self.drop_carried(thing);
            let index = self.place(place);
            self.places[index].things.push(thing);
        } else if let Some(name) = sentence.strip_prefix("You close the ") {
            let index = self.place(name);
            self.places[index].known = Known::Closed;
        } else if let Some(name) = sentence.strip_prefix("You turn on the ") {
            self.mark(name, "on");
        }
        for (verb, link, mark) in [
            ("You heat the ", " using the ", "hot"),
            ("You cool the ", " using the ", "cool"),
            ("You clean the ", " using the ", "clean"),
            ("You sliced the ", " with the ", "sliced"),
        ] {
            if let Some((thing, _)) = pair(sentence, verb, link) {
                self.mark(thing, mark);
            }
        }
    }

    /// The index of a place; one that was not mentioned before is added.
    fn place(&mut self, name: &str) -> usize {
        if let Some(index) = self.places.iter().position(|place| place.name == name) {
            return index;
        }
        self.places.push(Place {
            name: name.to_owned(),
            ..Place::default()
        });
        self.places.len() - 1
    }

    /// A place was seen: what is listed is there, and nothing else.
    fn fill(&mut self, place: &str, list: &str) {
        let index = self.place(place);
        let before = std::mem::take(&mut self.places[index].things);
        let things = names(list).map(|name| {
            let known = before.iter().find(|thing| thing.name == name).cloned();
            known.unwrap_or(Thing {
                name,
                marks: Vec::new(),
            })
        });
        self.places[index].things = things.collect();
        self.places[index].known = Known::Seen;
    }

    fn take(&mut self, place: &str, thing: &str) -> Thing {
        let index = self.place(place);
        remove(&mut self.places[index].things, thing)
    }

    fn drop_carried(&mut self, thing: &str) -> Thing {
        remove(&mut self.carried, thing)
    }

    /// Heating cools nothing: of hot and cool the last one holds.
    fn mark(&mut self, name: &str, mark: &'static str) {
        let placed = self.places.iter_mut().flat_map(|place| &mut place.things);
        for thing in placed
            .chain(&mut self.carried)
            .filter(|thing| thing.name == name)
        {
            if ["hot", "cool"].contains(&mark) {
                thing.marks.retain(|known| !["hot", "cool"].contains(known));
            }
            if !thing.marks.contains(&mark) {
                thing.marks.push(mark);
            }
        }
    }

    /// By name and number, so that `drawer 10` stands after `drawer 9`.
    fn sort(&mut self) {
        let here = self.here.map(|index| self.places[index].name.clone());
        self.places
            .sort_by_cached_key(|place| numbered(&place.name));
        self.here = here.and_then(|name| self.places.iter().position(|it| it.name == name));
    }
}

fn remove(things: &mut Vec<Thing>, name: &str) -> Thing {
    match things.iter().position(|thing| thing.name == name) {
        Some(index) => things.remove(index),
        None => Thing {
            name: name.to_owned(),
            marks: Vec::new(),
        },
    }
}

/// `desk 12` as `("desk", 12)`.
fn numbered(name: &str) -> (String, u32) {
    match name.rsplit_once(' ') {
        Some((kind, number)) => (kind.to_owned(), number.parse().unwrap_or_default()),
        None => (name.to_owned(), 0),
    }
}

/// The names in "a bed 1, a desk 2, and a drawer 3."; none in "nothing".
fn names(list: &str) -> impl Iterator<Item = String> {
    let list = list.split(['.', '\n']).next().unwrap_or_default();
    list.split(',').filter_map(|item| {
        let item = item.trim();
        let item = item.strip_prefix("and ").unwrap_or(item);
        let name = item.strip_prefix("an ").or_else(|| item.strip_prefix("a "));
        name.map(|name| name.trim().to_owned())
    })
}

fn between<'a>(sentence: &'a str, before: &str, after: &str) -> Option<&'a str> {
    sentence.strip_prefix(before)?.strip_suffix(after)
}

fn pair<'a>(sentence: &'a str, before: &str, link: &str) -> Option<(&'a str, &'a str)> {
    sentence.strip_prefix(before)?.split_once(link)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::{EpisodeEnd, Step, Task};

    const BEGINNING: &str = "You are in the middle of a room. Looking quickly around you, you see a \
                             drawer 10, a drawer 9, a fridge 1, and a desk 1.\n\nYour task is to: \
                             put a cool egg in the desk.";

    fn episode(steps: &[(&str, &str)]) -> Trajectory {
        let steps = steps
            .iter()
            .map(|(action, observation)| Step {
                action: (*action).to_owned(),
                observation: (*observation).to_owned(),
                ..Step::default()
            })
            .collect();
        Trajectory::new(
            Task::default(),
            "agent",
            BEGINNING,
            steps,
            EpisodeEnd::Success,
        )
    }

    fn known(world: &World) -> Vec<(&str, Known, Vec<&str>)> {
        world
            .places
            .iter()
            .map(|place| {
                let things = place.things.iter().map(|it| it.name.as_str());
                (place.name.as_str(), place.known, things.collect())
            })
            .collect()
    }

    #[test]
    fn places_are_known_before_anyone_moved_and_stand_in_order() {
        let world = after(&episode(&[]), None).unwrap();
        let names: Vec<&str> = world.places.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["desk 1", "drawer 9", "drawer 10", "fridge 1"]);
        assert!(world.places.iter().all(|it| it.known == Known::Nothing));
        assert_eq!(world.here, None);
    }

    #[test]
    fn things_move_with_the_hands() {
        let episode = episode(&[
            (
                "go to fridge 1",
                "You arrive at loc 3. The fridge 1 is closed.",
            ),
            (
                "open fridge 1",
                "You open the fridge 1. The fridge 1 is open. In it, you see a egg 2, and a cup 1.",
            ),
            (
                "take egg 2 from fridge 1",
                "You pick up the egg 2 from the fridge 1.",
            ),
            (
                "cool egg 2 with fridge 1",
                "You cool the egg 2 using the fridge 1.",
            ),
            (
                "go to desk 1",
                "You arrive at desk 1. On the desk 1, you see nothing.",
            ),
            ("move egg 2 to desk 1", "You move the egg 2 to the desk 1."),
        ]);
        let at = |step| after(&episode, Some(step)).unwrap();
        assert_eq!(known(&at(0))[3], ("fridge 1", Known::Closed, vec![]));
        assert_eq!(
            known(&at(1))[3],
            ("fridge 1", Known::Seen, vec!["egg 2", "cup 1"])
        );
        let carrying = at(3);
        assert_eq!(carrying.carried[0].name, "egg 2");
        assert_eq!(carrying.carried[0].marks, ["cool"]);
        let end = at(5);
        assert!(end.carried.is_empty());
        assert_eq!(end.here, Some(0));
        assert_eq!(end.places[0].things[0].marks, ["cool"]);
        assert_eq!(known(&end)[3].2, ["cup 1"]);
    }

    #[test]
    fn what_did_not_happen_changes_nothing() {
        let episode = episode(&[("go to moon 1", "Nothing happens.")]);
        let world = after(&episode, Some(0)).unwrap();
        assert_eq!(world, after(&episode, None).unwrap());
    }

    #[test]
    fn other_worlds_have_no_map() {
        let mut other = episode(&[]);
        other.initial_observation = "You are in the hallway.".into();
        assert_eq!(after(&other, None), None);
    }
}
