//! Several sequences in the rows of one pass (sequence packing, Krell et al. 2021), none of which sees
//! another.
//!
//! Operations that work row by row need not know; those that connect positions work within segments.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp3, Device, Layout, Result, Shape, Tensor, Var, bail};

use super::numbers::{numbers, slice, tensor};
use super::{causal_attention, seed_gradient};
use crate::kernels::AttentionShape;

/// Sequences whose rows stand one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segments(Arc<[usize]>);

impl Segments {
    /// Sequences of so many rows, in order.
    pub fn new(lengths: impl IntoIterator<Item = usize>) -> Self {
        Self(lengths.into_iter().collect())
    }

    /// Rows of each sequence.
    pub fn lengths(&self) -> &[usize] {
        &self.0
    }

    /// Rows of all.
    pub fn num_rows(&self) -> usize {
        self.0.iter().sum()
    }

    /// Rows of the longest: how many positions there are.
    pub fn longest(&self) -> usize {
        self.0.iter().copied().max().unwrap_or(0)
    }

    /// Where the numbers of each sequence are among rows of `width` numbers.
    pub(super) fn ranges(&self, width: usize) -> impl Iterator<Item = Range<usize>> {
        self.0.iter().scan(0, move |start, rows| {
            let range = *start..*start + rows * width;
            *start = range.end;
            Some(range)
        })
    }
}

/// [`causal_attention`] within each segment, for `q` `[tokens, num_heads · head_dim]` and `k` and `v`
/// `[tokens, num_kv_heads · head_dim]` of the tokens of all segments.
pub fn segment_attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    shape: AttentionShape,
    segments: &Segments,
) -> Result<Tensor> {
    if q.dim(0)? != segments.num_rows() {
        bail!("{} rows in {:?}", q.dim(0)?, segments);
    }
    if segments.lengths().len() == 1 {
        return causal_attention(q, k, v, shape);
    }
    let op = SegmentAttention {
        shape,
        segments: segments.clone(),
        kept: Mutex::new(None),
    };
    q.apply_op3(k, v, op)
}

struct SegmentAttention {
    shape: AttentionShape,
    segments: Segments,
    /// From the forward to the backward pass.
    kept: Mutex<Option<Vec<Segment>>>,
}

/// The attention of one segment, as a piece of graph.
struct Segment {
    /// `q`, `k` and `v`.
    inputs: [Var; 3],
    output: Tensor,
}

impl SegmentAttention {
    /// The attention of every segment.
    fn run(&self, [q, k, v]: [&[f32]; 3]) -> Result<Vec<Segment>> {
        let widths = (self.shape.query_width(), self.shape.kv_width());
        let queries = self.segments.ranges(widths.0);
        let ranges = queries.zip(self.segments.ranges(widths.1));
        let variable = |numbers: &[f32], width| {
            Var::from_slice(numbers, (numbers.len() / width, width), &Device::Cpu)
        };
        ranges
            .map(|(queries, keys)| {
                let inputs = [
                    variable(&q[queries], widths.0)?,
                    variable(&k[keys.clone()], widths.1)?,
                    variable(&v[keys], widths.1)?,
                ];
                let [q, k, v] = &inputs;
                let output = causal_attention(q, k, v, self.shape)?;
                Ok(Segment { inputs, output })
            })
            .collect()
    }
}

impl Segment {
    /// Appends the gradients by its inputs to those of the segments before it.
    fn backward(&self, grad_output: &[f32], gradients: &mut [Vec<f32>; 3]) -> Result<()> {
        let grad_output = tensor(grad_output.to_vec(), self.output.dims())?;
        let grads = seed_gradient(&self.output, &grad_output)?.backward()?;
        for (input, gradient) in self.inputs.iter().zip(gradients) {
            let Some(grad) = grads.get(input) else {
                bail!("attention gave no gradient for one of its inputs");
            };
            gradient.extend_from_slice(&numbers(&grad.contiguous()?)?);
        }
        Ok(())
    }
}

impl CustomOp3 for SegmentAttention {
    fn name(&self) -> &'static str {
        "segment-attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_layout: &Layout,
        k: &CpuStorage,
        k_layout: &Layout,
        v: &CpuStorage,
        v_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let inputs = [
            slice(q, q_layout)?,
            slice(k, k_layout)?,
            slice(v, v_layout)?,
        ];
        let segments = self.run(inputs)?;
        let mut out = Vec::with_capacity(inputs[0].len());
        for segment in &segments {
            out.extend_from_slice(&numbers(&segment.output)?);
        }
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(segments);
        Ok((CpuStorage::F32(out), q_layout.shape().clone()))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        _out: &Tensor,
        grad_out: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let kept = self
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let segments = match kept {
            Some(kept) => kept,
            // A second backward pass over the same graph.
            None => self.run([&numbers(q)?, &numbers(k)?, &numbers(v)?])?,
        };
        let grad_out = grad_out.contiguous()?;
        let grad_out = numbers(&grad_out)?;
        let mut gradients = [q, k, v].map(|input| Vec::with_capacity(input.elem_count()));
        let ranges = self.segments.ranges(self.shape.query_width());
        for (segment, range) in segments.iter().zip(ranges) {
            segment.backward(&grad_out[range], &mut gradients)?;
        }
        let [grad_q, grad_k, grad_v] = gradients;
        Ok((
            Some(tensor(grad_q, q.dims())?),
            Some(tensor(grad_k, k.dims())?),
            Some(tensor(grad_v, v.dims())?),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_gradient, noise};
    use super::*;

    const SHAPE: AttentionShape = AttentionShape {
        num_heads: 2,
        num_kv_heads: 1,
        head_dim: 4,
        scale: 0.5,
        window: None,
    };

    #[test]
    fn gradients_agree_with_finite_differences() {
        let segments = Segments::new([2, 1, 3]);
        check_gradient(&[&[6, 8], &[6, 4], &[6, 4]], |x| {
            segment_attention(&x[0], &x[1], &x[2], SHAPE, &segments)
        });
    }

    #[test]
    fn a_segment_sees_nothing_of_the_others() -> Result<()> {
        let inputs = |salt: f32| -> Result<[Tensor; 3]> {
            let with = |width: usize, more: f32| tensor(noise(5 * width, salt + more), &[5, width]);
            Ok([with(8, 0.0)?, with(4, 1.0)?, with(4, 2.0)?])
        };
        let (first, second) = (inputs(0.1)?, inputs(7.3)?);
        let both = Segments::new([5, 5]);
        let packed: Vec<Tensor> = first
            .iter()
            .zip(&second)
            .map(|(a, b)| Tensor::cat(&[a, b], 0))
            .collect::<Result<_>>()?;
        let [q, k, v] = [&packed[0], &packed[1], &packed[2]];
        let together = segment_attention(q, k, v, SHAPE, &both)?;
        for (start, [q, k, v]) in [(0, first), (5, second)] {
            let alone = causal_attention(&q, &k, &v, SHAPE)?;
            let within = together.narrow(0, start, 5)?;
            assert_eq!(alone.to_vec2::<f32>()?, within.to_vec2::<f32>()?);
        }
        Ok(())
    }
}
