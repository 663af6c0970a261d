//! The optimiser's moments as a safetensors file.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::buffers::LoraBuffers;
use crate::optimizer::AdamW;

/// Names of the parts of a pair, in their order; those without numbers are not written.
const PARTS: [&str; 3] = ["a", "b", "magnitude"];

/// The file's bytes; equal states give equal bytes.
pub(super) fn to_bytes(optimizer: &AdamW) -> Result<Vec<u8>> {
    let mut tensors = BTreeMap::new();
    for (name, moment) in [("mean", &optimizer.mean), ("square", &optimizer.square)] {
        for (index, pair) in moment.pairs.iter().enumerate() {
            let parts = PARTS.iter().zip(pair.parts());
            for (part, values) in parts.filter(|(_, values)| !values.is_empty()) {
                tensors.insert(format!("{name}.{index:05}.{part}"), bytes(values));
            }
        }
    }
    let views = tensors
        .iter()
        .map(|(name, bytes)| {
            let view = TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes)?;
            Ok((name.as_str(), view))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(safetensors::serialize(views, None)?)
}

/// The optimiser after `step` steps, with moments in the shape of `shape`.
pub(super) fn from_bytes(file: &[u8], shape: &LoraBuffers, step: u64) -> Result<AdamW> {
    let tensors = SafeTensors::deserialize(file).context("the optimiser's file is not whole")?;
    let read = |name: &str| -> Result<LoraBuffers> {
        let mut moment = shape.clone();
        for (index, pair) in moment.pairs.iter_mut().enumerate() {
            for (part, values) in PARTS.iter().zip(pair.parts_mut()) {
                if !values.is_empty() {
                    fill(values, &tensors, &format!("{name}.{index:05}.{part}"))?;
                }
            }
        }
        Ok(moment)
    };
    Ok(AdamW {
        step,
        mean: read("mean")?,
        square: read("square")?,
    })
}

fn fill(values: &mut [f32], tensors: &SafeTensors<'_>, name: &str) -> Result<()> {
    let tensor = tensors.tensor(name)?;
    let (numbers, rest) = tensor.data().as_chunks::<4>();
    ensure!(
        tensor.dtype() == Dtype::F32 && rest.is_empty() && numbers.len() == values.len(),
        "{name} has another shape"
    );
    for (value, bytes) in values.iter_mut().zip(numbers) {
        *value = f32::from_le_bytes(*bytes);
    }
    Ok(())
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}
