//! Where two episodes part. Pure.

use lore_core::Trajectory;

/// What two episodes share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The first step that is not the same in both; `None` when one is a part of the other.
    pub(super) first: Option<usize>,
    /// What differs there.
    pub(super) kind: Kind,
}

/// What differs first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Nothing,
    /// The first observation: other games, or other rooms.
    Beginning,
    /// What was done.
    Action,
    /// What was seen after the same action.
    Observation,
    /// One episode goes on where the other ends.
    Length,
}

/// Compares two episodes step by step.
pub(super) fn between(a: &Trajectory, b: &Trajectory) -> Difference {
    if a.initial_observation != b.initial_observation {
        return Difference {
            first: None,
            kind: Kind::Beginning,
        };
    }
    for (index, (left, right)) in a.steps.iter().zip(&b.steps).enumerate() {
        let kind = if left.action != right.action {
            Kind::Action
        } else if left.observation != right.observation {
            Kind::Observation
        } else {
            continue;
        };
        return Difference {
            first: Some(index),
            kind,
        };
    }
    let shorter = a.steps.len().min(b.steps.len());
    if a.steps.len() == b.steps.len() {
        Difference {
            first: None,
            kind: Kind::Nothing,
        }
    } else {
        Difference {
            first: Some(shorter),
            kind: Kind::Length,
        }
    }
}

impl Difference {
    /// In words.
    pub(super) fn words(self, a: &Trajectory, b: &Trajectory) -> String {
        let step = self.first.map_or(0, |index| index + 1);
        let action = |trajectory: &Trajectory| {
            let step = self.first.and_then(|index| trajectory.steps.get(index));
            step.map_or_else(String::new, |step| step.action.clone())
        };
        match self.kind {
            Kind::Nothing => "Both did the same from beginning to end".to_owned(),
            Kind::Beginning => "These are different games: they begin differently".to_owned(),
            Kind::Action => format!(
                "They part at step {step}: {} did {:?}, {} did {:?}",
                a.source,
                action(a),
                b.source,
                action(b)
            ),
            Kind::Observation => {
                format!("They part at step {step}: the same action led to something else")
            }
            Kind::Length => format!("The same until step {}, where one of them ends", step - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::{EpisodeEnd, Step, Task};

    fn episode(actions: &[&str]) -> Trajectory {
        let steps = actions
            .iter()
            .map(|action| Step {
                action: (*action).to_owned(),
                observation: "ok".into(),
                ..Step::default()
            })
            .collect();
        Trajectory::new(
            Task::default(),
            "agent",
            "start",
            steps,
            EpisodeEnd::Success,
        )
    }

    #[track_caller]
    fn check(a: &[&str], b: &[&str], first: Option<usize>, kind: Kind) {
        let found = between(&episode(a), &episode(b));
        assert_eq!(found, Difference { first, kind });
    }

    #[test]
    fn the_first_difference_is_found() {
        check(&["a", "b"], &["a", "b"], None, Kind::Nothing);
        check(&["a", "b"], &["a", "c"], Some(1), Kind::Action);
        check(&["a"], &["a", "c"], Some(1), Kind::Length);
        check(&[], &["a"], Some(0), Kind::Length);
    }

    #[test]
    fn another_beginning_is_another_game() {
        let mut other = episode(&["a"]);
        other.initial_observation = "elsewhere".into();
        let found = between(&episode(&["a"]), &other);
        assert_eq!(found.kind, Kind::Beginning);
    }
}
