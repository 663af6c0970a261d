//! Packed weights, from the formats of files to those of the kernels.

use anyhow::Result;
use candle_core::quantized::{GgmlDType, QTensor};
use half::f16;
use safetensors::Dtype;

use crate::kernels::packed::{Format, GROUP, PackedMatrix, TILE};

/// Bytes of a group in GGUF files: half-precision scale, shift where there is one, quants.
const Q4_0_BYTES: usize = 2 + GROUP / 2;
const Q4_1_BYTES: usize = 4 + GROUP / 2;
const Q8_0_BYTES: usize = 2 + GROUP;

/// The packed form of a tensor of a GGUF file; `None` for vectors and formats without one.
pub(super) fn pack_gguf(tensor: &QTensor) -> Result<Option<PackedMatrix>> {
    let [rows, cols] = *tensor.shape().dims() else {
        return Ok(None);
    };
    if !cols.is_multiple_of(GROUP) {
        return Ok(None);
    }
    let bytes = tensor.data()?;
    let format = match tensor.dtype() {
        GgmlDType::Q4_0 => q4_0(&bytes, cols),
        GgmlDType::Q4_1 => q4_1(&bytes, cols),
        GgmlDType::Q8_0 => q8_0(&bytes),
        GgmlDType::BF16 => bf16(&bytes),
        _ => return Ok(None),
    };
    Ok(Some(PackedMatrix { rows, cols, format }))
}

/// The packed form of a tensor of a safetensors file, if it has one.
pub(super) fn pack_safetensors(
    dtype: Dtype,
    shape: &[usize],
    bytes: &[u8],
) -> Option<PackedMatrix> {
    match *shape {
        [rows, cols] if dtype == Dtype::BF16 && cols.is_multiple_of(GROUP) => Some(PackedMatrix {
            rows,
            cols,
            format: bf16(bytes),
        }),
        _ => None,
    }
}

/// Quants stand for -8 to 7.
fn q4_0(bytes: &[u8], cols: usize) -> Format {
    let (groups, _) = bytes.as_chunks::<Q4_0_BYTES>();
    let scales: Vec<f32> = groups.iter().map(|group| half(group, 0)).collect();
    Format::Nibbles {
        shifts: scales.iter().map(|scale| -8.0 * scale).collect(),
        quants: by_tiles(groups.iter().map(|group| &group[2..]), cols),
        scales,
    }
}

fn q4_1(bytes: &[u8], cols: usize) -> Format {
    let (groups, _) = bytes.as_chunks::<Q4_1_BYTES>();
    Format::Nibbles {
        scales: groups.iter().map(|group| half(group, 0)).collect(),
        shifts: groups.iter().map(|group| half(group, 2)).collect(),
        quants: by_tiles(groups.iter().map(|group| &group[4..]), cols),
    }
}

fn q8_0(bytes: &[u8]) -> Format {
    let (groups, _) = bytes.as_chunks::<Q8_0_BYTES>();
    let quants = groups.iter().flat_map(|group| &group[2..]);
    Format::Bytes {
        quants: quants.map(|quant| *quant as i8).collect(),
        scales: groups.iter().map(|group| half(group, 0)).collect(),
    }
}

fn bf16(bytes: &[u8]) -> Format {
    let (halves, _) = bytes.as_chunks::<2>();
    Format::Bf16(halves.iter().copied().map(u16::from_le_bytes).collect())
}

/// The half-precision number at a byte.
fn half(group: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([group[at], group[at + 1]]).to_f32()
}

/// GGUF puts the two halves of a group into the low and high nibbles of the same bytes; the kernels
/// want the two halves of a tile there.
fn by_tiles<'a>(groups: impl Iterator<Item = &'a [u8]>, cols: usize) -> Vec<u8> {
    let mut quants = Vec::new();
    for group in groups {
        quants.extend(group.iter().map(|quants| quants & 15));
        quants.extend(group.iter().map(|quants| quants >> 4));
    }
    let tiles = quants.chunks_exact(cols).flat_map(|row| row.chunks(TILE));
    tiles
        .flat_map(|tile| {
            let (first, second) = tile.split_at(tile.len() / 2);
            first.iter().zip(second)
        })
        .map(|(low, high)| low | high << 4)
        .collect()
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;

    /// A product with a unit vector is a column of weights.
    #[test]
    fn packed_weights_are_those_that_candle_unpacks() {
        let (rows, cols) = (8, TILE + GROUP);
        let values: Vec<f32> = (0..rows * cols).map(|i| (i as f32 * 0.7).sin()).collect();
        let tensor = Tensor::from_vec(values, (rows, cols), &Device::Cpu).unwrap();
        for dtype in [
            GgmlDType::Q4_0,
            GgmlDType::Q4_1,
            GgmlDType::Q8_0,
            GgmlDType::BF16,
        ] {
            let stored = QTensor::quantize(&tensor, dtype).unwrap();
            let expected = stored.dequantize(&Device::Cpu).unwrap();
            let expected = expected.t().unwrap().to_vec2::<f32>().unwrap();
            let packed = pack_gguf(&stored).unwrap().unwrap();
            for (col, expected) in expected.iter().enumerate() {
                let mut unit = vec![0.0; cols];
                unit[col] = 1.0;
                let mut column = vec![0.0; rows];
                packed.matmul(&unit, &mut column, 1);
                assert_eq!(&column, expected, "{dtype:?}, column {col}");
            }
        }
    }
}
