//! What ScienceWorld offers: 30 kinds of task in 7207 variations.
//!
//! Wang et al., "ScienceWorld: Is your Agent Smarter than a 5th Grader?" (2022); version 1.2.3.

use lore_core::Split;

/// A kind of task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) num_variations: u32,
    /// Actions before an episode is cut off.
    pub(super) limit: usize,
}

/// Every kind, in alphabetical order.
///
/// The step limits are those that the literature has used since `SwiftSage` (Lin et al. 2023), raised to
/// the least of the paper's range, 50; kinds for which none was published get its most, 150.
pub(super) const KINDS: [Kind; 30] = [
    kind("boil", 30, 100),
    kind("change-the-state-of-matter-of", 30, 80),
    kind("chemistry-mix", 32, 60),
    kind("chemistry-mix-paint-secondary-color", 36, 50),
    kind("chemistry-mix-paint-tertiary-color", 36, 50),
    kind("find-animal", 300, 50),
    kind("find-living-thing", 300, 50),
    kind("find-non-living-thing", 300, 50),
    kind("find-plant", 300, 50),
    kind("freeze", 30, 80),
    kind("grow-fruit", 126, 60),
    kind("grow-plant", 126, 50),
    kind("identify-life-stages-1", 14, 50),
    kind("identify-life-stages-2", 10, 50),
    kind("inclined-plane-determine-angle", 168, 150),
    kind("inclined-plane-friction-named-surfaces", 1386, 150),
    kind("inclined-plane-friction-unnamed-surfaces", 162, 150),
    kind("lifespan-longest-lived", 125, 50),
    kind("lifespan-longest-lived-then-shortest-lived", 125, 50),
    kind("lifespan-shortest-lived", 125, 50),
    kind("measure-melting-point-known-substance", 436, 120),
    kind("measure-melting-point-unknown-substance", 300, 150),
    kind("melt", 30, 80),
    kind("mendelian-genetics-known-plant", 120, 150),
    kind("mendelian-genetics-unknown-plant", 480, 150),
    kind("power-component", 20, 50),
    kind("power-component-renewable-vs-nonrenewable-energy", 20, 50),
    kind("test-conductivity", 900, 50),
    kind("test-conductivity-of-unknown-substances", 600, 50),
    kind("use-thermometer", 540, 50),
];

const fn kind(name: &'static str, num_variations: u32, limit: usize) -> Kind {
    Kind {
        name,
        num_variations,
        limit,
    }
}

impl Kind {
    /// The part of the benchmark a variation belongs to: of each four, two are for training and one
    /// for development; what is left over is for testing.
    pub(super) fn split(&self, variation: u32) -> Split {
        let quarter = self.num_variations / 4;
        if variation < 2 * quarter {
            Split::Train
        } else if variation < 3 * quarter {
            Split::Validation
        } else {
            Split::Test
        }
    }
}

/// The forms of action in tasks of a kind. With the simplifications, agents can move to any room at
/// once, and cannot connect wires unless that is the task.
pub(super) fn templates(kind: &str, easy: bool) -> Vec<String> {
    const COMMON: [&str; 23] = [
        "activate OBJ",
        "close OBJ",
        "deactivate OBJ",
        "dunk OBJ in OBJ",
        "eat OBJ",
        "flush OBJ",
        "focus on OBJ",
        "go OBJ",
        "inventory",
        "look around",
        "look at OBJ",
        "look in OBJ",
        "mix OBJ",
        "move OBJ to OBJ",
        "open OBJ",
        "pick up OBJ",
        "pour OBJ in OBJ",
        "put down OBJ",
        "read OBJ",
        "task",
        "use OBJ on OBJ",
        "wait",
        "wait1",
    ];
    let is_electrical = kind.starts_with("power-component") || kind.contains("conductivity");
    let wires: &[&str] = if is_electrical || !easy {
        &["connect OBJ to OBJ", "disconnect OBJ"]
    } else {
        &[]
    };
    let teleport: &[&str] = if easy { &["teleport OBJ"] } else { &[] };
    let mut templates: Vec<String> = COMMON
        .iter()
        .chain(wires)
        .chain(teleport)
        .map(|template| (*template).to_owned())
        .collect();
    templates.sort_unstable();
    templates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_benchmark_is_as_published() {
        assert_eq!(KINDS.map(|kind| kind.name), lore_core::SCIENCEWORLD_TYPES);
        let num_variations: u32 = KINDS.iter().map(|kind| kind.num_variations).sum();
        assert_eq!(num_variations, 7207);
        let count = |split| {
            let variations = KINDS
                .iter()
                .flat_map(|kind| (0..kind.num_variations).map(|variation| kind.split(variation)));
            variations.filter(|of| *of == split).count()
        };
        assert_eq!(count(Split::Train), 3592);
        assert_eq!(count(Split::Test), 1819);
    }
}
