//! Looks at everything that the program stands on, within a second, and says what was found.

mod computer;
mod folder;
mod parts;

use lore_protocol::{Check, Finding, FindingState};

use crate::core::Core;

/// What a look at something showed; see [`Finding`].
struct Found {
    state: FindingState,
    summary: String,
    advice: String,
}

impl Found {
    fn fine(summary: impl Into<String>) -> Self {
        Self {
            state: FindingState::Fine,
            summary: summary.into(),
            advice: String::new(),
        }
    }

    fn notable(summary: impl Into<String>, advice: &str) -> Self {
        Self {
            state: FindingState::Notable,
            summary: summary.into(),
            advice: advice.to_owned(),
        }
    }

    fn action(summary: impl Into<String>, advice: &str) -> Self {
        Self {
            state: FindingState::Action,
            ..Self::notable(summary, advice)
        }
    }
}

/// Everything, in the order of [`Check::ALL`].
pub(crate) fn all(core: &Core) -> Vec<Finding> {
    Check::ALL
        .into_iter()
        .map(|check| look(core, check))
        .collect()
}

fn look(core: &Core, check: Check) -> Finding {
    let found = match check {
        Check::Processor => computer::processor(),
        Check::Memory => computer::memory(),
        Check::Disk => folder::room(core),
        Check::DataFolder => folder::writable(core.dir.root()),
        Check::Worker => parts::worker(core),
        Check::Models => parts::models(core),
        Check::Java => parts::java(core),
        Check::Clock => computer::clock(core),
        Check::Leftovers => folder::leftovers(core),
    };
    Finding {
        check,
        state: found.state,
        summary: found.summary,
        advice: found.advice,
    }
}
