//! Generated games as PDDL problems, so that they go through the same engine as official ones (and
//! could be played in the official one).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::layout::Layout;
use super::plan::Plan;
use super::rooms::is_openable;

/// Abilities of things and the predicates that state them.
const ABILITIES: [(&str, &str); 6] = [
    ("clean", "cleanable"),
    ("heat", "heatable"),
    ("cool", "coolable"),
    ("slice", "sliceable"),
    ("hold", "isReceptacleObject"),
    ("use", "toggleable"),
];

/// Writes the problem of a game.
pub(super) fn problem(plan: &Plan<'_>, layout: &Layout<'_>, random: &mut ChaCha8Rng) -> String {
    let things: Vec<String> = (0..)
        .zip(&layout.things)
        .map(|(index, (thing, _))| identifier(thing.name, index, random))
        .collect();
    let receptacles: Vec<String> = (0..)
        .zip(&layout.receptacles)
        .map(|(index, kind)| identifier(kind, index, random))
        .collect();
    let mut text = format!(
        "(define (problem {})\n(:domain alfred)\n",
        problem_name(plan)
    );
    write_objects(&mut text, layout, &things, &receptacles);
    text.push_str("(:init\n");
    write_init(&mut text, layout, &things, &receptacles);
    text.push_str(")\n(:goal ");
    text.push_str(&goal(plan));
    text.push_str("))\n");
    text
}

/// A PDDL name holds no slashes.
fn problem_name(plan: &Plan<'_>) -> String {
    plan.place.id().as_str().replace('/', "-")
}

/// The random part mixes the numbers people read; the index makes it unique. Basins carry their
/// furniture's name first, as in ALFWorld.
fn identifier(kind: &str, index: usize, random: &mut ChaCha8Rng) -> String {
    let place = random.random_range(0..10_000);
    match kind.strip_suffix("basin") {
        Some(furniture) => format!("{furniture}_bar_{place:04}_bar_{index:03}_bar_{kind}"),
        None => format!("{kind}_bar_{place:04}_bar_{index:03}"),
    }
}

fn location(receptacle: usize) -> String {
    format!("loc_bar_{receptacle:03}")
}

/// Where the agent stands at first: in the middle of the room.
const MIDDLE: &str = "loc_bar_middle";

fn write_objects(
    text: &mut String,
    layout: &Layout<'_>,
    things: &[String],
    receptacles: &[String],
) {
    let mut line = |id: &str, kind: &str| {
        writeln!(text, " {id} - {kind}").expect("writing to a string cannot fail");
    };
    line("(:objects agent1", "agent");
    for id in things {
        line(id, "object");
    }
    for id in receptacles {
        line(id, "receptacle");
    }
    for receptacle in 0..receptacles.len() {
        line(&location(receptacle), "location");
    }
    line(MIDDLE, "location");
    for kind in thing_kinds(layout) {
        line(&format!("{kind}Type"), "otype");
    }
    for kind in receptacle_kinds(layout) {
        line(&format!("{kind}Type"), "rtype");
    }
    text.push_str(")\n");
}

fn write_init(text: &mut String, layout: &Layout<'_>, things: &[String], receptacles: &[String]) {
    let mut fact = |fact: std::fmt::Arguments<'_>| {
        writeln!(text, " ({fact})").expect("writing to a string cannot fail");
    };
    fact(format_args!("atLocation agent1 {MIDDLE}"));
    for (index, (id, kind)) in receptacles.iter().zip(&layout.receptacles).enumerate() {
        fact(format_args!("receptacleType {id} {kind}Type"));
        fact(format_args!(
            "receptacleAtLocation {id} {}",
            location(index)
        ));
        if is_openable(kind) {
            fact(format_args!("openable {id}"));
        }
    }
    for (id, (thing, receptacle)) in things.iter().zip(&layout.things) {
        fact(format_args!("objectType {id} {}Type", thing.name));
        fact(format_args!(
            "inReceptacle {id} {}",
            receptacles[*receptacle]
        ));
        fact(format_args!(
            "objectAtLocation {id} {}",
            location(*receptacle)
        ));
        // Lamps stay where they are.
        if !thing.can("use") {
            fact(format_args!("pickupable {id}"));
        }
        for (ability, predicate) in ABILITIES {
            if thing.can(ability) {
                fact(format_args!("{predicate} {id}"));
            }
        }
    }
    let kinds: BTreeSet<_> = layout
        .things
        .iter()
        .map(|(thing, _)| (thing.name, *thing))
        .collect();
    for receptacle in receptacle_kinds(layout) {
        for (name, thing) in &kinds {
            if thing.frequency(receptacle).is_some() && !thing.can("use") {
                fact(format_args!("canContain {receptacle}Type {name}Type"));
            }
        }
    }
}

fn thing_kinds<'a>(layout: &Layout<'a>) -> BTreeSet<&'a str> {
    layout.things.iter().map(|(thing, _)| thing.name).collect()
}

fn receptacle_kinds(layout: &Layout<'_>) -> BTreeSet<&'static str> {
    layout.receptacles.iter().copied().collect()
}

/// The goal as a formula, in ALFWorld's form.
fn goal(plan: &Plan<'_>) -> String {
    let (thing, target) = (plan.thing.name, plan.target);
    if plan.is_looking() {
        return format!(
            "(and (exists (?ot - object ?r - receptacle ?a - agent ?l - location) \
             (and (objectType ?ot {target}Type) (toggleable ?ot) (isToggled ?ot) \
             (receptacleAtLocation ?r ?l) (atLocation ?a ?l) (inReceptacle ?ot ?r))) \
             (exists (?o - object ?a - agent) (and (objectType ?o {thing}Type) (holds ?a ?o))))"
        );
    }
    let one = format!(
        "(objectType ?o {thing}Type) (receptacleType ?r {target}Type) (inReceptacle ?o ?r)"
    );
    let more = if plan.wants_two() {
        let other = one.replace("?o ", "?o2 ");
        format!("(exists (?o2 - object) (and (not (= ?o ?o2)) {other}))")
    } else {
        match plan.ability() {
            Some("clean") => "(isClean ?o)".to_owned(),
            Some("heat") => "(isHot ?o)".to_owned(),
            Some("cool") => "(isCool ?o)".to_owned(),
            _ => String::new(),
        }
    };
    format!("(exists (?r - receptacle) (exists (?o - object) (and {one} {more})))")
}
