//! What surrounds every page: navigation, keys, the list of commands, toasts, dropped files.

mod common;

use std::sync::{Arc, Mutex};

use common::Window;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use lore_protocol::{Event, Request, SettingsRequest, ShellEvent, Source};
use lore_ui::backend::Sample;
use lore_ui::mirror::{Asked, Mirror};
use lore_ui::{PageId, Route};

#[test]
fn every_page_is_reached_by_mouse() {
    let mut window = Window::open(Sample::busy(), Route::Home);
    for page in PageId::ALL {
        window
            .harness
            .get_all_by_label(page.label())
            .rfind(|node| node.rect().left() < 220.0)
            .expect("the navigation names every page")
            .click();
        window.settle();
        assert_eq!(window.route().page(), page);
    }
}

#[test]
fn every_page_is_reached_by_keys() {
    let mut window = Window::open(Sample::busy(), Route::Settings);
    let keys = [
        Key::Num1,
        Key::Num2,
        Key::Num3,
        Key::Num4,
        Key::Num5,
        Key::Num6,
        Key::T,
        Key::Num7,
        Key::Num8,
        Key::Num9,
        Key::Num0,
        Key::Comma,
    ];
    for (page, key) in PageId::ALL.into_iter().zip(keys) {
        window.harness.key_press_modifiers(Modifiers::COMMAND, key);
        window.settle();
        assert_eq!(window.route().page(), page);
    }
}

/// `Harness::run` fails on any control without a name.
#[test]
fn every_control_of_every_page_has_a_name() {
    for sample in [Sample::fresh(), Sample::busy()] {
        for page in PageId::ALL {
            let window = Window::open(sample.clone(), page.route());
            let unnamed = window.harness.unnamed_widgets();
            assert!(unnamed.is_empty(), "{page:?}: {unnamed:#?}");
        }
    }
}

#[test]
fn what_opens_on_a_page_is_named_too() {
    let id = Sample::busy().rows.first().map(|row| row.id.clone());
    let source = Source::Experiment {
        id: "sample-1".into(),
    };
    let episode = Route::Trajectories {
        source: Some(source),
        id,
    };
    let mut episode = Window::open(Sample::busy(), episode);
    for panel in ["Prompt", "Memories (2)", "What if", "Map", "Notes"] {
        episode.click(panel);
        let unnamed = episode.harness.unnamed_widgets();
        assert!(unnamed.is_empty(), "{panel}: {unnamed:#?}");
    }
    let mut welcome = Window::open(Sample::first_start(), Route::Home);
    for screen in 0..3 {
        let unnamed = welcome.harness.unnamed_widgets();
        assert!(unnamed.is_empty(), "screen {screen}: {unnamed:#?}");
        if screen < 2 {
            welcome.click("Next");
        }
    }
}

#[test]
fn a_small_window_keeps_every_page_in_reach() {
    let builder = Harness::builder().with_size([900.0, 620.0]);
    let mut window = Window::build(builder, Sample::busy(), Route::Home);
    let links = window.harness.get_all_by_label("Models");
    let link = links.into_iter().find(|node| node.rect().left() < 60.0);
    link.expect("the rail names every page").click();
    window.settle();
    assert_eq!(window.route(), Route::Models);
}

#[test]
fn the_palette_finds_by_letters_and_runs_by_keys() {
    let mut window = Window::open(Sample::busy(), Route::Home);
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.settle();
    assert!(window.shows("Ctrl+1"), "each row prints its shortcut");
    let field = window.harness.get_by_label("Find a page or a command");
    field.type_text("expo");
    window.settle();
    window.harness.key_press(Key::Enter);
    window.settle();
    assert_eq!(window.route().page(), PageId::Export);
}

#[test]
fn back_and_forward_follow_the_way() {
    let mut window = Window::open(Sample::busy(), Route::Models);
    window
        .harness
        .key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    window.settle();
    assert_eq!(window.route(), Route::Home);
    window
        .harness
        .key_press_modifiers(Modifiers::ALT, Key::ArrowRight);
    window.settle();
    assert_eq!(window.route(), Route::Models);
}

#[test]
fn a_dropped_file_leads_to_a_look_inside() {
    let mut window = Window::open(Sample::busy(), Route::Home);
    window
        .core
        .happen(Event::Shell(ShellEvent::Hover { count: 1 }));
    window.settle();
    let paths = vec!["/home/ada/runs.jsonl".to_owned()];
    window
        .core
        .happen(Event::Shell(ShellEvent::Dropped { paths }));
    window.settle();
    assert_eq!(window.route().page(), PageId::Datasets);
    assert!(window.shows("runs.jsonl"));
    assert!(window.shows("Bring it in"));
}

#[test]
fn the_running_job_leads_to_its_page() {
    let mut window = Window::open(Sample::busy(), Route::Settings);
    window.click_first("Show the running job");
    assert_eq!(window.route().page(), PageId::Runs);
}

#[test]
fn larger_is_kept_as_a_setting() {
    let mut window = Window::open(Sample::busy(), Route::Home);
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::Plus);
    window.settle();
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Settings(SettingsRequest::Set { settings }) if settings.zoom > 1.05
    )));
}

#[test]
fn nothing_moves_without_cause() {
    let mut window = Window::open(Sample::busy(), Route::Home);
    let steps = window.harness.try_run();
    assert!(steps.is_ok(), "a page at rest asks for no new frame");
}

#[test]
fn behind_a_dialog_nothing_is_told_to_screen_readers() {
    let told = Arc::new(Mutex::new(String::new()));
    let mut window = Window::open(Sample::busy(), Route::Home);
    let heard = Arc::clone(&told);
    let tell = move |list: &str| list.clone_into(&mut heard.lock().expect("nobody panicked"));
    let mirror = Mirror::new(Box::new(tell), Asked::default());
    window.harness.ctx.add_plugin(mirror);
    let names = |window: &mut Window| {
        window.settle();
        let list = told.lock().expect("nobody panicked").clone();
        let list: Vec<serde_json::Value> = serde_json::from_str(&list).expect("is a list");
        let names = list.iter().filter_map(|thing| thing["name"].as_str());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(names(&mut window).contains(&"Settings".to_owned()));
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::K);
    let over = names(&mut window);
    assert!(over.contains(&"Commands".to_owned()), "{over:?}");
    assert!(!over.contains(&"Settings".to_owned()), "{over:?}");
    window.harness.key_press(Key::Escape);
    assert!(names(&mut window).contains(&"Settings".to_owned()));
}
