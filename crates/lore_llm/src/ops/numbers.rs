//! Between candle's tensors and slices.

use std::ops::Deref;

use candle_core::{CpuStorage, Device, Layout, Result, Storage, Tensor, bail};

/// The numbers of a contiguous `f32` tensor on the processor, for as long as the result lives.
pub fn numbers(tensor: &Tensor) -> Result<impl Deref<Target = [f32]>> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(cpu) => slice(cpu, layout)?,
        _ => bail!("this operation runs on the processor only"),
    };
    Ok(Numbers { storage, layout })
}

/// `G` holds the storage's read lock, whose type candle does not name.
struct Numbers<'a, G> {
    storage: G,
    layout: &'a Layout,
}

impl<G: Deref<Target = Storage>> Deref for Numbers<'_, G> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match &*self.storage {
            Storage::Cpu(cpu) => slice(cpu, self.layout).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// The slice behind an operation's input.
pub(super) fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(data), Some((start, end))) => Ok(&data[start..end]),
        (CpuStorage::F32(_), None) => bail!("this operation needs a contiguous tensor"),
        _ => bail!("this operation needs 32-bit floats"),
    }
}

/// A tensor on the processor.
pub(super) fn tensor(data: Vec<f32>, shape: &[usize]) -> Result<Tensor> {
    Tensor::from_vec(data, shape, &Device::Cpu)
}
