//! An episode as Markdown, for notes and messages. Pure.

use lore_core::Trajectory;

/// The whole episode.
pub(super) fn of(trajectory: &Trajectory) -> String {
    let mut text = format!("# {}\n\n", trajectory.task.goal);
    let facts = [
        ("Who acted", trajectory.source.as_str()),
        ("Task type", trajectory.task.task_type.as_str()),
        ("Outcome", trajectory.end.label()),
    ];
    for (name, value) in facts {
        line(&mut text, &format!("- {name}: {value}"));
    }
    if let Some(trace) = &trajectory.trace {
        for memory in &trace.memories {
            line(
                &mut text,
                &format!("- Memory: {} (similarity {:.3})", memory.goal, memory.score),
            );
        }
    }
    quote(&mut text, &trajectory.initial_observation);
    for (index, step) in trajectory.steps.iter().enumerate() {
        text.push('\n');
        let action = step.action.replace('`', "'");
        line(&mut text, &format!("{}. `{action}`", index + 1));
        quote(&mut text, &step.observation);
    }
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn quote(text: &mut String, quoted: &str) {
    text.push('\n');
    for part in quoted.lines() {
        line(text, &format!("> {part}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::{EpisodeEnd, Step, Task};

    #[test]
    fn actions_are_code_and_observations_are_quoted() {
        let task = Task {
            goal: "Cool a mug".into(),
            ..Task::default()
        };
        let step = Step {
            action: "open fridge 1".into(),
            observation: "It is open.\nIn it, you see nothing.".into(),
            ..Step::default()
        };
        let trajectory = Trajectory::new(task, "LoRA", "A room.", vec![step], EpisodeEnd::Success);
        let text = of(&trajectory);
        assert!(text.starts_with("# Cool a mug\n"));
        assert!(text.contains("1. `open fridge 1`\n\n> It is open.\n> In it, you see nothing.\n"));
    }
}
