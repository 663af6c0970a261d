//! Several episodes at once, with scripted worlds and a scripted model.

use lore_agent::{Play, Played, Seat, decided, run_episode, run_episodes};
use lore_core::testing::{ScriptedModel, ScriptedWorld, task, trajectory};
use lore_core::{AgentConfig, EpisodeEnd, Message, StopToken, Trajectory};

/// Worlds whose scripts are of different lengths.
fn worlds() -> Vec<ScriptedWorld> {
    let steps = [("look", "a desk"), ("take mug", "taken"), ("go", "there")];
    (0..7)
        .map(|number| {
            let script = &steps[..=number % steps.len()];
            ScriptedWorld::new(task(&format!("t{number}")), "a room", script)
                .ending_with(EpisodeEnd::Success)
        })
        .collect()
}

/// Follows the script by the number of steps so far.
fn model() -> ScriptedModel {
    ScriptedModel::answering(|messages: &[Message]| {
        ["look", "take mug", "go"][(messages.len() - 2) / 2 % 3].to_owned()
    })
}

fn play(config: &AgentConfig) -> Play<'_> {
    Play {
        config,
        seed: 3,
        source: "test",
        adapter: None,
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

#[test]
fn episodes_side_by_side_equal_each_alone() {
    let config = AgentConfig::default();
    let mut expected = Vec::new();
    for mut world in worlds() {
        let stop = StopToken::new();
        let played = run_episode(&mut world, &mut model(), None, &play(&config), &stop);
        expected.push(timeless(played.unwrap().unwrap()));
    }
    for num_seats in [1, 3, 20] {
        let mut waiting = worlds().into_iter();
        let mut ended = Vec::new();
        let finished = run_episodes(
            &mut || {
                Ok(waiting.next().map(|world| Seat {
                    env: Box::new(world),
                    memory: None,
                    play: play(&config),
                    script: Vec::new(),
                }))
            },
            num_seats,
            &mut model(),
            &mut |played| {
                if let Played::Episode(trajectory) = played {
                    ended.push(timeless(*trajectory));
                }
                Ok(())
            },
            &StopToken::new(),
        );
        assert!(finished.unwrap(), "nobody asked for a stop");
        ended.sort_by(|a, b| a.task.id.cmp(&b.task.id));
        assert_eq!(ended, expected, "{num_seats} seats");
    }
}

#[test]
fn a_stop_leaves_what_has_not_ended() {
    let config = AgentConfig::default();
    let stop = StopToken::new();
    let mut waiting = worlds().into_iter();
    let mut num_ended = 0;
    let finished = run_episodes(
        &mut || {
            Ok(waiting.next().map(|world| Seat {
                env: Box::new(world),
                memory: None,
                play: play(&config),
                script: Vec::new(),
            }))
        },
        2,
        &mut model(),
        &mut |played| {
            if matches!(played, Played::Episode(_)) {
                num_ended += 1;
                stop.stop();
            }
            Ok(())
        },
        &stop,
    );
    assert!(!finished.unwrap(), "five were never begun");
    assert_eq!(num_ended, 1);
}

/// The model is shown what was done, not what it would rather have done.
#[test]
fn an_agent_that_is_led_along_a_record_changes_nothing_and_says_what_it_would_do() {
    let steps = [
        ("look", "a desk"),
        ("open drawer", "a pen"),
        ("take pen", "taken"),
    ];
    let mut recorded = trajectory(task("t"), &steps, EpisodeEnd::Success);
    recorded.steps[1].admissible = vec!["open drawer".into(), "go".into()];
    recorded.source = "a file".into();
    recorded.id = recorded.content_id();
    let config = AgentConfig::default();
    let play = Play {
        source: "a file",
        ..play(&config)
    };
    let mut model = ScriptedModel::saying(["look", "> Go.", "take pen"]);
    let mut seat = Some(Seat::along(
        recorded.clone(),
        vec!["look".into()],
        None,
        play,
    ));
    let mut led = Vec::new();
    let finished = run_episodes(
        &mut || Ok(seat.take()),
        4,
        &mut model,
        &mut |played| {
            if let Played::Episode(trajectory) = played {
                led.push(*trajectory);
            }
            Ok(())
        },
        &StopToken::new(),
    );
    assert!(finished.unwrap(), "the record was led to its end");
    let led = led.pop().expect("one episode");
    assert_eq!((&led.id, led.end), (&recorded.id, recorded.end));
    let actions: Vec<_> = led.steps.iter().map(decided).collect();
    assert_eq!(actions, ["look", "Go", "take pen"]);
    let done = |step: &lore_core::Step| (step.action.clone(), step.admissible.clone());
    let (was, is): (Vec<_>, Vec<_>) = recorded.steps.iter().zip(&led.steps).unzip();
    assert!(was.into_iter().map(done).eq(is.into_iter().map(done)));
    let last = model.requests.last().expect("it was asked three times");
    let shown: Vec<_> = last
        .messages
        .iter()
        .map(|message| &*message.content)
        .collect();
    assert!(shown[0].ends_with("- look"), "{}", shown[0]);
    assert_eq!(shown[2..], ["look", "a desk", "open drawer", "a pen"]);
}
