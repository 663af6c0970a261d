//! Small tasks, trajectories and experiences.

use crate::{EpisodeEnd, Experience, ExperienceId, Split, Step, Task, TaskId, Trajectory};

/// A training task called `id` of the type `pick`, in a world called `scripted`.
pub fn task(id: &str) -> Task {
    Task {
        id: TaskId::from(id),
        environment: "scripted".into(),
        task_type: "pick".into(),
        goal: format!("do {id}"),
        split: Split::Train,
    }
}

/// An expert's episode of `task` with a step for each `(action, observation)`.
pub fn trajectory(task: Task, steps: &[(&str, &str)], end: EpisodeEnd) -> Trajectory {
    let initial = format!("You are in a room. Your task is to: {}", task.goal);
    let steps = steps.iter().map(|(action, observation)| Step {
        action: (*action).to_owned(),
        observation: (*observation).to_owned(),
        ..Step::default()
    });
    Trajectory::new(task, "expert", initial, steps.collect(), end)
}

/// An experience of two steps whose task has `goal` as its goal and its identifier.
pub fn experience(goal: &str, end: EpisodeEnd) -> Experience {
    let mut task = task(goal);
    goal.clone_into(&mut task.goal);
    let steps = [("look", "You see a desk."), (goal, "Done.")];
    let trajectory = trajectory(task, &steps, end);
    Experience {
        id: ExperienceId(trajectory.id.0.clone()),
        num_tokens: trajectory.text().split_whitespace().count() as u32,
        trajectory,
        pinned: false,
        never_use: false,
        lesson: String::new(),
    }
}
