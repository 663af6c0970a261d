//! Blocks of weights as files store them.

use anyhow::Result;
use candle_core::quantized::{GgmlDType, QTensor};
use half::f16;
use safetensors::Dtype;

use crate::kernels::packed::{BLOCK, Blocks, ByteBlock, NibbleBlock, PackedMatrix};

/// Bytes of a block in GGUF files: half-precision scale and shift, then the quants.
const Q4_0_BYTES: usize = 2 + BLOCK / 2;
const Q4_1_BYTES: usize = 4 + BLOCK / 2;
const Q8_0_BYTES: usize = 2 + BLOCK;

/// The packed form of a tensor of a GGUF file; `None` for vectors and formats without one.
pub(super) fn pack_gguf(tensor: &QTensor) -> Result<Option<PackedMatrix>> {
    let [rows, cols] = *tensor.shape().dims() else {
        return Ok(None);
    };
    if cols % BLOCK != 0 {
        return Ok(None);
    }
    let bytes = tensor.data()?;
    let blocks = match tensor.dtype() {
        GgmlDType::Q4_0 => Blocks::Nibbles(blocks(&bytes, q4_0)),
        GgmlDType::Q4_1 => Blocks::Nibbles(blocks(&bytes, q4_1)),
        GgmlDType::Q8_0 => Blocks::Bytes(blocks(&bytes, q8_0)),
        GgmlDType::BF16 => Blocks::Bf16(blocks(&bytes, bf16)),
        _ => return Ok(None),
    };
    Ok(Some(PackedMatrix { rows, cols, blocks }))
}

/// The packed form of a tensor of a safetensors file, if it has one.
pub(super) fn pack_safetensors(
    dtype: Dtype,
    shape: &[usize],
    bytes: &[u8],
) -> Option<PackedMatrix> {
    match *shape {
        [rows, cols] if dtype == Dtype::BF16 && cols % BLOCK == 0 => Some(PackedMatrix {
            rows,
            cols,
            blocks: Blocks::Bf16(blocks(bytes, bf16)),
        }),
        _ => None,
    }
}

fn blocks<T, const N: usize>(bytes: &[u8], read: impl Fn(&[u8; N]) -> T) -> Vec<T> {
    let (blocks, _) = bytes.as_chunks::<N>();
    blocks.iter().map(read).collect()
}

fn half(low: u8, high: u8) -> f32 {
    f16::from_le_bytes([low, high]).to_f32()
}

/// Quants stand for -8 to 7.
fn q4_0(bytes: &[u8; Q4_0_BYTES]) -> NibbleBlock {
    let [low, high, quants @ ..] = *bytes;
    let scale = half(low, high);
    NibbleBlock {
        scale,
        shift: -8.0 * scale,
        quants,
    }
}

fn q4_1(bytes: &[u8; Q4_1_BYTES]) -> NibbleBlock {
    let [scale_low, scale_high, shift_low, shift_high, quants @ ..] = *bytes;
    NibbleBlock {
        scale: half(scale_low, scale_high),
        shift: half(shift_low, shift_high),
        quants,
    }
}

fn q8_0(bytes: &[u8; Q8_0_BYTES]) -> ByteBlock {
    let [low, high, quants @ ..] = *bytes;
    ByteBlock {
        scale: half(low, high),
        quants: quants.map(|quant| quant as i8),
    }
}

fn bf16(bytes: &[u8; 2 * BLOCK]) -> [u16; BLOCK] {
    std::array::from_fn(|index| u16::from_le_bytes([bytes[2 * index], bytes[2 * index + 1]]))
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;

    /// A product with a unit vector is a column of weights.
    #[test]
    fn packed_weights_are_those_that_candle_unpacks() {
        let (rows, cols) = (8, 64);
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
