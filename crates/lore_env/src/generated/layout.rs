//! Where everything is in a generated game.

use lore_core::{Split, content_hash};
use rand::Rng as _;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand_chacha::ChaCha8Rng;

use super::plan::{LAMP, Plan};
use crate::things::Thing;

/// A furnished room.
pub(super) struct Layout<'a> {
    /// The kind of each receptacle.
    pub(super) receptacles: Vec<&'static str>,
    /// Each thing and the receptacle it is in.
    pub(super) things: Vec<(&'a Thing, usize)>,
}

/// How many other things stand around, at least and at most, and how many of a kind.
const CLUTTER_NORMAL: (usize, usize, u32) = (12, 24, 3);
const CLUTTER_SMALL: (usize, usize, u32) = (5, 8, 1);

impl<'a> Layout<'a> {
    /// Furnishes the room of `plan`. Training and test games cannot be twins: what can be seen in
    /// the room decides, through its hash, which of the two a layout may serve.
    pub(super) fn new(plan: &Plan<'a>, things: &'a [Thing]) -> (Self, ChaCha8Rng) {
        (0..)
            .find_map(|attempt| {
                let mut random = plan.place.random(1, attempt);
                let layout = Self::furnish(plan, things, &mut random)?;
                let is_for_test = plan.place.split == Split::Test;
                (layout.serves_tests(&plan.goal) == is_for_test).then_some((layout, random))
            })
            .expect("half of all layouts serve either split")
    }

    /// `None` when the thing to be found has no place but the target.
    fn furnish(plan: &Plan<'a>, things: &'a [Thing], random: &mut ChaCha8Rng) -> Option<Self> {
        let mut receptacles = Vec::new();
        for &(kind, at_least, at_most) in plan.room.receptacles(plan.place.small) {
            let at_least = if kind == plan.target {
                at_least.max(1)
            } else {
                at_least
            };
            let count = random.random_range(at_least..=at_most);
            receptacles.extend((0..count).map(|_| kind));
        }
        let mut layout = Self {
            receptacles,
            things: Vec::new(),
        };
        let copies = if plan.wants_two() { 2 } else { 1 };
        let spare = u32::from(!plan.place.small && random.random_bool(0.3));
        for _ in 0..copies + spare {
            layout.put(plan.thing, Some(plan.target), random)?;
        }
        if plan.is_looking() {
            let lamp = things.iter().find(|thing| thing.name == LAMP)?;
            layout.put(lamp, None, random)?;
        }
        layout.clutter(plan, things, random);
        Some(layout)
    }

    /// Adds things the task is not about.
    fn clutter(&mut self, plan: &Plan<'a>, things: &'a [Thing], random: &mut ChaCha8Rng) {
        let (at_least, at_most, of_a_kind) = if plan.place.small {
            CLUTTER_SMALL
        } else {
            CLUTTER_NORMAL
        };
        let is_clutter = |thing: &&Thing| {
            let needed = plan.is_looking() && thing.name == LAMP;
            thing.is_at_home_in(plan.room.letter) && thing.name != plan.thing.name && !needed
        };
        let mut kinds: Vec<&Thing> = things.iter().filter(is_clutter).collect();
        kinds.shuffle(random);
        kinds.truncate(random.random_range(at_least..=at_most));
        for thing in kinds {
            for _ in 0..random.random_range(1..=of_a_kind) {
                // What finds no place is not there.
                let _placed = self.put(thing, None, random);
            }
        }
    }

    /// Puts a thing where such things are found, but in no receptacle of the kind `avoid`.
    fn put(
        &mut self,
        thing: &'a Thing,
        avoid: Option<&str>,
        random: &mut ChaCha8Rng,
    ) -> Option<()> {
        let places: Vec<(usize, u32)> = self
            .receptacles
            .iter()
            .enumerate()
            .filter(|(_, kind)| avoid != Some(**kind))
            .filter_map(|(index, kind)| Some((index, thing.frequency(kind)?)))
            .filter(|(_, percent)| *percent > 0)
            .collect();
        let (receptacle, _) = places
            .choose_weighted(random, |(_, percent)| *percent)
            .ok()?;
        self.things.push((thing, *receptacle));
        Some(())
    }

    /// The side of the train/test border this layout falls on: one bit of the hash of the goal and
    /// of everything that can be seen, numbers left out.
    pub(super) fn serves_tests(&self, goal: &str) -> bool {
        let mut seen: Vec<String> = self
            .things
            .iter()
            .map(|(thing, receptacle)| format!("{} {}", thing.name, self.receptacles[*receptacle]))
            .chain(self.receptacles.iter().map(|&kind| kind.to_owned()))
            .collect();
        seen.sort_unstable();
        let hash = content_hash(std::iter::once(goal).chain(seen.iter().map(String::as_str)));
        hash.as_bytes().last().is_some_and(|digit| digit % 2 == 1)
    }
}
