//! Ways out of loops.

use std::collections::BTreeSet;

/// What an episode has shown so far, and what was done in vain since it last showed something new.
///
/// A small model that acts greedily walks between two places until its steps are used up. Setting
/// aside what was just done in vain leaves it a way out, and gives it nothing that it could not see:
/// only its own actions and what came of them decide.
#[derive(Debug, Default)]
pub(crate) struct Loops {
    seen: BTreeSet<String>,
    in_vain: BTreeSet<String>,
}

impl Loops {
    /// Takes note of what an action led to.
    pub(crate) fn note(&mut self, action: &str, observation: &str) {
        if self.seen.insert(observation.to_owned()) {
            self.in_vain.clear();
        } else {
            self.in_vain.insert(action.to_owned());
        }
    }

    /// The actions that were not done in vain; all of them when none would be left.
    pub(crate) fn leaving(&self, actions: &[String]) -> Vec<String> {
        let is_open = |action: &&String| !self.in_vain.contains(*action);
        let open: Vec<String> = actions.iter().filter(is_open).cloned().collect();
        if open.is_empty() {
            actions.to_vec()
        } else {
            open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(actions: &[&str]) -> Vec<String> {
        actions.iter().map(|action| (*action).to_owned()).collect()
    }

    #[test]
    fn what_led_to_nothing_new_is_set_aside_until_something_new_is_seen() {
        let all = names(&["desk", "shelf", "bed"]);
        let mut loops = Loops::default();
        loops.note("desk", "a pen");
        loops.note("shelf", "a book");
        assert_eq!(loops.leaving(&all), all, "both were new");
        loops.note("desk", "a pen");
        loops.note("shelf", "a book");
        assert_eq!(loops.leaving(&all), names(&["bed"]));
        loops.note("bed", "a pillow");
        assert_eq!(loops.leaving(&all), all, "the pillow changes what is known");
    }

    #[test]
    fn an_agent_is_never_left_without_an_action() {
        let all = names(&["desk"]);
        let mut loops = Loops::default();
        for _ in 0..3 {
            loops.note("desk", "a pen");
        }
        assert_eq!(loops.leaving(&all), all);
    }
}
