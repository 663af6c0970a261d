//! What this machine has to offer.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// Bytes of memory that are free to use; `None` when the system does not say.
pub(crate) fn available_memory() -> Option<u64> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let available = System::new_with_specifics(memory).available_memory();
    (available > 0).then_some(available)
}

/// Bytes a training may take: four fifths of what is free, so that the window and everything else goes
/// on working. The result of a training does not depend on it.
pub(crate) fn memory_budget() -> u64 {
    available_memory().map_or(u64::MAX, |available| available / 5 * 4)
}
