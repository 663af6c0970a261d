//! A real `OpenEnv` server, started on loopback.
//!
//! `LOREKEEPER_TEST_OPENENV` names a Python that has the package `openenv` 0.10.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lore_core::ServerProtocol;
use lore_env::{ServerWorld, World as _};

use crate::fake::spec;

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn start(python: &Path) -> (Server, String) {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("it listens").port()
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/openenv_server.py");
    let child = Command::new(python)
        .arg(script)
        .arg(port.to_string())
        .stdout(Stdio::null())
        .spawn()
        .expect("the Python of LOREKEEPER_TEST_OPENENV runs");
    (Server(child), format!("http://127.0.0.1:{port}"))
}

#[test]
fn a_real_server_is_played_to_the_end() {
    let Some(python) = std::env::var_os("LOREKEEPER_TEST_OPENENV") else {
        eprintln!("skipped: LOREKEEPER_TEST_OPENENV names no Python with openenv");
        return;
    };
    let (_server, address) = start(Path::new(&python));
    let mut spec = spec(ServerProtocol::OpenEnv, &address);
    spec.timeout_secs = 20;
    let began = Instant::now();
    let world = loop {
        match ServerWorld::connect(&spec) {
            Ok(world) => break world,
            Err(error) if began.elapsed() > Duration::from_mins(2) => panic!("{error:#}"),
            Err(_) => std::thread::sleep(Duration::from_millis(500)),
        }
    };
    assert_eq!(world.tasks().len(), 5, "the server's own tasks");
    for task in world.tasks() {
        let mut game = world.open(&task.id).unwrap();
        let first = game.reset().unwrap();
        let words = task
            .id
            .as_str()
            .replace("test world/", "")
            .replace('/', " ");
        assert_eq!(first, format!("Say three words of {words}."));
        assert!(
            game.step("{\"message\": 5, \"wrong\": 1}")
                .unwrap()
                .observation
                .contains("Invalid")
        );
        assert_eq!(game.step("one").unwrap().observation, "one");
        assert_eq!(game.step("two").unwrap().end, None);
        let last = game.step("three").unwrap();
        assert_eq!(last.end, Some(lore_core::EpisodeEnd::Success));
    }
}
