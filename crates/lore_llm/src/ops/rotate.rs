//! Rotary position embedding.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::Segments;
use super::numbers::{numbers, slice, tensor};
use crate::kernels::{RopeTable, Rotation};

/// Rotates every head of `x` `[tokens, heads · head_dim]`; row `i` of a segment stands at position `i`.
pub fn rotate(x: &Tensor, table: &Arc<RopeTable>, segments: &Segments) -> Result<Tensor> {
    x.apply_op1(Rotate {
        table: table.clone(),
        segments: segments.clone(),
    })
}

struct Rotate {
    table: Arc<RopeTable>,
    segments: Segments,
}

impl Rotate {
    fn run(&self, x: &[f32], width: usize, rotation: Rotation) -> Vec<f32> {
        let mut y = x.to_vec();
        for range in self.segments.ranges(width) {
            self.table.apply(&mut y[range], width, 0, rotation);
        }
        y
    }
}

impl CustomOp1 for Rotate {
    fn name(&self) -> &'static str {
        "rotate"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, width) = layout.shape().dims2()?;
        let y = self.run(slice(storage, layout)?, width, Rotation::Forward);
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad_y: &Tensor) -> Result<Option<Tensor>> {
        if !x.track_op() {
            return Ok(None);
        }
        let grad_y = grad_y.contiguous()?;
        let grad_x = self.run(&numbers(&grad_y)?, x.dim(1)?, Rotation::Backward);
        Ok(Some(tensor(grad_x, x.dims())?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_gradient;
    use super::*;

    #[test]
    fn gradient_agrees_with_finite_differences() {
        let table = Arc::new(RopeTable::new(100.0, 4, 5));
        let segments = Segments::new([3, 2]);
        check_gradient(&[&[5, 8]], |x| rotate(&x[0], &table, &segments));
    }
}
