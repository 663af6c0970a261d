//! What an environment server answers, one reply a line; over a real connection.
#![no_main]

use std::sync::OnceLock;

use lore_core::{ServerProtocol, ServerSpec};
use lore_env::{ServerWorld, World as _};
use lore_fuzz::Server;

static SERVER: OnceLock<Server> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, replies)) = bytes.split_first() else {
        return;
    };
    let server = SERVER.get_or_init(Server::start);
    server.answer_with(replies.split(|byte| *byte == b'\n'));
    let spec = ServerSpec {
        name: "s".into(),
        protocol: ServerProtocol::ALL[usize::from(first % 2)],
        address: server.address.clone(),
        num_train: 1,
        num_test: 1,
        timeout_secs: 1,
        ..ServerSpec::default()
    };
    let Ok(world) = ServerWorld::connect(&spec) else {
        return;
    };
    let Some(task) = world.tasks().first() else {
        return;
    };
    if let Ok(mut game) = world.open(&task.id)
        && game.reset().is_ok()
    {
        game.admissible_actions();
        game.step("look").ok();
    }
});
