//! Games: an official file, or a problem as our own data sets hold it, and the first moves in it.
#![no_main]

use lore_core::Environment as _;
use lore_env::alfworld::{Alfworld, GameRecord};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let official = GameRecord::from_tw_pddl(text, "train/pick_and_place_simple-Mug-None-Desk-1/t");
    let own = || GameRecord::from_json(text);
    let bare = || GameRecord {
        id: "g".into(),
        pddl_problem: text.to_owned(),
        ..GameRecord::default()
    };
    let record = official.or_else(|_| own()).unwrap_or_else(|_| bare());
    let Ok(mut game) = Alfworld::load(&record) else {
        return;
    };
    if game.reset().is_ok() {
        for _ in 0..4 {
            let Some(action) = game.admissible_actions().pop() else {
                return;
            };
            game.step(&action).ok();
        }
    }
});
