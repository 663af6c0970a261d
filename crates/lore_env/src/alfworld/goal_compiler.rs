//! From a goal's formula to a [`Goal`].

use std::collections::HashSet;

use anyhow::{Context as _, Result, bail, ensure};

use super::domain::{Kind, Predicate};
use super::goal::{Check, Goal, NOTHING, Query, Term};
use super::problem::{Problem, parse_typed_list};
use super::sexpr::Sexpr;
use super::symbols::Symbols;

/// Official goals have six variables.
const MAX_VARIABLES: usize = 16;
/// The most combinations of candidates a check may have to try; official goals stay below 200,000,
/// nearly all of which are never tried.
const MAX_COMBINATIONS: usize = 4_000_000;

/// Compiles the goal of `problem`.
pub(super) fn compile(problem: &Problem<'_>, symbols: &Symbols<'_>) -> Result<Goal> {
    let mut facts = HashSet::new();
    for fact in &problem.init {
        // Predicates a goal may not use cannot be asked for either.
        let Ok(Predicate::Unchanging(index)) = Predicate::from_name(fact.predicate) else {
            continue;
        };
        let number = |id: Option<&str>| id.map_or(Ok(NOTHING), |id| symbols.number(id));
        facts.insert([index, number(fact.first)?, number(fact.second)?]);
    }
    let mut compiler = Compiler {
        symbols,
        facts: &facts,
        names: Vec::new(),
        kinds: Vec::new(),
    };
    let root = compiler.query(&problem.goal, 1)?;
    let num_slots = compiler.kinds.len();
    Ok(Goal {
        root,
        num_slots,
        facts,
        ranks: symbols.ranks().to_vec(),
    })
}

struct Compiler<'a> {
    symbols: &'a Symbols<'a>,
    facts: &'a HashSet<[u16; 3]>,
    /// Variables in scope and their slots; the last one of a name counts.
    names: Vec<(&'a str, usize)>,
    /// The kind of each slot's variable.
    kinds: Vec<Kind>,
}

/// A query whose checks have no place yet.
#[derive(Default)]
struct Draft {
    slots: Vec<usize>,
    checks: Vec<Check>,
}

impl<'a> Compiler<'a> {
    /// Compiles a formula into a query of its own, tried at most `outer` times.
    fn query(&mut self, formula: &Sexpr<'a>, outer: usize) -> Result<Query> {
        let mut draft = Draft::default();
        self.conjunct(formula, &mut draft, outer)?;
        self.place(draft, outer)
    }

    fn conjunct(&mut self, formula: &Sexpr<'a>, draft: &mut Draft, outer: usize) -> Result<()> {
        let (head, rest) = formula.head()?;
        match (head, rest) {
            ("", _) => {}
            ("and", parts) => {
                for part in parts {
                    self.conjunct(part, draft, outer)?;
                }
            }
            ("exists", [variables, body]) => {
                let in_scope = self.names.len();
                draft.slots.extend(self.declare(variables)?);
                self.conjunct(body, draft, outer)?;
                self.names.truncate(in_scope);
            }
            ("or", parts) => {
                let inner = self.combinations(&draft.slots, outer)?;
                let parts = parts.iter().map(|part| self.query(part, inner));
                draft.checks.push(Check::Any(parts.collect::<Result<_>>()?));
            }
            ("not", [inner]) => self.negation(inner, draft, outer)?,
            ("exists" | "not" | "forall" | "imply" | "when", _) => {
                bail!("its goal uses {head:?} in a way that is not understood")
            }
            _ => {
                let check = self.atom(head, rest, true)?;
                draft.checks.push(check);
            }
        }
        Ok(())
    }

    fn negation(&mut self, inner: &Sexpr<'a>, draft: &mut Draft, outer: usize) -> Result<()> {
        let (head, rest) = inner.head()?;
        let check = if matches!(head, "" | "and" | "or" | "not" | "exists") {
            let inner_outer = self.combinations(&draft.slots, outer)?;
            Check::Never(self.query(inner, inner_outer)?)
        } else {
            self.atom(head, rest, false)?
        };
        draft.checks.push(check);
        Ok(())
    }

    /// Gives each variable of a quantifier a slot.
    fn declare(&mut self, variables: &Sexpr<'a>) -> Result<Vec<usize>> {
        let mut slots = Vec::new();
        for (name, kind) in parse_typed_list(variables.list()?)? {
            let slot = self.kinds.len();
            ensure!(slot < MAX_VARIABLES, "its goal has too many variables");
            self.kinds.push(Kind::from_name(kind)?);
            self.names.push((name, slot));
            slots.push(slot);
        }
        Ok(slots)
    }

    fn atom(&self, head: &str, arguments: &[Sexpr<'a>], expected: bool) -> Result<Check> {
        ensure!(arguments.len() <= 2, "its goal gives {head:?} too much");
        let mut terms = [Term::Thing(NOTHING); 2];
        for (term, argument) in terms.iter_mut().zip(arguments) {
            *term = self.term(argument.word()?)?;
        }
        if head == "=" {
            ensure!(arguments.len() == 2, "its goal compares one thing");
            return Ok(Check::Same {
                arguments: terms,
                expected,
            });
        }
        let predicate = Predicate::from_name(head)?;
        if let Some(signature) = predicate.signature() {
            let given = terms[..arguments.len()].iter().map(|term| self.kind(*term));
            ensure!(
                given.eq(signature.iter().copied()),
                "its goal asks {head:?} of the wrong things"
            );
        }
        Ok(Check::Fact {
            predicate,
            arguments: terms,
            expected,
        })
    }

    fn term(&self, word: &str) -> Result<Term> {
        if !word.starts_with('?') {
            return self.symbols.number(word).map(Term::Thing);
        }
        let known = self.names.iter().rev().find(|(name, _)| *name == word);
        let (_, slot) = known.with_context(|| format!("its goal does not say what {word} is"))?;
        Ok(Term::Slot(*slot))
    }

    fn kind(&self, term: Term) -> Kind {
        match term {
            Term::Thing(thing) => self.symbols.kind(thing),
            Term::Slot(slot) => self.kinds[slot],
        }
    }

    /// How often something inside the variables `slots` may be tried.
    fn combinations(&self, slots: &[usize], outer: usize) -> Result<usize> {
        let mut product = outer;
        for slot in slots {
            product = product.saturating_mul(self.symbols.of_kind(self.kinds[*slot]).count());
        }
        ensure!(product <= MAX_COMBINATIONS, "its goal is too complicated");
        Ok(product)
    }

    /// Narrows the candidates and puts each check where its variables first have values.
    fn place(&self, draft: Draft, outer: usize) -> Result<Query> {
        let Draft { slots, mut checks } = draft;
        let mut variables = Vec::new();
        let mut product = outer;
        for slot in slots {
            let mut candidates: Vec<u16> = self.symbols.of_kind(self.kinds[slot]).collect();
            checks.retain(|check| match self.narrows(check, slot) {
                Some(allowed) => {
                    candidates.retain(|candidate| allowed(*candidate));
                    false
                }
                None => true,
            });
            product = product.saturating_mul(candidates.len().max(1));
            variables.push((slot, candidates));
        }
        ensure!(product <= MAX_COMBINATIONS, "its goal is too complicated");
        let mut placed: Vec<Vec<Check>> = Vec::new();
        placed.resize_with(variables.len() + 1, Vec::new);
        for check in checks {
            let depth = depth_of(&check, &variables);
            placed[depth].push(check);
        }
        Ok(Query {
            variables,
            checks: placed,
        })
    }

    /// A filter on `slot` alone, when `check` is one: it never changes and names no other variable.
    fn narrows(&self, check: &Check, slot: usize) -> Option<impl Fn(u16) -> bool> {
        let Check::Fact {
            predicate: Predicate::Unchanging(index),
            arguments,
            expected,
        } = *check
        else {
            return None;
        };
        let uses = |term: &Term| *term == Term::Slot(slot);
        let foreign = |term: &Term| matches!(term, Term::Slot(other) if *other != slot);
        if !arguments.iter().any(uses) || arguments.iter().any(foreign) {
            return None;
        }
        let facts = self.facts;
        Some(move |candidate: u16| {
            let [first, second] = arguments.map(|term| match term {
                Term::Thing(thing) => thing,
                Term::Slot(_) => candidate,
            });
            facts.contains(&[index, first, second]) == expected
        })
    }
}

/// The number of variables that must have values before `check` can be made.
fn depth_of(check: &Check, variables: &[(usize, Vec<u16>)]) -> usize {
    let arguments = match check {
        Check::Fact { arguments, .. } | Check::Same { arguments, .. } => arguments,
        Check::Any(_) | Check::Never(_) => return variables.len(),
    };
    let position = |term: &Term| match term {
        Term::Slot(slot) => variables.iter().position(|(own, _)| own == slot),
        Term::Thing(_) => None,
    };
    arguments
        .iter()
        .filter_map(position)
        .map(|index| index + 1)
        .max()
        .unwrap_or(0)
}
