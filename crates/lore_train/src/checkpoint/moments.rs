//! The optimiser's moments as a safetensors file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::optimizer::blockwise::Blockwise;
use crate::optimizer::{AdamW, Moments};

/// Names of the parts of a pair, in their order; those without numbers are not written.
const PARTS: [&str; 3] = ["a", "b", "magnitude"];

/// The file's bytes; equal states give equal bytes.
pub(super) fn to_bytes(optimizer: &AdamW) -> Result<Vec<u8>> {
    let mut tensors = BTreeMap::new();
    for (index, parts) in optimizer.moments.iter().enumerate() {
        for (part, moments) in PARTS.iter().zip(parts) {
            let [mean, square] =
                ["mean", "square"].map(|moment| format!("{moment}.{index:05}.{part}"));
            match moments {
                Moments::Single { mean: m, square: s } => {
                    tensors.insert(mean, floats(m));
                    tensors.insert(square, floats(s));
                }
                Moments::EightBit { mean: m, square: s } => {
                    for (name, moment) in [(mean, m), (square, s)] {
                        tensors.insert(scales_of(&name), floats(&moment.scales));
                        tensors.insert(name, (Dtype::U8, Cow::Borrowed(moment.codes.as_slice())));
                    }
                }
            }
        }
    }
    let views = tensors
        .iter()
        .filter(|(_, (_, bytes))| !bytes.is_empty())
        .map(|(name, (dtype, bytes))| {
            let len = bytes.len() * 8 / dtype.bitsize();
            Ok((name.as_str(), TensorView::new(*dtype, vec![len], bytes)?))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(safetensors::serialize(views, None)?)
}

/// The optimiser after `step` steps, with moments in the shape and format of `fresh`.
pub(super) fn from_bytes(file: &[u8], fresh: &AdamW, step: u64) -> Result<AdamW> {
    let tensors = SafeTensors::deserialize(file).context("the optimiser's file is not whole")?;
    let mut optimizer = fresh.clone();
    optimizer.step = step;
    for (index, parts) in optimizer.moments.iter_mut().enumerate() {
        for (part, moments) in PARTS.iter().zip(parts) {
            let [mean, square] =
                ["mean", "square"].map(|moment| format!("{moment}.{index:05}.{part}"));
            match moments {
                Moments::Single { mean: m, square: s } => {
                    fill_floats(m, &tensors, &mean)?;
                    fill_floats(s, &tensors, &square)?;
                }
                Moments::EightBit { mean: m, square: s } => {
                    fill_blockwise(m, &tensors, &mean)?;
                    fill_blockwise(s, &tensors, &square)?;
                }
            }
        }
    }
    Ok(optimizer)
}

/// The name of the scales of numbers in eight bits.
fn scales_of(name: &str) -> String {
    format!("{name}.scales")
}

fn fill_blockwise(values: &mut Blockwise, tensors: &SafeTensors<'_>, name: &str) -> Result<()> {
    fill_floats(&mut values.scales, tensors, &scales_of(name))?;
    let codes = read(tensors, name, Dtype::U8, values.codes.len())?;
    values.codes.copy_from_slice(codes);
    Ok(())
}

fn fill_floats(values: &mut [f32], tensors: &SafeTensors<'_>, name: &str) -> Result<()> {
    let (numbers, _) = read(tensors, name, Dtype::F32, values.len())?.as_chunks::<4>();
    for (value, bytes) in values.iter_mut().zip(numbers) {
        *value = f32::from_le_bytes(*bytes);
    }
    Ok(())
}

/// The bytes of `len` numbers; none are stored of none.
fn read<'a>(tensors: &SafeTensors<'a>, name: &str, dtype: Dtype, len: usize) -> Result<&'a [u8]> {
    if len == 0 {
        return Ok(&[]);
    }
    let tensor = tensors.tensor(name)?;
    ensure!(
        tensor.dtype() == dtype && tensor.shape() == [len],
        "{name} has another shape"
    );
    Ok(tensor.data())
}

fn floats(values: &[f32]) -> (Dtype, Cow<'_, [u8]>) {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    (Dtype::F32, bytes.collect())
}
