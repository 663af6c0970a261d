//! The examples of a pass, as rows.

use anyhow::{Context as _, Result, ensure};
use candle_core::{Device, Tensor};

use lore_llm::ops::{Dropout, Mask, Segments};

use crate::example::Example;
use crate::seeds::below;

/// Examples that go through the model together. None sees another, and positions begin anew with each:
/// what comes out is the sum of what each would give alone.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// In the order of their rows.
    pub examples: &'a [&'a Example],
    /// Factor of the loss: one divided by the learned tokens of the batch.
    pub weight: f64,
    /// One for each example, decides which inputs dropout drops; `None` switches dropout off.
    pub dropout_seeds: Option<&'a [u64]>,
}

/// The rows of a pass.
pub(crate) struct PassRows {
    /// The tokens that have to be computed, example after example: nothing behind the last one that
    /// predicts a learned token matters.
    pub(crate) ids: Vec<u32>,
    /// Rows of each example.
    pub(crate) inputs: Segments,
    /// The rows that predict a learned token, `[num_learned]`.
    pub(crate) learned_rows: Tensor,
    /// How many of them each example has.
    pub(crate) learned: Segments,
    /// The learned tokens.
    pub(crate) targets: Vec<u32>,
    dropout_seeds: Option<Vec<u64>>,
}

impl PassRows {
    pub(crate) fn of(pass: &Pass<'_>) -> Result<Self> {
        let seeds = pass.dropout_seeds.map(<[u64]>::to_vec);
        ensure!(
            seeds
                .as_ref()
                .is_none_or(|seeds| seeds.len() == pass.examples.len()),
            "Dropout needs a seed for each example"
        );
        let (mut ids, mut rows, mut targets) = (Vec::new(), Vec::new(), Vec::new());
        let (mut inputs, mut learned) = (Vec::new(), Vec::new());
        for example in pass.examples {
            let positions: Vec<usize> = (1..example.ids.len())
                .filter(|position| example.loss_mask.get(*position) == Some(&true))
                .collect();
            let last = *positions
                .last()
                .context("An example without a learned token cannot be trained on")?;
            let start = ids.len();
            rows.extend(positions.iter().map(|p| (start + p - 1) as u32));
            targets.extend(positions.iter().map(|p| example.ids[*p]));
            ids.extend_from_slice(&example.ids[..last]);
            inputs.push(last);
            learned.push(positions.len());
        }
        Ok(Self {
            ids,
            inputs: Segments::new(inputs),
            learned_rows: Tensor::new(rows, &Device::Cpu)?,
            learned: Segments::new(learned),
            targets,
            dropout_seeds: seeds,
        })
    }

    /// Dropout of rows that are split like `segments`, told apart from other places by `path`.
    pub(crate) fn dropout(&self, probability: f64, segments: &Segments, path: &[u64]) -> Dropout {
        let Some(seeds) = &self.dropout_seeds else {
            return Dropout::OFF;
        };
        let masks = segments.lengths().iter().zip(seeds);
        Dropout {
            probability,
            masks: masks
                .map(|(rows, seed)| Mask {
                    rows: *rows,
                    seed: below(*seed, path),
                })
                .collect(),
        }
    }
}
