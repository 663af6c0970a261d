//! What the expert has seen so far: places and what was in them.

use std::collections::BTreeMap;

/// A receptacle as far as it is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The inside or the top was seen.
    pub(super) is_seen: bool,
    /// What was there when it was last seen.
    pub(super) contents: Vec<String>,
}

/// Everything seen so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// By name. Names sort as text, so ties between places go by number elsewhere.
    pub(super) places: BTreeMap<String, Place>,
    /// What is in the hand.
    pub(super) held: Option<String>,
}

impl Memory {
    /// Learns from what `action` led to, and from what can be done now.
    pub(super) fn learn(&mut self, action: Option<&str>, observation: &str, admissible: &[String]) {
        for action in admissible {
            if let Some(place) = action.strip_prefix("go to ") {
                self.places.entry(place.to_owned()).or_default();
            }
        }
        if let Some(action) = action {
            self.learn_from_answer(action, observation);
        }
        self.learn_from_reach(admissible);
    }

    fn learn_from_answer(&mut self, action: &str, observation: &str) {
        if observation.starts_with("You pick up the ") {
            if let Some((thing, place)) = taken(action) {
                self.held = Some(thing.to_owned());
                self.place(place).contents.retain(|known| known != thing);
            }
        } else if observation.starts_with("You put the ")
            || observation.starts_with("You move the ")
        {
            if let Some((thing, place)) = put(action) {
                self.held = None;
                self.place(place).contents.push(thing.to_owned());
            }
        } else if let Some(place) = visited(action)
            && let Some(contents) = listed(observation)
        {
            let place = self.place(place);
            place.is_seen = true;
            place.contents = contents;
        }
    }

    /// Two receptacles can stand at one spot; what can be taken from the other one is seen too.
    fn learn_from_reach(&mut self, admissible: &[String]) {
        for (thing, place) in admissible.iter().filter_map(|action| taken(action)) {
            let place = self.place(place);
            place.is_seen = true;
            if !place.contents.iter().any(|known| known == thing) {
                place.contents.push(thing.to_owned());
            }
        }
    }

    fn place(&mut self, name: &str) -> &mut Place {
        self.places.entry(name.to_owned()).or_default()
    }
}

/// The kind of a thing or place: its name without the number.
pub(super) fn kind(name: &str) -> &str {
    name.rsplit_once(' ').map_or(name, |(kind, _)| kind)
}

/// The number of a thing or place.
pub(super) fn number(name: &str) -> u32 {
    let digits = name.rsplit_once(' ').map_or("", |(_, number)| number);
    digits.parse().unwrap_or(0)
}

/// Thing and place of `take … from …`.
pub(super) fn taken(action: &str) -> Option<(&str, &str)> {
    action.strip_prefix("take ")?.split_once(" from ")
}

/// Thing and place of `put … in/on …` and `move … to …`.
pub(super) fn put(action: &str) -> Option<(&str, &str)> {
    match action.strip_prefix("put ") {
        Some(rest) => rest.split_once(" in/on "),
        None => action.strip_prefix("move ")?.split_once(" to "),
    }
}

/// The place an action shows.
fn visited(action: &str) -> Option<&str> {
    ["go to ", "open ", "examine "]
        .into_iter()
        .find_map(|verb| action.strip_prefix(verb))
}

/// The things after "you see"; `None` when the observation shows no place.
fn listed(observation: &str) -> Option<Vec<String>> {
    let (_, list) = observation.split_once(", you see ")?;
    let list = list.trim_end().trim_end_matches('.');
    if list == "nothing" {
        return Some(Vec::new());
    }
    let name = |item: &str| {
        let item = item.strip_prefix("and ").unwrap_or(item);
        item.strip_prefix("a ").unwrap_or(item).to_owned()
    };
    Some(list.split(", ").map(name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_remembered_where_they_were_seen() {
        let mut memory = Memory::default();
        let can = |actions: &[&str]| -> Vec<String> {
            actions.iter().map(|&action| action.to_owned()).collect()
        };
        memory.learn(
            None,
            "You are in the middle of a room.",
            &can(&["go to desk 1", "look"]),
        );
        let seen = "You arrive at loc 3. On the desk 1, you see a cd 2, and a pen 1.";
        memory.learn(Some("go to desk 1"), seen, &can(&["take cd 2 from desk 1"]));
        assert_eq!(memory.places["desk 1"].contents, ["cd 2", "pen 1"]);
        let answer = "You pick up the cd 2 from the desk 1.";
        memory.learn(Some("take cd 2 from desk 1"), answer, &can(&["look"]));
        assert_eq!(memory.held.as_deref(), Some("cd 2"));
        assert_eq!(memory.places["desk 1"].contents, ["pen 1"]);
        memory.learn(Some("go to safe 1"), "Nothing happens.", &[]);
        assert!(!memory.places.contains_key("safe 1"));
    }
}
