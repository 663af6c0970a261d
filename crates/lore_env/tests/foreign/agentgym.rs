//! `AgentGym` servers, with the words of a recorded one.

use std::time::{Duration, Instant};

use lore_core::{EpisodeEnd, ServerProtocol, Split};
use lore_env::{ServerWorld, World as _};
use serde_json::json;

use crate::fake::{Answer, FakeHttp, json as answer, spec};

const GOAL: &str = "Your task is to boil water.";

/// Answers as the recorded server did; `step` answers steps.
fn server(step: impl Fn(&str) -> Answer + Send + Sync + 'static) -> FakeHttp {
    FakeHttp::start(move |path, body| match path {
        "/" => answer(&json!("This is environment ScienceWorld.")),
        "/create" => answer(&json!({"id": 0})),
        "/reset" => answer(&json!({
            "task_name": "boil", "var_num": 0, "task_description": GOAL,
            "observation": "This room is called the hallway.", "reward": 0, "score": 0,
            "deleted": false, "done": false,
        })),
        "/step" => step(body["action"].as_str().expect("actions are texts")),
        "/close" => answer(&json!(true)),
        other => panic!("{other} was not expected"),
    })
}

#[test]
fn an_episode_is_played_as_recorded() {
    let server = server(|action| match action {
        "open door to kitchen" => answer(&json!({
            "observation": "The door is now open.", "reward": 0, "score": 0, "done": false,
        })),
        "boil water" => answer(&json!({
            "observation": "It boils.", "reward": 100, "score": 100, "done": true,
        })),
        _ => answer(&json!({
            "observation": "No known action matches that input.", "reward": 0, "score": 0,
            "done": false,
        })),
    });
    let mut spec = spec(ServerProtocol::AgentGym, &server.address);
    spec.success_reward = 100.0;
    let world = ServerWorld::connect(&spec).unwrap();
    let splits: Vec<Split> = world.tasks().iter().map(|task| task.split).collect();
    assert_eq!(splits[2..4], [Split::Train, Split::Test]);
    assert_eq!(world.tasks()[3].id.as_str(), "test world/task/3");

    let mut game = world.open(&world.tasks()[3].id).unwrap();
    let first = game.reset().unwrap();
    assert_eq!(first, format!("{GOAL}\nThis room is called the hallway."));
    assert_eq!(game.task().goal, GOAL);
    let outcome = game.step("dance").unwrap();
    assert_eq!(outcome.observation, "No known action matches that input.");
    assert_eq!(game.step("open door to kitchen").unwrap().end, None);
    let outcome = game.step("boil water").unwrap();
    assert_eq!(
        (outcome.reward, outcome.end),
        (100.0, Some(EpisodeEnd::Success))
    );
    drop(game);
    let asked = server.asked.lock().unwrap();
    let reset = asked
        .iter()
        .find(|line| line.starts_with("/reset"))
        .unwrap();
    assert!(
        reset.contains(r#""data_idx":3"#) && reset.contains(r#""id":0"#),
        "{reset}"
    );
    let last = asked.last().unwrap();
    assert!(
        last.starts_with("/close"),
        "the environment is given back: {last}"
    );
}

#[test]
fn servers_that_name_things_differently_are_understood() {
    let server = FakeHttp::start(|path, _| match path {
        "/create" => answer(&json!(7)),
        "/reset" => answer(&json!("A shop.")),
        "/step" => answer(&json!({"state": "Bought.", "reward": 1.0, "done": true})),
        _ => answer(&json!("ok")),
    });
    let spec = spec(ServerProtocol::AgentGym, &server.address);
    let world = ServerWorld::connect(&spec).unwrap();
    let mut game = world.open(&world.tasks()[0].id).unwrap();
    assert_eq!(game.reset().unwrap(), "A shop.");
    let outcome = game.step("buy now").unwrap();
    assert_eq!(outcome.observation, "Bought.");
    assert_eq!(outcome.end, Some(EpisodeEnd::Success));
    let asked = server.asked.lock().unwrap();
    assert!(
        asked.iter().any(|line| line.contains(r#""env_idx":7"#)),
        "{asked:?}"
    );
}

/// What a server answers to a request.
type Behaviour = fn(&str) -> Answer;

#[test]
fn what_a_server_does_wrong_is_an_error_with_its_cause_and_in_time() {
    let failures: [(Behaviour, &str); 6] = [
        (|_| Answer::Silence, "cannot be reached or broke off"),
        (|_| Answer::BreakOff, "cannot be reached or broke off"),
        (|_| Answer::Text(500, "oops".into()), "500"),
        (|_| Answer::Text(200, "<html>".into()), "no JSON"),
        (
            |_| answer(&json!({"error": "The id 9 is not valid."})),
            "The id 9 is not valid.",
        ),
        (|_| answer(&json!({"reward": 1})), "not understood"),
    ];
    for (step, expected) in failures {
        let server = server(step);
        let spec = spec(ServerProtocol::AgentGym, &server.address);
        let world = ServerWorld::connect(&spec).unwrap();
        let mut game = world.open(&world.tasks()[0].id).unwrap();
        game.reset().unwrap();
        let began = Instant::now();
        let error = format!("{:#}", game.step("look").unwrap_err());
        assert!(error.contains(expected), "{error}");
        assert!(
            began.elapsed() < Duration::from_secs(8),
            "{expected} took too long"
        );
    }
}

#[test]
fn a_server_that_is_not_there_is_told_in_one_sentence() {
    for protocol in ServerProtocol::ALL {
        let spec = spec(protocol, "http://127.0.0.1:9");
        let error = ServerWorld::connect(&spec)
            .err()
            .expect("nobody listens there");
        assert!(error.to_string().contains("Check the address"), "{error}");
    }
}
