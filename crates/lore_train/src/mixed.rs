//! Examples that show other memories in every pass over the data.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};

use lore_core::{Experience, ExperienceId, MemoryMix, TrainConfig, content_hash};

use crate::example::{Example, ExampleRecipe, ExampleSource, build_example};
use crate::order::Place;
use crate::seeds::{Purpose, derive};
use crate::shown::shown;

#[cfg(test)]
mod tests;

/// What an example is made from, and how.
#[derive(Clone, Copy)]
pub struct MixedSource<'a> {
    /// How it is made.
    pub recipe: ExampleRecipe<'a>,
    /// The trajectory, and everything that was found for it, best first.
    pub source: ExampleSource<'a>,
}

/// Makes each example when a step is about to learn from it, with the memories that its pass draws.
///
/// Cutting an example into tokens is quick beside learning from it, so that none is kept: a training of
/// many passes takes no more memory than one of a single pass.
pub struct MixedExamples<'a> {
    mix: MemoryMix,
    seed: u64,
    sources: Vec<MixedSource<'a>>,
    /// Everything that was found for any example, in order of its identifier.
    others: Vec<&'a Experience>,
}

impl<'a> MixedExamples<'a> {
    /// The examples of `sources`, mixed as `config` says; `None` when every pass shows the same.
    ///
    /// Fails when unrelated memories are asked for and there are none.
    pub fn new(config: &TrainConfig, sources: Vec<MixedSource<'a>>) -> Result<Option<Self>> {
        if config.retrieval.is_none() || config.memory_mix.is_default() {
            return Ok(None);
        }
        let found = sources.iter().flat_map(|source| source.source.memories);
        let others: BTreeMap<&ExperienceId, &Experience> = found
            .map(|hit| (&hit.experience.id, &hit.experience))
            .collect();
        let mixed = Self {
            mix: config.memory_mix,
            seed: config.seed,
            sources,
            others: others.into_values().collect(),
        };
        ensure!(
            mixed.mix.unrelated <= 0.0 || mixed.has_unrelated(),
            "There are no unrelated memories to show: everything that was found is of one task type. Choose \
             a bank and task types with more variety, or a share of 0 unrelated memories"
        );
        Ok(Some(mixed))
    }

    /// True when every example can get a memory of another task type.
    fn has_unrelated(&self) -> bool {
        let found = self.others.iter();
        let found: BTreeSet<&str> = found
            .map(|other| other.trajectory.task.task_type.as_str())
            .collect();
        self.sources.iter().all(|source| {
            let own = source.source.trajectory.task.task_type.as_str();
            found.iter().any(|other| *other != own)
        })
    }

    /// How many examples there are.
    pub(crate) fn len(&self) -> usize {
        self.sources.len()
    }

    /// An example with the memories that its pass draws.
    pub(crate) fn example(&self, place: Place) -> Result<Example> {
        let MixedSource { recipe, source } = &self.sources[place.index];
        let path = [place.pass, place.index as u64];
        let seed = derive(self.seed, Purpose::Memories, &path);
        let memories = shown(
            &self.mix,
            seed,
            source.trajectory,
            source.memories,
            &self.others,
        );
        let source = ExampleSource {
            trajectory: source.trajectory,
            memories: &memories,
        };
        // A source that fits with nothing to remember fits whatever is drawn: what is too much is dropped.
        build_example(recipe, source)?.with_context(|| {
            format!(
                "The trajectory {:?} does not fit into an example even without memories",
                source.trajectory.id.as_str()
            )
        })
    }

    /// Hash of the memories that can be drawn for each example.
    pub(crate) fn fingerprint(&self) -> String {
        let found = self.sources.iter().flat_map(|source| {
            let memories = source.source.memories.iter();
            let memories = memories.map(|hit| hit.experience.id.as_str());
            [source.source.trajectory.id.as_str()]
                .into_iter()
                .chain(memories)
        });
        content_hash(found)
    }
}

impl std::fmt::Debug for MixedExamples<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MixedExamples")
            .field("mix", &self.mix)
            .field("seed", &self.seed)
            .field("num_examples", &self.sources.len())
            .finish_non_exhaustive()
    }
}
