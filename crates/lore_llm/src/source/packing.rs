//! Packed weights, from the formats of files to those of the kernels.

use anyhow::Result;
use candle_core::quantized::{GgmlDType, QTensor};
use safetensors::Dtype;

use crate::kernels::panels::{ByteGroup, GROUP, NibbleGroup, PackedMatrix};

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
    let packed = match tensor.dtype() {
        GgmlDType::Q4_0 => PackedMatrix::from_nibbles(rows, cols, &q4_0(&bytes), false),
        GgmlDType::Q4_1 => PackedMatrix::from_nibbles(rows, cols, &q4_1(&bytes), true),
        GgmlDType::Q8_0 => PackedMatrix::from_bytes(rows, cols, &q8_0(&bytes)),
        GgmlDType::BF16 => PackedMatrix::from_bf16(rows, cols, &halves(&bytes)),
        _ => return Ok(None),
    };
    Ok(Some(packed))
}

/// The packed form of a tensor of a safetensors file, if it has one.
pub(super) fn pack_safetensors(
    dtype: Dtype,
    shape: &[usize],
    bytes: &[u8],
) -> Option<PackedMatrix> {
    match *shape {
        [rows, cols] if dtype == Dtype::BF16 && cols.is_multiple_of(GROUP) => {
            Some(PackedMatrix::from_bf16(rows, cols, &halves(bytes)))
        }
        _ => None,
    }
}

fn q4_0(bytes: &[u8]) -> Vec<NibbleGroup> {
    let (groups, _) = bytes.as_chunks::<Q4_0_BYTES>();
    let group = |group: &[u8; Q4_0_BYTES]| NibbleGroup {
        quants: std::array::from_fn(|index| group[2 + index]),
        scale: half(group, 0),
        shift: 0,
    };
    groups.iter().map(group).collect()
}

fn q4_1(bytes: &[u8]) -> Vec<NibbleGroup> {
    let (groups, _) = bytes.as_chunks::<Q4_1_BYTES>();
    let group = |group: &[u8; Q4_1_BYTES]| NibbleGroup {
        quants: std::array::from_fn(|index| group[4 + index]),
        scale: half(group, 0),
        shift: half(group, 2),
    };
    groups.iter().map(group).collect()
}

fn q8_0(bytes: &[u8]) -> Vec<ByteGroup> {
    let (groups, _) = bytes.as_chunks::<Q8_0_BYTES>();
    let group = |group: &[u8; Q8_0_BYTES]| ByteGroup {
        quants: std::array::from_fn(|index| group[2 + index] as i8),
        scale: half(group, 0),
    };
    groups.iter().map(group).collect()
}

fn halves(bytes: &[u8]) -> Vec<u16> {
    let (halves, _) = bytes.as_chunks::<2>();
    halves.iter().copied().map(u16::from_le_bytes).collect()
}

/// The sixteen bits at a byte.
fn half(group: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([group[at], group[at + 1]])
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;

    #[test]
    fn packed_weights_are_those_that_candle_unpacks() {
        let (rows, cols) = (19, 5 * GROUP);
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
            let expected = expected.to_vec2::<f32>().unwrap();
            let packed = pack_gguf(&stored).unwrap().unwrap();
            for (row, expected) in expected.iter().enumerate() {
                assert_eq!(&packed.row(row), expected, "{dtype:?}, row {row}");
            }
        }
    }
}
