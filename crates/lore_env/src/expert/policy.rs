//! What the expert does next.

use std::cmp::Reverse;

use lore_core::Task;

use super::goal::Goal;
use super::memory::{Memory, kind, number, put, taken};
use crate::things::Thing;

/// Plays household games like a person who knows where things usually are: it sees goals,
/// observations and admissible actions, and nothing else.
#[derive(Clone, Debug)]
pub struct Expert {
    goal: Option<Goal>,
    memory: Memory,
    /// The action whose answer comes next.
    last: Option<String>,
    /// Things that were treated as the goal asks.
    treated: Vec<String>,
    /// Where things are brought, once that is decided.
    chosen: Option<String>,
    /// Seen things that could not be taken: pictures of the room, not for taking.
    out_of_reach: Vec<String>,
}

impl Expert {
    /// An expert for a task. It gives up at once on goals that are not in ALFWorld's own words.
    pub fn new(task: &Task) -> Self {
        Self {
            goal: Goal::parse(&task.goal),
            memory: Memory::default(),
            last: None,
            treated: Vec::new(),
            chosen: None,
            out_of_reach: Vec::new(),
        }
    }

    /// The next action after `observation`; `None` when it does not know what else to try.
    pub fn act(&mut self, observation: &str, admissible: &[String]) -> Option<String> {
        self.memory
            .learn(self.last.as_deref(), observation, admissible);
        let action = match self.goal.clone()? {
            Goal::Look { thing, lamp } => self.look(&thing, &lamp, admissible),
            Goal::Bring {
                thing,
                target,
                treatment,
                two,
            } => self.bring(
                &Errand {
                    thing,
                    target,
                    treatment,
                    two,
                },
                admissible,
            ),
        };
        self.last.clone_from(&action);
        action
    }

    fn look(&mut self, thing: &str, lamp: &str, can: &[String]) -> Option<String> {
        if self.memory.held.is_none() {
            return self.obtain(thing, |_| true, can);
        }
        let switch = can.iter().find(|action| {
            action
                .strip_prefix("use ")
                .is_some_and(|used| kind(used) == lamp)
        });
        if let Some(switch) = switch {
            return Some(switch.clone());
        }
        match self.remembered(lamp, |_| true) {
            Some(place) => reach(&place, can),
            None => self.explore(lamp, can),
        }
    }

    fn bring(&mut self, errand: &Errand, can: &[String]) -> Option<String> {
        let Some(held) = self.memory.held.clone() else {
            let chosen = self.chosen.clone();
            // What already is where it should be stays there; what still has to be washed does not.
            let is_source = |place: &str| match errand.treatment {
                Some(_) => true,
                None if errand.two => chosen.as_deref() != Some(place),
                None => kind(place) != errand.target,
            };
            return self.obtain(&errand.thing, is_source, can);
        };
        match errand.treatment {
            Some(verb) if !self.treated.contains(&held) => self.treat(verb, &held, can),
            _ => self.deliver(errand, can),
        }
    }

    fn treat(&mut self, verb: &str, held: &str, can: &[String]) -> Option<String> {
        let begin = format!("{verb} {held} with ");
        if let Some(action) = can.iter().find(|action| action.starts_with(&begin)) {
            self.treated.push(held.to_owned());
            return Some(action.clone());
        }
        let appliance = match verb {
            "clean" => "sinkbasin",
            "heat" => "microwave",
            _ => "fridge",
        };
        reach(&self.first_place(appliance)?, can)
    }

    fn deliver(&mut self, errand: &Errand, can: &[String]) -> Option<String> {
        let target = match &self.chosen {
            Some(chosen) => chosen.clone(),
            None => self.choose_target(errand)?,
        };
        self.chosen = Some(target.clone());
        let here = can
            .iter()
            .find(|action| put(action).is_some_and(|(_, place)| place == target));
        match here {
            Some(action) => Some(action.clone()),
            None => reach(&target, can),
        }
    }

    /// The receptacle to bring things to: for two things, one that holds one already if any does.
    fn choose_target(&self, errand: &Errand) -> Option<String> {
        let half_done = self.memory.places.iter().find(|(name, place)| {
            kind(name) == errand.target
                && place
                    .contents
                    .iter()
                    .any(|thing| kind(thing) == errand.thing)
        });
        match half_done {
            Some((name, _)) if errand.two => Some(name.clone()),
            _ => self.first_place(&errand.target),
        }
    }

    /// Takes a thing of a kind from a place that `is_source` allows, looking for it if need be.
    fn obtain(
        &mut self,
        thing: &str,
        is_source: impl Fn(&str) -> bool,
        can: &[String],
    ) -> Option<String> {
        let take = can.iter().find(|action| {
            taken(action).is_some_and(|(name, place)| kind(name) == thing && is_source(place))
        });
        if let Some(take) = take {
            return Some(take.clone());
        }
        while let Some(place) = self.remembered(thing, &is_source) {
            if let Some(action) = reach(&place, can) {
                return Some(action);
            }
            // It is here and open, and still cannot be taken.
            let contents = &self.memory.places[&place].contents;
            let seen = contents.iter().filter(|name| kind(name) == thing).cloned();
            self.out_of_reach.extend(seen);
        }
        self.explore(thing, can)
    }

    /// A place where a thing of a kind was seen.
    fn remembered(&self, thing: &str, is_source: impl Fn(&str) -> bool) -> Option<String> {
        let holds = |contents: &[String]| {
            contents
                .iter()
                .any(|name| kind(name) == thing && !self.out_of_reach.contains(name))
        };
        let mut places = self.memory.places.iter();
        let found = places.find(|(name, place)| is_source(name) && holds(&place.contents));
        found.map(|(name, _)| name.clone())
    }

    /// Looks into the most promising place that was not seen yet: the likeliest per step it takes.
    fn explore(&self, thing: &str, can: &[String]) -> Option<String> {
        let known = Thing::find(thing);
        let promise = |place: &str, action: &str| {
            let frequency = match &known {
                Some(known) => known.frequency(kind(place)),
                None => Some(1),
            };
            // In tenths of a percent; what fits nowhere may still be anywhere.
            let tenths = frequency.map_or(1, |percent| 10 * percent + 3);
            let num_steps = if is_closable(kind(place)) && action.starts_with("go to ") {
                2
            } else {
                1
            };
            2 * tenths / num_steps
        };
        let unseen = self
            .memory
            .places
            .iter()
            .filter(|(_, place)| !place.is_seen);
        unseen
            .filter_map(|(name, _)| Some((name, look_into(name, can)?)))
            .min_by_key(|(name, action)| (Reverse(promise(name, action)), kind(name), number(name)))
            .map(|(_, action)| action)
    }

    /// The first receptacle of a kind.
    fn first_place(&self, of_kind: &str) -> Option<String> {
        let places = self.memory.places.keys();
        let same = places.filter(|name| kind(name) == of_kind);
        same.min_by_key(|name| number(name)).cloned()
    }
}

/// What a goal of bringing asks for.
struct Errand {
    thing: String,
    target: String,
    treatment: Option<&'static str>,
    two: bool,
}

/// The next action on the way into a place: open it when it is here and closed, go there when it is
/// somewhere else; `None` when one is there already.
fn reach(place: &str, can: &[String]) -> Option<String> {
    ["open", "go to"]
        .into_iter()
        .map(|verb| format!("{verb} {place}"))
        .find(|action| can.contains(action))
}

/// The next action to see what is in a place. Two receptacles can stand at one spot, where only
/// the one that was gone to has been shown.
fn look_into(place: &str, can: &[String]) -> Option<String> {
    reach(place, can).or_else(|| {
        let examine = format!("examine {place}");
        can.contains(&examine).then_some(examine)
    })
}

/// Places that usually have to be opened first, which costs a step.
fn is_closable(kind: &str) -> bool {
    matches!(kind, "cabinet" | "drawer" | "fridge" | "microwave" | "safe")
}
