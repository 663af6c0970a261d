//! The laws of an episode that begins in the middle of another one, with scripted worlds, models and
//! banks.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use lore_agent::{MemorySource, Opening, Play, Seat, play_on, run_episode};
use lore_core::testing::{
    HashEmbedder, InMemoryBank, ScriptedModel, ScriptedWorld, experience, task,
};
use lore_core::{
    ActionMode, AgentConfig, EpisodeEnd, GenerateRequest, LeakGuard, Message, RetrievalConfig,
    RetrievalMode, StopToken, Trajectory,
};

const SCRIPT: [(&str, &str); 5] = [
    ("go to desk 1", "You arrive at desk 1."),
    ("take mug 1", "You pick up the mug 1."),
    ("go to sink 1", "You arrive at sink 1."),
    ("clean mug 1", "It is clean."),
    ("go to shelf 1", "Done."),
];

fn world() -> ScriptedWorld {
    ScriptedWorld::new(task("t1"), "You are in a room.", &SCRIPT)
}

/// Walks the script, with a look around after the second step: what it says follows from what it last
/// saw, as with a real model.
fn model() -> ScriptedModel {
    ScriptedModel::answering(|messages: &[Message]| {
        let said = |text: &str| messages.iter().any(|message| message.content == text);
        let seen = messages
            .last()
            .map_or("", |message| message.content.as_str());
        let next = match seen {
            "You are in a room." => 0,
            "You arrive at desk 1." => 1,
            "You pick up the mug 1." => return "look".into(),
            "You arrive at sink 1." => 3,
            "It is clean." => 4,
            _ if said("It is clean.") => 4,
            _ => 2,
        };
        SCRIPT[next].0.to_owned()
    })
}

fn bank() -> InMemoryBank {
    let goals = [
        "do t1 with a mug",
        "clean mug 1 at the sink 1",
        "do nothing",
    ];
    let experiences = goals.map(|goal| experience(goal, EpisodeEnd::Success));
    InMemoryBank::holding(HashEmbedder::default(), experiences).expect("hashing does not fail")
}

/// How a test plays.
#[derive(Clone, Default)]
struct Setting {
    agent: AgentConfig,
    retrieval: Option<RetrievalConfig>,
}

impl Setting {
    fn retrieving(mode: RetrievalMode) -> Self {
        Self {
            retrieval: Some(RetrievalConfig {
                mode,
                ..RetrievalConfig::default()
            }),
            ..Self::default()
        }
    }

    fn source<'a>(&'a self, bank: &'a mut InMemoryBank) -> Option<MemorySource<'a>> {
        let config = self.retrieval.as_ref()?;
        Some(MemorySource {
            retriever: bank,
            config,
            filter: config.filter.clone(),
            guard: LeakGuard::for_task(&task("t1")),
        })
    }

    fn play(&self) -> Play<'_> {
        Play {
            config: &self.agent,
            seed: 11,
            source: "test arm",
            adapter: None,
        }
    }

    /// The whole episode, and what the model was asked.
    fn whole(&self) -> (Trajectory, Vec<GenerateRequest>) {
        let (mut model, mut bank) = (model(), bank());
        let memory = self.source(&mut bank);
        let stop = StopToken::new();
        let played = run_episode(&mut world(), &mut model, memory, &self.play(), &stop);
        (timeless(played.unwrap().unwrap()), model.requests)
    }

    /// The episode played on in `world`, and what the model was asked.
    fn play_on(
        &self,
        world: ScriptedWorld,
        opening: &Opening<'_>,
    ) -> anyhow::Result<(Trajectory, Vec<GenerateRequest>)> {
        let (mut model, mut bank) = (model(), bank());
        let seat = Seat {
            env: Box::new(world),
            memory: self.source(&mut bank),
            play: self.play(),
            script: Vec::new(),
        };
        let mut told = Vec::new();
        let mut watch = |num_steps| told.push(num_steps);
        let played = play_on(seat, opening, &mut model, &mut watch, &StopToken::new())?;
        let played = played.expect("nobody asked to stop");
        let own: Vec<usize> = (opening.num_steps + 1..=played.num_steps()).collect();
        assert_eq!(told, own, "each own step is told");
        Ok((timeless(played), model.requests))
    }
}

/// The opening that changes nothing.
fn unchanged(recorded: &Trajectory, num_steps: usize) -> Opening<'_> {
    Opening {
        recorded,
        num_steps,
        system_prompt: recorded.system_prompt_at(num_steps).unwrap().to_owned(),
        memories: recorded.memories_at(num_steps).to_vec(),
        action: None,
    }
}

/// The record without the time it took.
fn timeless(mut played: Trajectory) -> Trajectory {
    for step in &mut played.steps {
        if let Some(trace) = &mut step.trace {
            trace.millis = 0;
        }
    }
    played
}

/// From every step of the episode, the same prompts with the same seeds lead to the same record.
#[track_caller]
fn check_law(setting: &Setting) {
    let (whole, asked) = setting.whole();
    assert!(whole.num_steps() > 3);
    for num_steps in 0..whole.num_steps() {
        let opening = unchanged(&whole, num_steps);
        let (again, asked_again) = setting.play_on(world(), &opening).unwrap();
        assert_eq!(again, whole, "from step {num_steps}");
        let rest = asked.get(num_steps..).unwrap_or_default();
        assert_eq!(asked_again, rest, "from step {num_steps}");
    }
}

#[test]
fn with_nothing_changed_the_same_follows_from_every_step() {
    check_law(&Setting::default());
    check_law(&Setting::retrieving(RetrievalMode::Static));
    check_law(&Setting::retrieving(RetrievalMode::Dynamic));
}

#[test]
fn it_follows_when_actions_are_chosen_and_loops_are_left() {
    check_law(&Setting {
        agent: AgentConfig {
            action_mode: ActionMode::Choose,
            leaves_loops: true,
            ..AgentConfig::default()
        },
        retrieval: None,
    });
}

#[test]
fn it_follows_when_old_steps_no_longer_fit_into_the_prompt() {
    let setting = Setting {
        agent: AgentConfig {
            max_prompt_tokens: 68,
            ..AgentConfig::default()
        },
        retrieval: None,
    };
    let (whole, _) = setting.whole();
    let last = whole.steps.last().and_then(|step| step.trace.as_ref());
    assert!(last.unwrap().history_start > 0, "the test cuts something");
    check_law(&setting);
}

#[test]
fn what_a_person_chose_is_done_first_and_then_the_agent_decides() {
    let setting = Setting::default();
    let (whole, _) = setting.whole();
    let opening = Opening {
        action: Some("take mug 1".into()),
        ..unchanged(&whole, 2)
    };
    let (branch, asked) = setting.play_on(world(), &opening).unwrap();
    assert_eq!(branch.steps[..2], whole.steps[..2]);
    assert_eq!(branch.steps[2].action, "take mug 1");
    assert_eq!(branch.steps[2].observation, "Nothing happens.");
    assert_eq!(branch.end, EpisodeEnd::Success);
    assert_eq!(asked.len(), branch.num_steps() - 3);
    assert_eq!(branch.id, branch.content_id());
}

#[test]
fn another_memory_block_is_on_record_from_its_step_on() {
    let setting = Setting::retrieving(RetrievalMode::Static);
    let (whole, _) = setting.whole();
    let fixed = Setting::default();
    for num_steps in 0..whole.num_steps() {
        let opening = Opening {
            system_prompt: "Act.".into(),
            memories: Vec::new(),
            ..unchanged(&whole, num_steps)
        };
        let (branch, asked) = fixed.play_on(world(), &opening).unwrap();
        for step in 0..branch.num_steps() {
            let (prompt, memories) = if step < num_steps {
                (whole.system_prompt_at(step), whole.memories_at(step))
            } else {
                (Some("Act."), &[][..])
            };
            assert_eq!(branch.system_prompt_at(step), prompt);
            assert_eq!(branch.memories_at(step), memories);
        }
        for (request, step) in asked.iter().zip(num_steps..) {
            let expected = lore_core::prompt::chat("Act.", &branch, 0, step);
            assert_eq!(request.messages, expected);
        }
    }
}

#[test]
fn a_world_that_answers_otherwise_is_not_played_on_in() {
    let setting = Setting::default();
    let (whole, _) = setting.whole();
    let mut script = SCRIPT;
    script[1].1 = "The mug 1 is hot.";
    let other = ScriptedWorld::new(task("t1"), "You are in a room.", &script);
    let play_on = |world: &ScriptedWorld, num_steps| {
        let opening = unchanged(&whole, num_steps);
        setting.play_on(world.clone(), &opening)
    };
    assert!(play_on(&other, 1).is_ok(), "the difference comes later");
    let error = play_on(&other, 3).unwrap_err().to_string();
    assert!(
        error.contains("step 2") && error.contains("The mug 1 is hot."),
        "{error}"
    );
    let elsewhere = ScriptedWorld::new(task("t1"), "You are in a hall.", &SCRIPT);
    let error = play_on(&elsewhere, 0).unwrap_err().to_string();
    assert!(error.contains("You are in a hall."), "{error}");
    let broken = play_on(&world().breaking_at(2), 3).unwrap_err();
    assert!(broken.to_string().contains("step 2"), "{broken:#}");
}

#[test]
fn a_stop_leaves_nothing() {
    let setting = Setting::default();
    let (whole, _) = setting.whole();
    let seat = Seat {
        env: Box::new(world()),
        memory: None,
        play: setting.play(),
        script: Vec::new(),
    };
    let stop = StopToken::new();
    let mut watch = |_| stop.stop();
    let opening = unchanged(&whole, 1);
    let played = play_on(seat, &opening, &mut model(), &mut watch, &stop);
    assert_eq!(played.unwrap(), None);
}
