//! The computer: processor, memory, clock.

use lore_core::size_in_words;

use super::Found;
use crate::core::Core;
use crate::machine::{self, Memory};

/// Memory that must be free to train or play with the starter model.
const MIN_FREE: u64 = 1_500_000_000;

/// Memory below which only the smallest models run.
const SMALL: u64 = 6_000_000_000;

/// The first day on which this program was there, in milliseconds since 1970: 1 January 2026.
const BORN_MS: u64 = 1_767_225_600_000;

/// A day in milliseconds.
const DAY_MS: u64 = 86_400_000;

/// Cores, and what makes them quick.
pub(super) fn processor() -> Found {
    of_processor(machine::cores(), &machine::instruction_sets())
}

fn of_processor(cores: usize, sets: &[&str]) -> Found {
    let words = match cores {
        1 => "1 core".to_owned(),
        more => format!("{more} cores"),
    };
    let is_quick = sets
        .iter()
        .any(|set| matches!(*set, "AVX2" | "AVX-512" | "NEON"));
    if !is_quick {
        return Found::notable(
            format!("{words}, without AVX2"),
            "Everything works, but several times slower than on a newer processor.",
        );
    }
    let summary = format!("{words}, with {}", sets.join(", "));
    if cores < 2 {
        return Found::notable(summary, "While a job runs, the window may be slow.");
    }
    Found::fine(summary)
}

/// Memory, all of it and what is free.
pub(super) fn memory() -> Found {
    of_memory(machine::memory())
}

fn of_memory(memory: Memory) -> Found {
    let (free, all) = (size_in_words(memory.available), size_in_words(memory.total));
    let summary = format!("{free} of {all} free");
    if memory.available < MIN_FREE {
        return Found::action(
            summary,
            "Close other programs before a training or a run; else the system may end it.",
        );
    }
    if memory.total < SMALL {
        return Found::notable(
            summary,
            "Enough for the starter models, not for much larger ones.",
        );
    }
    Found::fine(summary)
}

/// A clock that is wrong mixes up what came first.
pub(super) fn clock(core: &Core) -> Found {
    let jobs = core.jobs.all().unwrap_or_default();
    let newest = jobs.iter().map(|job| job.info.spec.created_ms).max();
    of_clock(core.clock.now_ms(), newest.unwrap_or_default())
}

fn of_clock(now_ms: u64, newest_ms: u64) -> Found {
    let advice = "Set the date and the time of this computer.";
    if now_ms < BORN_MS {
        return Found::action("The clock says a year before this program was made", advice);
    }
    if newest_ms > now_ms + DAY_MS {
        return Found::action(
            "The clock is behind: there are jobs from the future",
            advice,
        );
    }
    Found::fine("The date makes sense")
}

#[cfg(test)]
mod tests {
    use lore_protocol::FindingState;

    use super::*;

    #[test]
    fn slow_processors_are_told_from_quick_ones() {
        let state = |cores, sets: &[&str]| of_processor(cores, sets).state;
        assert_eq!(state(8, &["AVX2", "FMA"]), FindingState::Fine);
        assert_eq!(state(8, &["FMA"]), FindingState::Notable);
        assert_eq!(state(1, &["NEON"]), FindingState::Notable);
    }

    #[test]
    fn little_memory_needs_action() {
        let state = |available, total| of_memory(Memory { total, available }).state;
        assert_eq!(state(9 << 30, 16 << 30), FindingState::Fine);
        assert_eq!(state(1 << 30, 16 << 30), FindingState::Action);
        assert_eq!(state(3 << 30, 4 << 30), FindingState::Notable);
    }

    #[test]
    fn a_clock_that_went_back_is_noticed() {
        let now = BORN_MS + 10 * DAY_MS;
        assert_eq!(of_clock(now, now).state, FindingState::Fine);
        assert_eq!(of_clock(now, now + 2 * DAY_MS).state, FindingState::Action);
        assert_eq!(of_clock(0, 0).state, FindingState::Action);
    }
}
