//! The action templates a trajectory was played under.
//!
//! Training must show the very system prompt that acting will, but a trajectory does not say which
//! actions its world offered; for worlds the program knows, its words do.

use lore_core::Trajectory;
use lore_env::alfworld::{ENVIRONMENT, Wording};
use lore_env::scienceworld;

/// The general forms of action in the world of `trajectory`; empty for worlds that are not known.
pub(crate) fn of(trajectory: &Trajectory) -> Vec<String> {
    match trajectory.task.environment.as_str() {
        ENVIRONMENT => wording(trajectory).templates(),
        _ => scienceworld::templates(&trajectory.task).unwrap_or_default(),
    }
}

/// The two wordings differ in how things are put down, and in what arriving somewhere is called.
fn wording(trajectory: &Trajectory) -> Wording {
    let is_revised = trajectory.steps.iter().any(|step| {
        step.action.starts_with("move ")
            || (step.observation.starts_with("You arrive at ")
                && !step.observation.starts_with("You arrive at loc "))
    });
    if is_revised {
        Wording::Revised
    } else {
        Wording::Released
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::EpisodeEnd;
    use lore_core::testing::{task, trajectory};

    fn put_template(environment: &str, steps: &[(&str, &str)]) -> Option<String> {
        let mut task = task("t");
        environment.clone_into(&mut task.environment);
        let templates = of(&trajectory(task, steps, EpisodeEnd::Success));
        templates
            .into_iter()
            .find(|template| template.contains("{object} in/on") || template.starts_with("move"))
    }

    #[test]
    fn the_words_of_an_episode_tell_its_world() {
        let released = [(
            "go to desk 1",
            "You arrive at loc 3. On the desk 1, you see nothing.",
        )];
        let revised = [(
            "go to desk 1",
            "You arrive at desk 1. On the desk 1, you see nothing.",
        )];
        assert!(
            put_template("alfworld", &released)
                .unwrap()
                .starts_with("put")
        );
        assert!(
            put_template("alfworld", &revised)
                .unwrap()
                .starts_with("move")
        );
        assert_eq!(put_template("another", &revised), None);
    }
}
