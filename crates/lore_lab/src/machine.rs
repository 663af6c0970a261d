//! What this machine has to offer.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// Bytes of read prompts that are kept at least.
const MIN_PROMPT_CACHE: u64 = 512 << 20;

/// Bytes of memory that are free to use; `None` when the system does not say.
pub(crate) fn available_memory() -> Option<u64> {
    let available = memory().available_memory();
    (available > 0).then_some(available)
}

/// Bytes of read prompts to keep between the steps of episodes: an eighth of the memory. Sixteen
/// episodes with two memories each take over a gigabyte with the smallest models, and where they do
/// not fit, every step reads its whole prompt again. It is a share of all memory, not of what is free
/// now, so that a run does the same each time.
pub(crate) fn prompt_cache_bytes() -> usize {
    let bytes = (memory().total_memory() / 8).max(MIN_PROMPT_CACHE);
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

fn memory() -> System {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    System::new_with_specifics(memory)
}

/// Bytes a training may take: four fifths of what is free, so that the window and everything else goes
/// on working. The result of a training does not depend on it.
pub(crate) fn memory_budget() -> u64 {
    available_memory().map_or(u64::MAX, |available| available / 5 * 4)
}
