//! The real JAR, where there is one.

use std::process::Command;
use std::time::Duration;

use lore_core::{Environment as _, EpisodeEnd, JavaWorld, Split, TaskId};

use super::catalogue::{self, KINDS};
use super::*;
use crate::java_world::testing::real;
use crate::jvm::{Argument, JavaGame, Object, Session};

fn world() -> Option<(tempfile::TempDir, ScienceWorld)> {
    let (folder, launch) = real(JavaWorld::ScienceWorld)?;
    Some((folder, ScienceWorld::new(launch, false)))
}

/// Asks the JAR about itself.
struct Question;

impl JavaGame for Question {
    const CLASS: &'static str = "scienceworld.runtime.pythonapi.PythonInterface";
    type Reply = ();

    fn begin(&self, _object: &mut Object) -> Result<()> {
        Ok(())
    }

    fn act(&self, _object: &mut Object, _action: &str) -> Result<()> {
        Ok(())
    }
}

#[test]
fn the_catalogue_is_the_jar_s() {
    let Some((_folder, world)) = world() else {
        return;
    };
    let mut session = Session::new(Arc::clone(&world.gateway), Question);
    let names = session.ask(|object| object.texts("getTaskNames")).unwrap();
    assert_eq!(names, KINDS.map(|kind| kind.name));
    for kind in KINDS {
        let (train, dev, test) = session
            .ask(|object| {
                for (easy, simplification) in [(false, ""), (true, "easy")] {
                    let arguments = [
                        Argument::Text(kind.name),
                        Argument::Int(0),
                        Argument::Text(simplification),
                        Argument::Bool(false),
                    ];
                    object.call("load", &arguments)?;
                    let mut templates = object.texts("getPossibleActions")?;
                    // Agents are not offered to begin anew.
                    templates.retain(|template| template != "reset task");
                    templates.sort_unstable();
                    assert_eq!(
                        templates,
                        catalogue::templates(kind.name, easy),
                        "{}",
                        kind.name
                    );
                }
                let mut count = |method| -> Result<i64> {
                    let list = object.call(method, &[])?.reference()?;
                    object.size_of(&list)
                };
                Ok((
                    count("getVariationsTrain")?,
                    count("getVariationsDev")?,
                    count("getVariationsTest")?,
                ))
            })
            .unwrap();
        let ours = |split| {
            (0..kind.num_variations)
                .filter(|variation| kind.split(*variation) == split)
                .count() as i64
        };
        let counts = [Split::Train, Split::Validation, Split::Test].map(ours);
        assert_eq!([train, dev, test], counts, "{}", kind.name);
    }
}

/// The words of an episode, its score included.
fn play(game: &mut ScienceGame, actions: &[&str]) -> Vec<String> {
    let mut words = vec![game.reset().unwrap()];
    for action in actions {
        let outcome = game.step(action).unwrap();
        words.push(format!(
            "{} {} {:?}",
            outcome.observation, outcome.reward, outcome.end
        ));
    }
    words
}

const ACTIONS: [&str; 6] = [
    "open door to hallway",
    "go to hallway",
    "look around",
    "open door to kitchen",
    "inventory",
    "dance",
];

fn ids() -> [TaskId; 3] {
    ["boil/0", "find-plant/2", "use-thermometer/1"].map(TaskId::from)
}

#[test]
fn three_interleaved_episodes_equal_three_alone() {
    let Some((_folder, world)) = world() else {
        return;
    };
    let alone = ids().map(|id| play(&mut world.game(&id).unwrap(), &ACTIONS));
    let mut games = ids().map(|id| world.game(&id).unwrap());
    let mut together = games.each_mut().map(|game| vec![game.reset().unwrap()]);
    for action in ACTIONS {
        for (game, words) in games.iter_mut().zip(&mut together) {
            let outcome = game.step(action).unwrap();
            words.push(format!(
                "{} {} {:?}",
                outcome.observation, outcome.reward, outcome.end
            ));
        }
    }
    assert_eq!(together, alone);
}

#[test]
fn a_killed_jvm_harms_only_the_episode_that_was_asking() {
    let Some((_folder, world)) = world() else {
        return;
    };
    let alone = ids().map(|id| play(&mut world.game(&id).unwrap(), &ACTIONS));
    let mut games = ids().map(|id| world.game(&id).unwrap());
    let mut together = games.each_mut().map(|game| vec![game.reset().unwrap()]);
    for (round, action) in ACTIONS.iter().enumerate() {
        for (index, (game, words)) in games.iter_mut().zip(&mut together).enumerate() {
            if round == 3 && index == 1 {
                kill_while_busy(&world, game);
            } else if round < 3 || index != 1 {
                let outcome = game.step(action).unwrap();
                words.push(format!(
                    "{} {} {:?}",
                    outcome.observation, outcome.reward, outcome.end
                ));
            }
        }
    }
    assert_eq!((&together[0], &together[2]), (&alone[0], &alone[2]));
    let error = format!("{:#}", games[1].step("look around").unwrap_err());
    assert!(error.contains("the world failed in it"), "{error}");
    assert_eq!(
        play(&mut games[1], &ACTIONS),
        alone[1],
        "the next episode is a fresh one"
    );
}

/// Kills the JVM in the middle of an action, from outside. Should the blow fall between two actions,
/// the episode goes on in the next JVM, and it falls again.
fn kill_while_busy(world: &ScienceWorld, game: &mut ScienceGame) {
    loop {
        let process = world.process_id();
        let id = process.unwrap().to_string();
        let killer = std::thread::Builder::new()
            .name("killer".into())
            .spawn(move || {
                std::thread::sleep(Duration::from_millis(150));
                Command::new("kill").args(["-9", &id]).status().unwrap();
            })
            .expect("a thread");
        while world.process_id() == process {
            if let Err(error) = game.step("wait1") {
                let error = format!("{error:#}");
                assert!(error.contains("the Java world"), "{error}");
                killer.join().unwrap();
                return;
            }
        }
        killer.join().unwrap();
    }
}

#[test]
fn gold_paths_are_replayed_and_judged_by_the_score() {
    let Some((_folder, world)) = world() else {
        return;
    };
    let trajectory = world.demonstrate(&"find-plant/0".into(), 1).unwrap();
    assert_eq!(trajectory.end, EpisodeEnd::Success);
    assert!(trajectory.task.goal.starts_with("Your task is to find"));
    assert!(
        trajectory
            .initial_observation
            .starts_with(&trajectory.task.goal)
    );
    let total: f64 = trajectory.steps.iter().map(|step| step.reward).sum();
    assert!((total - 100.0).abs() < 1e-9, "{total}");
}

#[test]
fn suggestions_are_actions_that_the_world_understands() {
    let Some((_folder, world)) = world() else {
        return;
    };
    let mut game = world.game(&"boil/0".into()).unwrap();
    game.reset().unwrap();
    let actions = game.suggest_actions().unwrap();
    assert!(actions.len() > 100 && actions.contains(&"look around".to_owned()));
    let outcome = game.step("open door to kitchen").unwrap();
    assert_eq!(outcome.observation, "The door is now open.");
}

#[test]
fn a_world_without_java_says_so_in_one_sentence() {
    let launch = crate::Launch::new("/nowhere/scienceworld.jar".into(), None);
    let world = ScienceWorld::new(launch, true);
    let mut game = world.game(&"boil/0".into()).unwrap();
    let error = game.reset().unwrap_err().to_string();
    assert!(error.contains("Java"), "{error}");
}
