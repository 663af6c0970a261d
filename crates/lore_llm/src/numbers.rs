//! Numbers as bytes and back.

use anyhow::{Result, bail};
use half::{bf16, f16};
use safetensors::Dtype;

/// The little-endian bytes of `values`.
pub(crate) fn to_le_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// Numbers of a safetensors tensor as f32.
pub(crate) fn to_f32(dtype: Dtype, bytes: &[u8]) -> Result<Vec<f32>> {
    Ok(match dtype {
        Dtype::F32 => convert(bytes, f32::from_le_bytes),
        Dtype::F16 => convert(bytes, |b| f16::from_le_bytes(b).to_f32()),
        Dtype::BF16 => convert(bytes, |b| bf16::from_le_bytes(b).to_f32()),
        other => bail!("Numbers stored as {other:?} cannot be read; f32, f16 and bf16 can"),
    })
}

fn convert<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (chunks, _) = bytes.as_chunks::<N>();
    chunks.iter().map(|chunk| number(*chunk)).collect()
}
