//! Episodes in a household.

use lore_core::{
    EpisodeEnd, EpisodeTrace, MaskedToken, MemoryUse, PaintedExample, Role, ScoredAction,
    SplitKind, Step, StepTrace, Task, Trajectory, TrajectoryRow,
};

use super::datasets::{TYPES, UNSEEN};

const THINGS: [&str; 8] = [
    "mug", "apple", "plate", "tomato", "potato", "cup", "bowl", "egg",
];
const PLACES: [&str; 6] = [
    "shelf",
    "cabinet",
    "coffee machine",
    "dining table",
    "fridge",
    "counter top",
];

/// A goal of a kind, in words.
pub(super) fn goal(task_type: &str, index: usize) -> String {
    let thing = THINGS[index % THINGS.len()];
    let place = PLACES[(index / 2 + index) % PLACES.len()];
    match task_type {
        "look_at_obj_in_light" => format!("Examine the {thing} with the desk lamp"),
        "pick_clean_then_place_in_recep" => format!("Put a clean {thing} in the {place}"),
        "pick_cool_then_place_in_recep" => format!("Cool some {thing} and put it in the {place}"),
        "pick_heat_then_place_in_recep" => format!("Heat some {thing} and put it in the {place}"),
        "pick_two_obj_and_place" => format!("Put two {thing}s in the {place}"),
        _ => format!("Put some {thing} on the {place}"),
    }
}

fn step(index: usize, action: String, observation: String) -> Step {
    let admissible: Vec<String> = ["look", "inventory", "go to counter top 1", "go to fridge 1"]
        .map(str::to_owned)
        .into_iter()
        .chain([action.clone()])
        .collect();
    let scored = admissible
        .iter()
        .enumerate()
        .map(|(rank, candidate)| ScoredAction {
            action: candidate.clone(),
            log_likelihood: if *candidate == action {
                -0.4
            } else {
                -2.0 - rank as f64
            },
            num_tokens: 5,
        })
        .collect();
    Step {
        action,
        observation,
        reward: 0.0,
        admissible,
        trace: Some(StepTrace {
            prompt_tokens: 620 + 40 * index as u32,
            cached_tokens: 580 + 40 * index as u32,
            completion_tokens: 6,
            millis: 410 + 13 * index as u64,
            scored,
            ..StepTrace::default()
        }),
    }
}

/// A few dozen episodes, the first one with everything a run leaves behind.
pub(super) fn trajectories() -> Vec<Trajectory> {
    (0..60).map(trajectory).collect()
}

/// What an agent does with a thing, and what it sees then.
fn moves(thing: &str) -> [(String, String); 7] {
    [
        (
            "go to counter top 1".to_owned(),
            format!("On the counter top 1, you see a {thing} 1, a knife 2, and a bread 1."),
        ),
        (
            format!("take {thing} 1 from counter top 1"),
            format!("You pick up the {thing} 1 from the counter top 1."),
        ),
        (
            "go to sink basin 1".to_owned(),
            "On the sink basin 1, you see a fork 1.".to_owned(),
        ),
        (
            format!("clean {thing} 1 with sink basin 1"),
            format!("You clean the {thing} 1 using the sink basin 1."),
        ),
        (
            "go to cabinet 1".to_owned(),
            "The cabinet 1 is closed.".to_owned(),
        ),
        (
            "open cabinet 1".to_owned(),
            "You open the cabinet 1. In it, you see nothing.".to_owned(),
        ),
        (
            format!("move {thing} 1 to cabinet 1"),
            format!("You move the {thing} 1 to the cabinet 1."),
        ),
    ]
}

fn trajectory(index: usize) -> Trajectory {
    let task_type = TYPES[index % TYPES.len()];
    let round = index / TYPES.len();
    let thing = THINGS[round % THINGS.len()];
    let goal = goal(task_type, round);
    let task = Task {
        id: format!("game-{index}").into(),
        environment: "alfworld".into(),
        task_type: task_type.into(),
        goal: goal.clone(),
        ..Task::default()
    };
    let succeeds = index % 4 != 3;
    let moves = moves(thing);
    let mut steps: Vec<Step> = moves
        .into_iter()
        .cycle()
        .take(5 + (index * 7) % 11)
        .enumerate()
        .map(|(number, (action, observation))| step(number, action, observation))
        .collect();
    if succeeds && let Some(last) = steps.last_mut() {
        last.reward = 1.0;
    }
    let end = if succeeds {
        EpisodeEnd::Success
    } else {
        EpisodeEnd::Truncated
    };
    let first = format!(
        "You are in the middle of a room. Looking quickly around you, you see a cabinet 2, a cabinet 1, \
         a counter top 1, a fridge 1, and a sink basin 1.\n\nYour task is to: {}.",
        goal.to_lowercase()
    );
    let source = ["ExpRAG-LoRA", "Base model", "LoRA", "expert"][index % 4];
    let mut trajectory = Trajectory::new(task, source, first, steps, end);
    trajectory.trace = Some(EpisodeTrace {
        system_prompt: "You are an agent in a text world. Each message tells you what you see. \
                        Answer with the next action and nothing else.\n\nActions:\n- go to {place}\n- take {thing} from {place}\n- clean {thing} with {place}\n\n\
                        # Past episodes that reached their goal\n\nYour task is to: put a clean cup in the cabinet.\n> go to counter top 1\nOn the counter top 1, you see a cup 1.\n> take cup 1 from counter top 1\nYou pick up the cup 1."
            .into(),
        memories: (0..2u32)
            .map(|rank| MemoryUse {
                experience: format!("memory-{rank}").into(),
                goal: super::trajectories::goal(task_type, round + 1 + rank as usize),
                task_type: task_type.into(),
                success: rank == 0,
                score: 0.91 - 0.07 * rank as f32,
                rank,
                num_tokens: 212 + 31 * rank,
            })
            .collect(),
        seed: 2025,
        model: "smollm2-135m-instruct".into(),
        adapter: index.is_multiple_of(4).then(|| "sample-1-exprag-lora-seed2025".to_owned()),
        ..EpisodeTrace::default()
    });
    trajectory
}

/// The trajectories as a list shows them.
pub(super) fn rows(trajectories: &[Trajectory]) -> Vec<TrajectoryRow> {
    trajectories
        .iter()
        .map(|trajectory| TrajectoryRow {
            id: trajectory.id.clone(),
            goal: trajectory.task.goal.clone(),
            task_type: trajectory.task.task_type.clone(),
            source: trajectory.source.clone(),
            job: Some("sample-1.exprag_lora-seed2025".into()),
            end: trajectory.end,
            num_steps: trajectory.steps.len() as u32,
            num_memories: 2,
            split: Some(if UNSEEN.contains(&trajectory.task.task_type.as_str()) {
                SplitKind::Unseen
            } else {
                SplitKind::Seen
            }),
            millis: 4100 + 60 * trajectory.steps.len() as u64,
            seed: Some(2025),
        })
        .collect()
}

/// What was possible in a step: as it was, the action that was taken is the likeliest; otherwise the last.
pub(super) fn likely(trajectory: &Trajectory, step: usize, as_it_was: bool) -> Vec<ScoredAction> {
    let step = &trajectory.steps[step];
    let mut possible = step.admissible.clone();
    possible.sort_unstable();
    possible.dedup();
    let num = possible.len();
    let liked = |(index, action): (usize, &String)| {
        if as_it_was {
            *action == step.action
        } else {
            index + 1 == num
        }
    };
    let actions = possible.iter().enumerate();
    actions
        .map(|(index, action)| ScoredAction {
            action: action.clone(),
            log_likelihood: if liked((index, action)) { -2.0 } else { -4.0 },
            num_tokens: 3,
        })
        .collect()
}

/// A trajectory as tokens: words stand for them.
pub(super) fn painted(trajectory: &Trajectory) -> PaintedExample {
    let mut tokens = Vec::new();
    for message in trajectory.messages() {
        for word in message.content.split_inclusive(' ') {
            tokens.push(MaskedToken {
                text: word.to_owned(),
                learned: message.role == Role::Assistant,
                role: message.role,
            });
        }
        tokens.push(MaskedToken {
            text: "\n".to_owned(),
            learned: message.role == Role::Assistant,
            role: message.role,
        });
    }
    let num_learned = tokens.iter().filter(|token| token.learned).count();
    PaintedExample {
        tokens,
        num_learned,
        num_dropped_memories: 0,
    }
}
