//! A PDDL problem: the things, what is true at first, and the goal.

use anyhow::{Context as _, Result, bail, ensure};

use super::sexpr::Sexpr;

/// Official games hold up to 400 things, bare type names included.
const MAX_THINGS: usize = 8_192;

/// A problem as written; nothing is resolved yet. All names are in lower case, as PDDL ignores case.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    /// Name and type of each thing, in the order written.
    pub(super) things: Vec<(&'a str, &'a str)>,
    /// What is true at first.
    pub(super) init: Vec<Fact<'a>>,
    /// The goal's formula.
    pub(super) goal: Sexpr<'a>,
}

/// `(predicate argument…)`; no predicate of the domain has more than two arguments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact<'a> {
    pub(super) predicate: &'a str,
    pub(super) first: Option<&'a str>,
    pub(super) second: Option<&'a str>,
}

impl<'a> Problem<'a> {
    /// Reads a problem from text that is in lower case already.
    pub(super) fn parse(text: &'a str) -> Result<Self> {
        let whole = Sexpr::parse(text)?;
        let (define, sections) = whole.head()?;
        ensure!(define == "define", "it does not start with (define");
        let (mut things, mut init, mut goal) = (None, None, None);
        for section in sections {
            let (name, items) = section.head()?;
            match name {
                ":objects" => things = Some(parse_typed_list(items)?),
                ":init" => init = Some(parse_init(items)?),
                ":goal" => {
                    let [formula] = items else {
                        bail!("its goal is not one formula");
                    };
                    goal = Some(formula.clone());
                }
                _ => {}
            }
        }
        Ok(Self {
            things: things.context("it has no (:objects …)")?,
            init: init.context("it has no (:init …)")?,
            goal: goal.context("it has no (:goal …)")?,
        })
    }
}

/// Reads `a b - kind c - kind …`; names without a type are of type `object`.
pub(super) fn parse_typed_list<'a>(items: &[Sexpr<'a>]) -> Result<Vec<(&'a str, &'a str)>> {
    ensure!(items.len() <= 3 * MAX_THINGS, "it holds too many things");
    let mut typed = Vec::new();
    let mut waiting = Vec::new();
    let mut items = items.iter();
    while let Some(item) = items.next() {
        match item.word()? {
            "-" => {
                let kind = items.next().context("a type is missing after -")?.word()?;
                typed.extend(waiting.drain(..).map(|name| (name, kind)));
            }
            name => waiting.push(name),
        }
    }
    typed.extend(waiting.into_iter().map(|name| (name, "object")));
    ensure!(typed.len() <= MAX_THINGS, "it holds too many things");
    Ok(typed)
}

fn parse_init<'a>(items: &[Sexpr<'a>]) -> Result<Vec<Fact<'a>>> {
    let mut facts = Vec::with_capacity(items.len());
    for item in items {
        let (predicate, arguments) = item.head()?;
        // `(= (distance …) 5)` sets costs, which no observation and no goal depends on.
        if predicate == "=" {
            continue;
        }
        ensure!(
            arguments.len() <= 2,
            "the fact {predicate:?} has {} arguments",
            arguments.len()
        );
        let argument = |index: usize| arguments.get(index).map(Sexpr::word).transpose();
        facts.push(Fact {
            predicate,
            first: argument(0)?,
            second: argument(1)?,
        });
    }
    Ok(facts)
}
