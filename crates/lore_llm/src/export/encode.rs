//! Numbers in the formats of files.

use anyhow::{Result, ensure};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use half::{bf16, f16};
use rayon::prelude::*;
use safetensors::Dtype;

use super::names::TensorName;

/// Rows that are quantised at once; a task for one thread.
const ROWS_PER_TASK: usize = 256;

/// How a merged safetensors model stores its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatFormat {
    /// Half precision: finer steps, numbers up to 65504.
    F16,
    /// Brain floats: coarser steps, any size.
    Bf16,
}

impl FloatFormat {
    pub(super) fn dtype(self) -> Dtype {
        match self {
            Self::F16 => Dtype::F16,
            Self::Bf16 => Dtype::BF16,
        }
    }

    /// The name in `config.json`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
        }
    }

    /// The bytes of numbers; an error when one is too large for the format.
    pub(super) fn encode(self, values: &[f32]) -> Result<Vec<u8>> {
        match self {
            Self::F16 => half_bytes(values),
            Self::Bf16 => Ok(values
                .iter()
                .flat_map(|value| bf16::from_f32(*value).to_le_bytes())
                .collect()),
        }
    }
}

/// How a merged GGUF model stores its matrices. Names are llama.cpp's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GgufFormat {
    /// Half precision.
    F16,
    /// 8.5 bits a weight.
    Q8_0,
    /// 6.6 bits a weight.
    Q6K,
    /// About 4.8 bits a weight: more for the matrices that suffer most.
    Q4KM,
    /// 4.5 bits a weight.
    Q4_0,
}

impl GgufFormat {
    /// llama.cpp's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::F16 => "F16",
            Self::Q8_0 => "Q8_0",
            Self::Q6K => "Q6_K",
            Self::Q4KM => "Q4_K_M",
            Self::Q4_0 => "Q4_0",
        }
    }

    /// `general.file_type`, from llama.cpp's `llama_ftype`.
    pub(super) fn file_type(self) -> u32 {
        match self {
            Self::F16 => 1,
            Self::Q4_0 => 2,
            Self::Q8_0 => 7,
            Self::Q4KM => 15,
            Self::Q6K => 18,
        }
    }

    /// The format of one matrix, by llama.cpp's rules: the output projection is kept finer, `Q4_K_M`
    /// spends more on some values and feed-forward outputs, and rows that do not fit a format's blocks
    /// get the next finer format that they fit.
    pub(super) fn of_matrix(self, matrix: &MatrixPlace<'_>) -> GgmlDType {
        let wanted = match self {
            Self::F16 => GgmlDType::F16,
            Self::Q8_0 => GgmlDType::Q8_0,
            Self::Q6K => GgmlDType::Q6K,
            Self::Q4KM | Self::Q4_0 if matrix.is_output => GgmlDType::Q6K,
            Self::Q4KM if matrix.deserves_more_bits() => GgmlDType::Q6K,
            Self::Q4KM => GgmlDType::Q4K,
            Self::Q4_0 => GgmlDType::Q4_0,
        };
        fitting(wanted, matrix.cols)
    }
}

/// What decides a matrix's format.
pub(super) struct MatrixPlace<'a> {
    /// Numbers in a row.
    pub(super) cols: usize,
    /// Its name, where it has a known one.
    pub(super) name: Option<&'a TensorName>,
    /// True for the output projection, and for embeddings that stand in for it.
    pub(super) is_output: bool,
    /// Blocks of the model.
    pub(super) num_layers: usize,
}

impl MatrixPlace<'_> {
    /// llama.cpp's `use_more_bits` on `attn_v` and `ffn_down`: the first and last eighth of the blocks
    /// and every third one between.
    fn deserves_more_bits(&self) -> bool {
        let Some((layer, stem)) = self.name.and_then(TensorName::in_layer) else {
            return false;
        };
        let eighth = self.num_layers / 8;
        matches!(stem, "attn_v" | "ffn_down")
            && (layer < eighth || layer >= 7 * self.num_layers / 8 || (layer - eighth) % 3 == 2)
    }
}

/// The format itself, or the next finer one whose blocks fit rows of `cols` numbers.
fn fitting(wanted: GgmlDType, cols: usize) -> GgmlDType {
    if cols.is_multiple_of(wanted.block_size()) {
        return wanted;
    }
    let coarser = match wanted {
        GgmlDType::Q4K => GgmlDType::Q5_0,
        GgmlDType::Q6K => GgmlDType::Q8_0,
        _ => GgmlDType::F16,
    };
    fitting(coarser, cols)
}

/// Bytes of a tensor.
pub(super) fn encoded_len(dtype: GgmlDType, num_values: usize) -> u64 {
    (num_values / dtype.block_size() * dtype.type_size()) as u64
}

/// The number of a format in GGUF files (`ggml_type`).
pub(super) fn ggml_number(dtype: GgmlDType) -> u32 {
    match dtype {
        GgmlDType::F32 => 0,
        GgmlDType::F16 => 1,
        GgmlDType::Q4_0 => 2,
        GgmlDType::Q4_1 => 3,
        GgmlDType::Q5_0 => 6,
        GgmlDType::Q5_1 => 7,
        GgmlDType::Q8_0 => 8,
        GgmlDType::Q8_1 => 9,
        GgmlDType::Q2K => 10,
        GgmlDType::Q3K => 11,
        GgmlDType::Q4K => 12,
        GgmlDType::Q5K => 13,
        GgmlDType::Q6K => 14,
        GgmlDType::Q8K => 15,
        GgmlDType::BF16 => 30,
    }
}

/// The bytes of a row-major tensor with rows of `cols` numbers.
pub(super) fn encode(values: &[f32], cols: usize, dtype: GgmlDType) -> Result<Vec<u8>> {
    match dtype {
        GgmlDType::F32 => Ok(crate::numbers::to_le_bytes(values)),
        GgmlDType::F16 => half_bytes(values),
        _ => {
            let parts: Vec<Vec<u8>> = values
                .par_chunks(ROWS_PER_TASK * cols)
                .map(|rows| quantise(rows, cols, dtype))
                .collect::<Result<_>>()?;
            Ok(parts.concat())
        }
    }
}

fn quantise(rows: &[f32], cols: usize, dtype: GgmlDType) -> Result<Vec<u8>> {
    let tensor = Tensor::from_slice(rows, (rows.len() / cols, cols), &Device::Cpu)?;
    Ok(QTensor::quantize(&tensor, dtype)?.data()?.into_owned())
}

fn half_bytes(values: &[f32]) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(values.len() * 2);
    for value in values {
        let half = f16::from_f32(*value);
        ensure!(
            half.is_finite() || !value.is_finite(),
            "The model holds numbers that half precision cannot hold ({value:e}). Choose bfloat16 or a \
             quantised form."
        );
        bytes.extend(half.to_le_bytes());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_do_not_fit_get_a_finer_format() {
        assert_eq!(fitting(GgmlDType::Q4K, 512), GgmlDType::Q4K);
        assert_eq!(fitting(GgmlDType::Q4K, 576), GgmlDType::Q5_0);
        assert_eq!(fitting(GgmlDType::Q6K, 576), GgmlDType::Q8_0);
        assert_eq!(fitting(GgmlDType::Q4_0, 24), GgmlDType::F16);
    }

    #[test]
    fn rows_are_quantised_as_a_whole_tensor_would_be() {
        let (rows, cols) = (ROWS_PER_TASK + 3, 32);
        let values: Vec<f32> = (0..rows * cols).map(|i| (i as f32 * 0.3).sin()).collect();
        for dtype in [GgmlDType::Q4_0, GgmlDType::Q8_0, GgmlDType::Q5_0] {
            let whole = quantise(&values, cols, dtype).unwrap();
            let parts = encode(&values, cols, dtype).unwrap();
            assert_eq!(parts, whole);
            assert_eq!(whole.len() as u64, encoded_len(dtype, values.len()));
        }
    }

    #[test]
    fn numbers_too_large_for_half_precision_are_told() {
        let error = FloatFormat::F16.encode(&[1.0, 70_000.0]).unwrap_err();
        assert!(error.to_string().contains("bfloat16"), "{error}");
        assert!(FloatFormat::Bf16.encode(&[70_000.0]).is_ok());
    }
}
