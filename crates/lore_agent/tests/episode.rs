//! The laws of an episode, checked with scripted worlds, models and banks.

use lore_agent::{MemorySource, Play, run_episode};
use lore_core::testing::{
    HashEmbedder, InMemoryBank, ScriptedModel, ScriptedWorld, experience, task,
};
use lore_core::{
    ActionMode, AgentConfig, EpisodeEnd, LeakGuard, RetrievalConfig, RetrievalMode, Role,
    StopToken, Trajectory,
};

const SCRIPT: [(&str, &str); 3] = [
    ("go to desk 1", "You arrive at desk 1."),
    ("take mug 1", "You pick up the mug 1."),
    ("go to shelf 1", "Done."),
];

fn world() -> ScriptedWorld {
    ScriptedWorld::new(task("t1"), "You are in a room.", &SCRIPT)
}

fn script_model() -> ScriptedModel {
    ScriptedModel::saying(SCRIPT.map(|(action, _)| action))
}

fn play(
    world: &mut ScriptedWorld,
    model: &mut ScriptedModel,
    memory: Option<MemorySource<'_>>,
    config: &AgentConfig,
) -> Trajectory {
    let play = Play {
        config,
        seed: 1,
        source: "test arm",
        adapter: None,
    };
    run_episode(world, model, memory, &play, &StopToken::new())
        .expect("neither model nor bank fail")
        .expect("nobody asked to stop")
}

fn bank(goals: &[&str]) -> InMemoryBank {
    let experiences = goals
        .iter()
        .map(|goal| experience(goal, EpisodeEnd::Success));
    InMemoryBank::holding(HashEmbedder::default(), experiences).expect("hashing does not fail")
}

fn source<'a>(bank: &'a mut InMemoryBank, config: &'a RetrievalConfig) -> MemorySource<'a> {
    MemorySource {
        retriever: bank,
        config,
        filter: config.filter.clone(),
        guard: LeakGuard::for_task(&task("t1")),
    }
}

#[test]
fn the_script_leads_to_success_and_every_step_has_a_trace() {
    let mut model = ScriptedModel::saying(["> go to desk 1.", "take mug 1", "go to shelf 1\nsure"]);
    let played = play(&mut world(), &mut model, None, &AgentConfig::default());
    assert_eq!(played.end, EpisodeEnd::Success);
    assert_eq!(played.id, played.content_id());
    assert_eq!(played.source, "test arm");
    assert!(played.steps.iter().all(|step| step.trace.is_some()));
    let first = played.steps[0].trace.as_ref().unwrap();
    assert_eq!(first.raw.as_deref(), Some("> go to desk 1."));
    assert!(first.prompt_tokens > 0);
    assert_eq!(
        played.steps[2].trace.as_ref().unwrap().raw,
        None,
        "the stop text cut the rest"
    );
    assert_eq!(played.steps[0].admissible, ["look", "go to desk 1"]);
}

#[test]
fn the_recorded_prompt_is_the_prompt_that_was_sent() {
    let mut model = script_model();
    let mut bank = bank(&["do t1 with a mug", "do t1 twice"]);
    let config = RetrievalConfig::default();
    let memory = source(&mut bank, &config);
    let played = play(
        &mut world(),
        &mut model,
        Some(memory),
        &AgentConfig::default(),
    );
    let trace = played.trace.as_ref().unwrap();
    assert_eq!(trace.memories.len(), 2);
    for (step, request) in model.requests.iter().enumerate() {
        let expected = lore_core::prompt::chat(&trace.system_prompt, &played, 0, step);
        assert_eq!(request.messages, expected);
    }
}

#[test]
fn the_last_step_allowed_truncates() {
    let mut model = ScriptedModel::saying(["wait"]);
    let config = AgentConfig {
        max_steps: 2,
        ..AgentConfig::default()
    };
    let played = play(&mut world(), &mut model, None, &config);
    assert_eq!(played.end, EpisodeEnd::Truncated);
    assert_eq!(played.num_steps(), 2);
}

#[test]
fn a_broken_world_ends_the_episode_and_keeps_what_was_played() {
    let mut world = world().breaking_at(2);
    let played = play(
        &mut world,
        &mut script_model(),
        None,
        &AgentConfig::default(),
    );
    assert_eq!(played.end, EpisodeEnd::EnvironmentError);
    assert_eq!(played.num_steps(), 2);
    assert!(played.steps[1].observation.contains("The world failed"));
}

#[test]
fn a_model_error_is_returned() {
    let mut model = script_model().with_context_length(3);
    let config = AgentConfig::default();
    let play = Play {
        config: &config,
        seed: 1,
        source: "test",
        adapter: None,
    };
    let error = run_episode(&mut world(), &mut model, None, &play, &StopToken::new());
    assert!(error.is_err());
}

#[test]
fn a_stop_leaves_no_half_episode() {
    let stop = StopToken::new();
    stop.stop();
    let config = AgentConfig::default();
    let play = Play {
        config: &config,
        seed: 1,
        source: "test",
        adapter: None,
    };
    let played = run_episode(&mut world(), &mut script_model(), None, &play, &stop);
    assert_eq!(played.unwrap(), None);
}

#[test]
fn the_budget_drops_the_worst_memory_first() {
    let goals = [
        "do t1",
        "do t1 far away from here",
        "something else entirely",
    ];
    let mut unlimited = bank(&goals);
    let mut config = RetrievalConfig {
        k: 3,
        ..RetrievalConfig::default()
    };
    let memory = source(&mut unlimited, &config);
    let all = play(
        &mut world(),
        &mut script_model(),
        Some(memory),
        &AgentConfig::default(),
    );
    let all = all.trace.unwrap().memories;
    assert_eq!(all.len(), 3);

    config.token_budget = (all[0].num_tokens + all[1].num_tokens) as usize;
    let mut limited = bank(&goals);
    let memory = source(&mut limited, &config);
    let kept = play(
        &mut world(),
        &mut script_model(),
        Some(memory),
        &AgentConfig::default(),
    );
    assert_eq!(kept.trace.unwrap().memories, all[..2]);
}

#[test]
fn memories_that_leave_no_room_for_the_episode_are_dropped() {
    let mut bank = bank(&["do t1", "do t1 again"]);
    let config = RetrievalConfig::default();
    let agent = AgentConfig {
        max_prompt_tokens: 60,
        ..AgentConfig::default()
    };
    let memory = source(&mut bank, &config);
    let played = play(&mut world(), &mut script_model(), Some(memory), &agent);
    assert!(played.trace.unwrap().memories.len() < 2);
}

#[test]
fn dynamic_retrieval_asks_again_and_records_the_new_block() {
    let mut bank = bank(&[
        "go to desk 1",
        "pick up the mug 1 and pick up the mug 1",
        "do t1",
    ]);
    let config = RetrievalConfig {
        k: 1,
        mode: RetrievalMode::Dynamic,
        ..RetrievalConfig::default()
    };
    let mut model = script_model();
    let memory = source(&mut bank, &config);
    let played = play(
        &mut world(),
        &mut model,
        Some(memory),
        &AgentConfig::default(),
    );
    let mut in_force = played.trace.as_ref().unwrap().system_prompt.clone();
    let mut num_changes = 0;
    for (step, request) in played.steps.iter().zip(&model.requests) {
        if let Some(memory) = &step.trace.as_ref().unwrap().memory {
            num_changes += 1;
            in_force.clone_from(&memory.system_prompt);
        }
        assert_eq!(request.messages[0].content, in_force);
    }
    assert!(
        num_changes > 0,
        "the best memory changes with what happened"
    );
}

#[test]
fn an_episode_of_the_same_game_is_never_shown() {
    let mut twin = experience("do t1", EpisodeEnd::Success);
    twin.trajectory.task.id = task("t1").id;
    let mut bank = InMemoryBank::holding(HashEmbedder::default(), [twin]).unwrap();
    let config = RetrievalConfig::default();
    let memory = source(&mut bank, &config);
    let played = play(
        &mut world(),
        &mut script_model(),
        Some(memory),
        &AgentConfig::default(),
    );
    assert!(played.trace.unwrap().memories.is_empty());
}

#[test]
fn old_steps_leave_the_prompt_when_it_grows_too_long() {
    let mut model = ScriptedModel::saying(["wait for something to happen in this quiet room"]);
    let config = AgentConfig {
        max_steps: 20,
        max_prompt_tokens: 100,
        ..AgentConfig::default()
    };
    let played = play(&mut world(), &mut model, None, &config);
    let starts: Vec<u32> = played
        .steps
        .iter()
        .map(|step| step.trace.as_ref().unwrap().history_start)
        .collect();
    assert!(starts.is_sorted(), "history never comes back: {starts:?}");
    assert!(starts[19] > 0);
    for (step, request) in model.requests.iter().enumerate() {
        let trace = played.steps[step].trace.as_ref().unwrap();
        assert!(trace.prompt_tokens <= 100);
        let system = &played.trace.as_ref().unwrap().system_prompt;
        let start = trace.history_start as usize;
        assert_eq!(
            request.messages,
            lore_core::prompt::chat(system, &played, start, step)
        );
        assert_eq!(request.messages[1].role, Role::User);
    }
}

#[test]
fn choosing_takes_the_likeliest_admissible_action() {
    let config = AgentConfig {
        action_mode: ActionMode::Choose,
        ..AgentConfig::default()
    };
    let played = play(&mut world(), &mut script_model(), None, &config);
    assert_eq!(played.end, EpisodeEnd::Success);
    assert_eq!(played.steps[0].trace.as_ref().unwrap().scored.len(), 2);
}

#[test]
fn a_model_that_cannot_rate_writes_and_is_understood() {
    let config = AgentConfig {
        action_mode: ActionMode::Choose,
        ..AgentConfig::default()
    };
    let written = ["Go to  Desk 1.", "take mug 1", "> go to shelf 1"];
    let mut model = ScriptedModel::saying(written).that_only_writes();
    let played = play(&mut world(), &mut model, None, &config);
    assert_eq!(played.end, EpisodeEnd::Success);
    let first = &played.steps[0];
    assert_eq!(first.action, "go to desk 1");
    let trace = first.trace.as_ref().unwrap();
    assert!(trace.scored.is_empty());
    assert!(trace.raw.is_some(), "what it wrote is on record");
}

#[test]
fn an_agent_that_rates_no_more_than_it_needs_plays_the_same() {
    let actions = |rates_all| {
        let config = AgentConfig {
            action_mode: ActionMode::Choose,
            rates_all,
            ..AgentConfig::default()
        };
        let played = play(&mut world(), &mut script_model(), None, &config);
        let has_rated = played
            .steps
            .iter()
            .any(|step| !step.trace.as_ref().unwrap().scored.is_empty());
        assert_eq!(has_rated, rates_all);
        let actions = played.steps.into_iter().map(|step| step.action);
        actions.collect::<Vec<_>>()
    };
    assert_eq!(actions(true), actions(false));
}
