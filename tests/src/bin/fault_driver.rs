//! The application without a window, playing a scene of the fault harness, or looking at what is left.
//!
//! `fault_driver SCENE|look --data DIR --worker PROGRAM [--models DIR]`

use std::io::{Write as _, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use lore_app::{AppConfig, Keychain};
use lore_tests::faults::{Host, look, play};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let scene = args.next().expect("a scene");
    let (mut data, mut worker, mut models) = (None, None, None);
    while let Some(name) = args.next() {
        let value = PathBuf::from(args.next().expect("a value"));
        match &*name {
            "--data" => data = Some(value),
            "--worker" => worker = Some(value),
            "--models" => models = Some(value),
            _ => panic!("{name} is not understood"),
        }
    }
    let config = AppConfig {
        data_dir: data.expect("a data folder"),
        worker: worker.expect("a worker"),
        bundled_models: models,
        code_version: "test".into(),
        keychain: Keychain::Memory,
        home: None,
        warnings: Vec::new(),
    };
    // Why it did not open has been said.
    let Some(host) = Host::open(config) else {
        return ExitCode::SUCCESS;
    };
    if scene == "look" {
        let seen = serde_json::to_string(&look(&host)).expect("is JSON");
        writeln!(stdout(), "{seen}").expect("somebody listens");
    } else {
        play(&host, &scene);
    }
    ExitCode::SUCCESS
}
