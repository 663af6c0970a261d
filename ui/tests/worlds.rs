//! Worlds: installing, connecting, playing.

mod common;

use std::path::Path;

use common::Window;
use egui::Key;
use lore_core::JavaWorld;
use lore_protocol::{ApiError, JavaSource, Request, ShellRequest, WorldRequest};
use lore_ui::backend::{Sample, ScriptedBackend};
use lore_ui::{PageId, Route};

fn open(sample: Sample) -> Window {
    Window::open(sample, PageId::Worlds.route())
}

fn was_asked(window: &Window, wanted: impl Fn(&WorldRequest) -> bool) -> bool {
    window
        .core
        .was_sent(|request| matches!(request, Request::World(request) if wanted(request)))
}

#[test]
fn a_task_is_begun_with_one_click() {
    let mut window = open(Sample::busy());
    window.click("Heat some egg and put it in diningtable");
    assert!(was_asked(&window, |request| matches!(
        request,
        WorldRequest::Begin { task, .. } if task.as_str() == "heat-2"
    )));
}

#[test]
fn a_world_that_is_missing_is_installed_with_one_click() {
    let mut window = open(Sample::busy());
    window.click("TextWorld-Express");
    window.click("Install TextWorld-Express");
    let world = JavaWorld::TextWorldExpress;
    let source = JavaSource::Package { world };
    assert!(was_asked(&window, |request| *request
        == WorldRequest::Install {
            source: source.clone()
        }));
}

#[test]
fn a_wheel_that_was_picked_is_installed() {
    let mut sample = Sample::busy();
    sample.picked = Some("/home/ada/scienceworld.whl".into());
    let mut window = open(sample);
    window.click("A wheel or a JAR…");
    assert!(
        window
            .core
            .was_sent(|request| matches!(request, Request::Shell(ShellRequest::Pick { .. })))
    );
    assert!(was_asked(&window, |request| matches!(
        request,
        WorldRequest::Install { source: JavaSource::File { path } } if Path::new(path).extension().is_some_and(|ending| ending == "whl")
    )));
}

#[test]
fn a_server_is_tried_and_saved_with_a_name() {
    let mut window = open(Sample::busy());
    window.click("Connect a server");
    window.click("Play one step");
    assert!(
        !was_asked(&window, |request| matches!(
            request,
            WorldRequest::Try { .. }
        )),
        "there is no address yet"
    );
    window.write("Address of the server", "localhost:8001");
    window.click("Play one step");
    assert!(was_asked(&window, |request| matches!(
        request,
        WorldRequest::Try { server } if server.address == "localhost:8001"
    )));
    assert!(window.shows("The server works"));
    window.write("Name of the server", "Mine");
    window.click("Save");
    assert!(was_asked(&window, |request| matches!(
        request,
        WorldRequest::SaveServer { server } if server.name == "Mine"
    )));
}

#[test]
fn a_server_that_is_not_there_says_so_where_it_was_tried() {
    let core = ScriptedBackend::new(Sample::busy());
    core.answer(|request| match request {
        Request::World(WorldRequest::Try { .. }) => Some(Err(ApiError::new(
            "Could not reach the OpenEnv server. Check the address.",
        ))),
        _ => None,
    });
    let mut window = Window::open_on(core, PageId::Worlds.route());
    window.click("Connect a server");
    window.write("Address of the server", "localhost:9");
    window.click("Play one step");
    assert!(window.shows("Check the address"));
}

#[test]
fn a_person_plays_by_clicking_and_by_writing_and_keeps_the_episode() {
    let mut window = open(Sample::playing());
    assert!(window.shows("You arrive at desk 1"));
    window.click("use desklamp 1");
    let did = |window: &Window, wanted: &str| {
        was_asked(
            window,
            |request| matches!(request, WorldRequest::Act { action } if action == wanted),
        )
    };
    assert!(did(&window, "use desklamp 1"));
    window.write("Next action", "dance");
    window.harness.key_press(Key::Enter);
    window.settle();
    assert!(did(&window, "dance"));
    window.click("Keep this episode");
    assert!(was_asked(&window, |request| matches!(
        request,
        WorldRequest::Keep { name } if name == "Played by me"
    )));
    assert!(matches!(
        window.route(),
        Route::Trajectories { id: Some(_), .. }
    ));
}

#[test]
fn a_world_that_does_not_list_actions_is_asked_when_a_person_wants_it() {
    let mut sample = Sample::playing();
    if let Some(game) = &mut sample.game {
        game.admissible.clear();
        game.templates = vec!["focus on OBJ".into()];
    }
    let mut window = open(sample);
    assert!(window.shows("focus on OBJ"));
    window.click("List everything");
    assert!(was_asked(&window, |request| matches!(
        request,
        WorldRequest::Suggest { .. }
    )));
    assert!(window.shows("use desklamp 1"));
}
