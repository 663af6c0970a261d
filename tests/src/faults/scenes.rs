//! What the driver does in a trial: small, quick pieces of real work.

mod desk;
mod processes;
mod work;

use super::scene::{Host, Word, say};

/// A scene.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene {
    /// Its name.
    pub(super) name: &'static str,
    play: fn(&Host),
    /// True when it needs the real worker.
    pub(super) needs_worker: bool,
    /// True when it needs the starter models.
    pub(super) needs_models: bool,
    /// Trials of it among a hundred.
    pub(super) share: usize,
}

/// Every scene, in the order in which one makes what the next one needs.
pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "desk",
        play: desk::play,
        needs_worker: false,
        needs_models: false,
        share: 62,
    },
    Scene {
        name: "import",
        play: work::import,
        needs_worker: true,
        needs_models: false,
        share: 24,
    },
    Scene {
        name: "collect",
        play: work::collect,
        needs_worker: true,
        needs_models: false,
        share: 5,
    },
    Scene {
        name: "build bank",
        play: work::build_bank,
        needs_worker: true,
        needs_models: true,
        share: 4,
    },
    Scene {
        name: "train",
        play: work::train,
        needs_worker: true,
        needs_models: true,
        share: 3,
    },
    Scene {
        name: "export",
        play: work::export,
        needs_worker: true,
        needs_models: true,
        share: 2,
    },
];

/// A scene whose trials are told from outside when to go on.
const fn told(name: &'static str, needs_worker: bool, play: fn(&Host)) -> Scene {
    Scene {
        name,
        play,
        needs_worker,
        needs_models: false,
        share: 0,
    }
}

/// A job whose worker is killed.
pub(super) const KILLED_WORKER: Scene = told("killed worker", false, processes::killed_worker);
/// A job whose worker does not react when it is to stop.
pub(super) const STUCK_WORKER: Scene = told("stuck worker", false, processes::stuck_worker);
/// The application closes while a worker does not react.
pub(super) const CLOSING: Scene = told("closing", false, processes::closing);
/// A worker that does not listen, with a process of its own.
pub(super) const DEAF_WORKER: Scene = told("deaf worker", false, processes::deaf_worker);
/// An environment server is tried.
pub(super) const SERVER: Scene = told("server", true, processes::server);

/// Plays the scene called `name`.
///
/// # Panics
/// When there is none.
pub fn play(host: &Host, name: &str) {
    let others = [KILLED_WORKER, STUCK_WORKER, CLOSING, DEAF_WORKER, SERVER];
    let mut scenes = SCENES.iter().chain(&others);
    let scene = scenes.find(|scene| scene.name == name);
    let scene = scene.unwrap_or_else(|| panic!("there is no scene {name:?}"));
    (scene.play)(host);
    say(&Word::End);
}
