//! The real JAR, where there is one.

use lore_core::{EpisodeEnd, JavaWorld};

use super::*;
use crate::java_world::testing::real;

#[test]
fn every_game_is_won_by_its_gold_path() {
    let Some((_folder, launch)) = real(JavaWorld::TextWorldExpress) else {
        return;
    };
    let world = TextWorldExpress::new(launch);
    for game in TEXTWORLD_EXPRESS_TYPES {
        for id in [format!("{game}/train/0"), format!("{game}/test/20001")] {
            let trajectory = world.demonstrate(&TaskId(id.clone()), 1).unwrap();
            assert_eq!(trajectory.end, EpisodeEnd::Success, "{id}");
            assert!(!trajectory.task.goal.contains("seed"), "{id}");
            let first = &trajectory.steps[0];
            assert!(!first.admissible.is_empty(), "{id}");
        }
    }
}

#[test]
fn the_same_actions_lead_to_the_same_words() {
    let Some((_folder, launch)) = real(JavaWorld::TextWorldExpress) else {
        return;
    };
    let world = TextWorldExpress::new(launch);
    let id = TaskId::from("twc/dev/10003");
    let first = world.demonstrate(&id, 1).unwrap();
    world.demonstrate(&"coin/train/5".into(), 1).unwrap();
    let actions: Vec<String> = first.steps.iter().map(|step| step.action.clone()).collect();
    let again = replay(&mut world.game(&id).unwrap(), &actions);
    assert_eq!(again, first);
}
