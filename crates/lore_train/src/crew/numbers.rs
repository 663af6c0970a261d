//! Adapters, gradients and tokens as bytes.

use anyhow::{Result, ensure};

use lore_llm::{AdapterWeights, LoraPair};

use super::frames::{ToAssistant, encode};
use crate::buffers::{LoraBuffers, PairBuffers};
use crate::example::Example;
use crate::pass::Pass;

/// Bytes of a number, and of a token.
const WIDTH: usize = 4;

/// Set in a token that is learned. No vocabulary is so large that its tokens need this bit.
const LEARNED: u32 = 1 << 31;

/// How many numbers each part of an adapter has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape(Vec<[usize; 3]>);

impl Shape {
    pub(super) fn of(adapter: &AdapterWeights) -> Self {
        let pairs = adapter.pairs.iter();
        Self(pairs.map(|pair| pair.trained().map(<[f32]>::len)).collect())
    }

    /// Bytes of all numbers.
    pub(super) fn num_bytes(&self) -> u64 {
        (self.0.iter().flatten().sum::<usize>() * WIDTH) as u64
    }

    /// Numbers of this shape.
    pub(super) fn read(&self, bytes: &[u8]) -> Result<LoraBuffers> {
        let pairs = self.0.iter().map(|lengths| {
            let [a, b, magnitude] = lengths.map(|length| vec![0.0; length]);
            PairBuffers { a, b, magnitude }
        });
        let mut buffers = LoraBuffers {
            pairs: pairs.collect(),
        };
        let parts = buffers.pairs.iter_mut().flat_map(PairBuffers::parts_mut);
        fill(parts, bytes)?;
        Ok(buffers)
    }
}

/// The trained numbers of an adapter.
pub(super) fn bytes_of_adapter(adapter: &AdapterWeights) -> Vec<u8> {
    bytes_of(adapter.pairs.iter().flat_map(LoraPair::trained))
}

/// The numbers of a gradient.
pub(super) fn bytes_of_gradient(gradient: &LoraBuffers) -> Vec<u8> {
    bytes_of(gradient.pairs.iter().flat_map(PairBuffers::parts))
}

/// Puts the numbers that were sent into an adapter.
pub(super) fn put_into(adapter: &mut AdapterWeights, bytes: &[u8]) -> Result<()> {
    let parts = adapter.pairs.iter_mut().flat_map(LoraPair::trained_mut);
    fill(parts, bytes)
}

fn bytes_of<'a>(parts: impl Iterator<Item = &'a [f32]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.reserve(part.len() * WIDTH);
        for number in part {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
    }
    bytes
}

fn fill<'a>(parts: impl Iterator<Item = &'a mut [f32]>, bytes: &[u8]) -> Result<()> {
    let (words, rest) = bytes.as_chunks::<WIDTH>();
    ensure!(rest.is_empty(), "Numbers break off");
    let mut words = words.iter();
    for slot in parts.flatten() {
        let word = words.next().copied();
        let number = word.map(f32::from_le_bytes);
        ensure!(
            number.is_some_and(f32::is_finite),
            "Numbers are missing, or are none"
        );
        *slot = number.unwrap_or_default();
    }
    ensure!(words.next().is_none(), "There are too many numbers");
    Ok(())
}

/// A pass as it is sent.
pub(super) fn frame_of_pass(step: u64, place: usize, pass: &Pass<'_>) -> Result<Vec<u8>> {
    let message = ToAssistant::Pass {
        step,
        pass: place,
        weight: pass.weight,
        lengths: pass.examples.iter().map(|it| it.ids.len()).collect(),
        seeds: pass.dropout_seeds.map(<[u64]>::to_vec),
    };
    let tokens = pass.examples.iter().flat_map(|example| {
        let is_learned = move |place: usize| example.loss_mask.get(place) == Some(&true);
        let ids = example.ids.iter().enumerate();
        ids.map(move |(place, id)| if is_learned(place) { id | LEARNED } else { *id })
    });
    let bytes: Vec<u8> = tokens.flat_map(u32::to_le_bytes).collect();
    encode(&message, &bytes)
}

/// The examples of a pass that was sent.
pub(super) fn read_examples(lengths: &[usize], bytes: &[u8]) -> Result<Vec<Example>> {
    let (words, rest) = bytes.as_chunks::<WIDTH>();
    let total = lengths
        .iter()
        .try_fold(0_usize, |sum, length| sum.checked_add(*length));
    ensure!(
        rest.is_empty() && total == Some(words.len()),
        "Examples and their tokens do not fit together"
    );
    let mut tokens = words.iter().map(|word| u32::from_le_bytes(*word));
    let example = |length: &usize| {
        let tokens = tokens.by_ref().take(*length);
        let (ids, loss_mask) = tokens.map(|it| (it & !LEARNED, it & LEARNED != 0)).unzip();
        Example {
            ids,
            loss_mask,
            ..Example::default()
        }
    };
    Ok(lengths.iter().map(example).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crew::frames::{Limits, decode};
    use crate::init::init_adapter;
    use crate::testing::{tiny_config, tiny_examples, tiny_weights};

    #[test]
    fn numbers_arrive_bit_for_bit_and_none_else_does() {
        let mut lora = tiny_config().lora;
        lora.use_dora = true;
        let mut adapter = init_adapter(&tiny_weights(), &lora, 3, "tiny");
        adapter.pairs[0].b[0] = -0.0;
        adapter.pairs[0].b[1] = f32::from_bits(1);
        let bytes = bytes_of_adapter(&adapter);
        let shape = Shape::of(&adapter);
        assert_eq!(shape.num_bytes(), bytes.len() as u64);
        let read = shape.read(&bytes).unwrap();
        assert_eq!(bytes_of_gradient(&read), bytes);
        let mut other = init_adapter(&tiny_weights(), &lora, 4, "tiny");
        put_into(&mut other, &bytes).unwrap();
        assert_eq!(bytes_of_adapter(&other), bytes);
        let longer = [&bytes[..], &[0; 4]].concat();
        for wrong in [&bytes[4..], &bytes[1..], &longer] {
            shape.read(wrong).unwrap_err();
        }
        let mut broken = bytes;
        broken[..4].copy_from_slice(&f32::NAN.to_le_bytes());
        shape.read(&broken).unwrap_err();
    }

    #[test]
    fn a_pass_arrives_as_it_was() {
        let examples = tiny_examples();
        let pass = Pass {
            examples: &[&examples[1], &examples[3]],
            weight: 0.1,
            dropout_seeds: Some(&[5, u64::MAX]),
        };
        let frame = frame_of_pass(7, 2, &pass).unwrap();
        let limits = Limits::carrying(1000);
        let (message, bytes) = decode::<ToAssistant>(&mut frame.as_slice(), limits).unwrap();
        let lengths = vec![examples[1].ids.len(), examples[3].ids.len()];
        let read = read_examples(&lengths, &bytes).unwrap();
        assert_eq!(read, [examples[1].clone(), examples[3].clone()]);
        let expected = ToAssistant::Pass {
            step: 7,
            pass: 2,
            weight: 0.1,
            lengths,
            seeds: Some(vec![5, u64::MAX]),
        };
        assert_eq!(message, expected);
        for wrong in [&[1][..], &[usize::MAX, 2], &[]] {
            read_examples(wrong, &bytes).unwrap_err();
        }
    }
}
