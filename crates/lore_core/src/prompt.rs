//! The prompt: instructions, action templates and the memory block.
//!
//! Training and acting must build it in exactly the same way, and neither crate knows the other,
//! so it lives here. Source: the paper's prompt (memory block in the system prompt, ahead of task
//! and history, successes and failures under separate headings).

use crate::{Experience, Hit, Message, Trajectory};

/// What stands over memories, and whether over successes or failures, in this order.
pub const HEADINGS: [(&str, bool); 2] = [
    ("Past episodes that reached their goal", true),
    ("Past episodes that failed", false),
];

/// The system prompt of an agent without memories.
pub fn instructions(action_templates: &[String]) -> String {
    let mut text = String::from(
        "You are an agent in a text world. Each message tells you what you see. \
         Answer with the next action and nothing else.",
    );
    if !action_templates.is_empty() {
        text.push_str("\n\nActions:");
        for template in action_templates {
            text.push_str("\n- ");
            text.push_str(template);
        }
    }
    text
}

/// The system prompt with the memories in `hits`, best first; equal to [`instructions`] without any.
pub fn system_prompt(action_templates: &[String], hits: &[Hit], format: MemoryFormat) -> String {
    with_memories(&instructions(action_templates), hits, format)
}

/// Any instructions with the memories in `hits` under them, best first; as they are without any.
pub fn with_memories(instructions: &str, hits: &[Hit], format: MemoryFormat) -> String {
    let mut text = instructions.to_owned();
    for (heading, success) in HEADINGS {
        let mut of_kind = hits
            .iter()
            .map(|hit| &hit.experience)
            .filter(|experience| experience.trajectory.is_success() == success)
            .peekable();
        if of_kind.peek().is_none() {
            continue;
        }
        text.push_str("\n\n# ");
        text.push_str(heading);
        for experience in of_kind {
            text.push_str("\n\n");
            text.push_str(&remembered(experience, format));
        }
    }
    text
}

/// A system prompt without its memories.
pub fn without_memories(system: &str) -> &str {
    let starts = HEADINGS.iter().filter_map(|(heading, _)| {
        let heading = format!("\n\n# {heading}\n\n");
        system.find(&heading)
    });
    starts.min().map_or(system, |start| &system[..start])
}

/// A system prompt without one memory, as [`remembered`] writes it; `None` when it does not stand
/// there. A heading that nothing stands under any more goes as well.
pub fn without_memory(system: &str, remembered: &str) -> Option<String> {
    let block = format!("\n\n{remembered}");
    let start = system.find(&block)?;
    let mut text = system.to_owned();
    text.replace_range(start..start + block.len(), "");
    for (heading, _) in HEADINGS {
        let heading = format!("\n\n# {heading}");
        let Some(start) = text.find(&heading) else {
            continue;
        };
        let rest = &text[start + heading.len()..];
        if rest.is_empty() || rest.starts_with("\n\n# ") {
            text.replace_range(start..start + heading.len(), "");
        }
    }
    Some(text)
}

/// An experience as it stands in a prompt: what somebody noted about it, then what happened.
pub fn remembered(experience: &Experience, format: MemoryFormat) -> String {
    let memory = memory(&experience.trajectory, format);
    match experience.lesson.as_str() {
        "" => memory,
        lesson => format!("Lesson: {lesson}\n{memory}"),
    }
}

/// The task in a first message: what follows `Your task is to:` to the end of its line, as worlds write
/// it; the whole message when nothing does.
pub fn task_in(message: &str) -> &str {
    const MARK: &str = "Your task is to:";
    let told = message.split_once(MARK).map(|(_, rest)| rest.trim_start());
    let task = told.and_then(|rest| rest.lines().next()).map(str::trim);
    task.filter(|task| !task.is_empty())
        .unwrap_or(message.trim())
}

/// How a memory is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryFormat {
    /// A chat as JSON, `[{"role": …, "content": …}, …]`: the paper's default.
    #[default]
    Chat,
    /// Plain text with `>` before actions: fewer tokens.
    Plain,
}

impl MemoryFormat {
    /// Every choice, for forms.
    pub const ALL: [Self; 2] = [Self::Chat, Self::Plain];

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Chat => "as a chat",
            Self::Plain => "as plain text",
        }
    }
}

/// One trajectory as it stands in the memory block.
pub fn memory(trajectory: &Trajectory, format: MemoryFormat) -> String {
    match format {
        MemoryFormat::Chat => serde_json::to_string(&trajectory.messages())
            .expect("messages hold only strings, which always serialise"),
        MemoryFormat::Plain => trajectory.text(),
    }
}

/// The chat before the action of step `step`: system prompt, first observation, then the steps from
/// `history_start` on. `step` may equal the number of steps, for the prompt of the next action.
pub fn chat(
    system: &str,
    trajectory: &Trajectory,
    history_start: usize,
    step: usize,
) -> Vec<Message> {
    let mut messages = vec![
        Message::system(system),
        Message::user(trajectory.initial_observation.clone()),
    ];
    for past in trajectory.steps.iter().take(step).skip(history_start) {
        messages.push(Message::assistant(past.action.clone()));
        messages.push(Message::user(past.observation.clone()));
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EpisodeEnd, ExperienceId, Step, Task};

    fn hit(end: EpisodeEnd) -> Hit {
        let step = Step {
            action: "go".into(),
            observation: "there".into(),
            ..Step::default()
        };
        let trajectory = Trajectory::new(Task::default(), "expert", "start", vec![step], end);
        Hit {
            experience: Experience {
                id: ExperienceId::from("e"),
                trajectory,
                num_tokens: 0,
                pinned: false,
                never_use: false,
                lesson: String::new(),
            },
            score: 1.0,
            rank: 0,
        }
    }

    #[test]
    fn a_task_is_found_where_worlds_write_it() {
        let seen = "You see a desk 1.\n\nYour task is to: put a mug in desk.\nGood luck.";
        assert_eq!(task_in(seen), "put a mug in desk.");
        assert_eq!(task_in(" heat an egg\n"), "heat an egg");
        assert_eq!(task_in("Your task is to: "), "Your task is to:");
    }

    #[test]
    fn no_memory_means_plain_instructions() {
        assert_eq!(
            system_prompt(&[], &[], MemoryFormat::Chat),
            instructions(&[])
        );
    }

    #[test]
    fn successes_and_failures_have_their_headings() {
        let text = system_prompt(
            &["look".into()],
            &[hit(EpisodeEnd::Truncated), hit(EpisodeEnd::Success)],
            MemoryFormat::Chat,
        );
        let good = text.find("reached their goal").expect("has successes");
        let bad = text.find("that failed").expect("has failures");
        assert!(good < bad, "successes come first");
        assert!(text.contains(r#"{"role":"assistant","content":"go"}"#));
    }

    /// What is taken out leaves the prompt that would have been made without it.
    #[test]
    fn memories_are_taken_out_as_if_they_had_never_been_there() {
        let templates = ["go to PLACE".to_owned()];
        let named = |name: &str, end| {
            let mut hit = hit(end);
            hit.experience.trajectory.initial_observation = name.to_owned();
            hit
        };
        let hits = [
            named("kitchen", EpisodeEnd::Success),
            named("bedroom", EpisodeEnd::Success),
            named("garden", EpisodeEnd::Failure),
        ];
        for format in MemoryFormat::ALL {
            let whole = system_prompt(&templates, &hits, format);
            assert_eq!(without_memories(&whole), instructions(&templates));
            for index in 0..hits.len() {
                let block = remembered(&hits[index].experience, format);
                let mut others = hits.to_vec();
                others.remove(index);
                let expected = system_prompt(&templates, &others, format);
                assert_eq!(without_memory(&whole, &block), Some(expected));
            }
        }
        assert_eq!(without_memory("You are an agent.", "kitchen"), None);
        assert_eq!(without_memories("You are an agent."), "You are an agent.");
    }
}
