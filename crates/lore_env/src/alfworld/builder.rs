//! From the facts of a problem to the tables of a [`Game`].

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context as _, Result, ensure};
use lore_core::Task;

use super::bits::BitTable;
use super::domain::{Appliance, Condition, Kind, Predicate, Property};
use super::game::{Game, Location, Object, Receptacle, Thing};
use super::goal::Goal;
use super::names;
use super::problem::{Fact, Problem};
use super::state::{Counts, State};
use super::symbols::Symbols;
use super::wording::Wording;

/// Collects facts into tables.
pub(super) struct Builder<'a> {
    symbols: &'a Symbols<'a>,
    locations: Vec<Location>,
    receptacles: Vec<Receptacle>,
    objects: Vec<Object>,
    properties: BitTable,
    /// Pairs of object and its type; of receptacle and its type; of receptacle type and object type.
    object_types: Vec<(usize, u16)>,
    receptacle_types: Vec<(usize, u16)>,
    can_contain: BTreeSet<(u16, u16)>,
    start: State,
}

impl<'a> Builder<'a> {
    pub(super) fn new(symbols: &'a Symbols<'a>, problem: &Problem<'a>) -> Result<Self> {
        let counts = Counts {
            locations: symbols.of_kind(Kind::Location).count(),
            receptacles: symbols.of_kind(Kind::Receptacle).count(),
            objects: symbols.of_kind(Kind::Object).count(),
        };
        let mut builder = Self {
            symbols,
            locations: Vec::new(),
            receptacles: Vec::new(),
            objects: Vec::new(),
            properties: BitTable::new(Property::COUNT, counts.objects),
            object_types: Vec::new(),
            receptacle_types: Vec::new(),
            can_contain: BTreeSet::new(),
            start: State::new(first_location(symbols, problem)?, counts),
        };
        builder.name_things(problem)?;
        for fact in &problem.init {
            builder.add(fact)?;
        }
        Ok(builder)
    }

    /// Names what the facts speak of: declared things that no fact mentions get no number.
    fn name_things(&mut self, problem: &Problem<'a>) -> Result<()> {
        let mut spoken_of = vec![false; self.symbols.ids().len()];
        for fact in &problem.init {
            for id in [fact.first, fact.second].into_iter().flatten() {
                spoken_of[usize::from(self.symbols.number(id)?)] = true;
            }
        }
        let ids = self.symbols.ids();
        let in_facts: Vec<usize> = (0..ids.len()).filter(|&number| spoken_of[number]).collect();
        let sorted: Vec<&str> = in_facts.iter().map(|&number| ids[number]).collect();
        let mut names: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
        for (number, name) in in_facts.into_iter().zip(names::number(&sorted)) {
            names[number] = name;
        }
        for (number, name) in (0u16..).zip(names) {
            match self.symbols.kind(number) {
                Kind::Location => self.locations.push(Location {
                    name,
                    ..Location::default()
                }),
                Kind::Receptacle => self.receptacles.push(Receptacle {
                    name,
                    ..Receptacle::default()
                }),
                Kind::Object => self.objects.push(Object {
                    name,
                    ..Object::default()
                }),
                Kind::Agent | Kind::ReceptacleType | Kind::ObjectType => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, fact: &Fact<'a>) -> Result<()> {
        let arguments = Arguments {
            fact,
            symbols: self.symbols,
        };
        if let Some(property) = Property::from_predicate(fact.predicate) {
            let object = arguments.first(Kind::Object)?;
            self.properties.set(property as usize, object, true);
            return Ok(());
        }
        match fact.predicate {
            "openable" => self.receptacles[arguments.first(Kind::Receptacle)?].openable = true,
            "receptacleatlocation" => {
                let receptacle = arguments.first(Kind::Receptacle)?;
                self.place(receptacle, arguments.second(Kind::Location)?)?;
            }
            "receptacletype" | "objecttype" | "cancontain" => self.add_type(arguments)?,
            "inreceptacleobject" => {
                let inner = arguments.first(Kind::Object)?;
                let outer = arguments.second(Kind::Object)?;
                self.objects[outer].inside.push(inner);
            }
            _ => self.add_changing(arguments)?,
        }
        Ok(())
    }

    /// Facts about types.
    fn add_type(&mut self, arguments: Arguments<'_>) -> Result<()> {
        match arguments.fact.predicate {
            "receptacletype" => {
                let receptacle = arguments.first(Kind::Receptacle)?;
                let kind = arguments.second(Kind::ReceptacleType)? as u16;
                let name = arguments.fact.second.unwrap_or_default();
                let known = &mut self.receptacles[receptacle].appliance;
                *known = known.or(Appliance::from_receptacle_type(name));
                self.receptacle_types.push((receptacle, kind));
            }
            "objecttype" => {
                let object = arguments.first(Kind::Object)?;
                let kind = arguments.second(Kind::ObjectType)? as u16;
                if matches!(arguments.fact.second, Some("knifetype" | "butterknifetype")) {
                    self.properties.set(Property::Knife as usize, object, true);
                }
                self.object_types.push((object, kind));
            }
            _ => {
                let receptacle = arguments.first(Kind::ReceptacleType)? as u16;
                let object = arguments.second(Kind::ObjectType)? as u16;
                self.can_contain.insert((receptacle, object));
            }
        }
        Ok(())
    }

    /// Facts that actions change.
    fn add_changing(&mut self, arguments: Arguments<'_>) -> Result<()> {
        let name = arguments.fact.predicate;
        if let Some(condition) = Condition::from_predicate(name) {
            self.start
                .set(condition, arguments.first(Kind::Object)?, true);
            return Ok(());
        }
        match name {
            "objectatlocation" => {
                let object = arguments.first(Kind::Object)?;
                let location = arguments.second(Kind::Location)?;
                self.start.located.set(location, object, true);
            }
            "inreceptacle" => {
                let object = arguments.first(Kind::Object)?;
                let receptacle = arguments.second(Kind::Receptacle)?;
                self.start.contents.set(receptacle, object, true);
            }
            "opened" => {
                let receptacle = arguments.first(Kind::Receptacle)?;
                self.start.opened.set(0, receptacle, true);
            }
            "holds" => {
                let object = arguments.second(Kind::Object)?;
                ensure!(self.start.held.is_none(), "the agent holds two things");
                self.start.held = Some(object);
            }
            "checked" => {}
            // An unknown word is damage; a known one has no bearing on play.
            _ => drop(Predicate::from_name(name)?),
        }
        Ok(())
    }

    fn place(&mut self, receptacle: usize, location: usize) -> Result<()> {
        let Receptacle {
            name,
            location: known,
            ..
        } = &mut self.receptacles[receptacle];
        ensure!(
            known.is_none_or(|known| known == location),
            "{name:?} stands in two places"
        );
        if known.replace(location).is_none() {
            self.locations[location].receptacles.push(receptacle);
        }
        Ok(())
    }

    /// Links the tables and names everything.
    pub(super) fn finish(mut self, task: Task, wording: Wording, goal: Goal) -> Result<Game> {
        for location in &mut self.locations {
            location.receptacles.sort_unstable();
        }
        for object in &mut self.objects {
            object.inside.sort_unstable();
            object.inside.dedup();
        }
        let fits = self.fits();
        let names = self.names()?;
        Ok(Game {
            task,
            wording,
            locations: self.locations,
            receptacles: self.receptacles,
            objects: self.objects,
            properties: self.properties,
            fits,
            names,
            start: self.start,
            goal,
        })
    }

    /// What fits where, by the types of both.
    fn fits(&self) -> BitTable {
        let mut fits = BitTable::new(self.objects.len(), self.receptacles.len());
        for &(object, object_type) in &self.object_types {
            for &(receptacle, receptacle_type) in &self.receptacle_types {
                if self.can_contain.contains(&(receptacle_type, object_type)) {
                    fits.set(object, receptacle, true);
                }
            }
        }
        fits
    }

    fn names(&self) -> Result<HashMap<String, Thing>> {
        let receptacles = self.receptacles.iter().map(|receptacle| &receptacle.name);
        let objects = self.objects.iter().map(|object| &object.name);
        let things = receptacles
            .zip((0..).map(Thing::Receptacle))
            .chain(objects.zip((0..).map(Thing::Object)));
        let mut names = HashMap::new();
        for (name, thing) in things {
            let before = names.insert(name.clone(), thing);
            ensure!(before.is_none(), "two things are called {name:?}");
        }
        Ok(names)
    }
}

/// Where the agent stands at first.
fn first_location(symbols: &Symbols<'_>, problem: &Problem<'_>) -> Result<usize> {
    let mut places = problem
        .init
        .iter()
        .filter(|fact| fact.predicate == "atlocation");
    let place = places
        .next()
        .context("it does not say where the agent is")?;
    ensure!(places.next().is_none(), "the agent is in two places");
    let location = place.second.context("the agent's place is missing")?;
    symbols.rank(location, Kind::Location)
}

/// The arguments of a fact, checked for their kind.
#[derive(Clone, Copy)]
struct Arguments<'f> {
    fact: &'f Fact<'f>,
    symbols: &'f Symbols<'f>,
}

impl Arguments<'_> {
    fn first(self, kind: Kind) -> Result<usize> {
        self.rank(self.fact.first, kind)
    }

    fn second(self, kind: Kind) -> Result<usize> {
        self.rank(self.fact.second, kind)
    }

    fn rank(self, id: Option<&str>, kind: Kind) -> Result<usize> {
        let id = id.with_context(|| format!("a fact {:?} is too short", self.fact.predicate))?;
        self.symbols.rank(id, kind)
    }
}
