//! Data sets.

mod common;

use common::Window;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use lore_core::WorldSpec;
use lore_protocol::{
    ApiError, BankRequest, DatasetRequest, Event, Request, ShellEvent, Source, Topic,
};
use lore_ui::backend::{Sample, ScriptedBackend};
use lore_ui::{PageId, Route};

fn open(sample: Sample) -> Window {
    Window::open(sample, PageId::Datasets.route())
}

fn drop_file(window: &mut Window, path: &str) {
    let paths = vec![path.to_owned()];
    window
        .core
        .happen(Event::Shell(ShellEvent::Dropped { paths }));
    window.settle();
}

#[test]
fn an_empty_page_says_what_to_do() {
    let window = open(Sample::fresh());
    assert!(window.shows("No data sets yet"));
    assert!(window.shows("Drop a file here"));
}

#[test]
fn nothing_is_kept_before_it_was_seen() {
    let mut window = open(Sample::busy());
    drop_file(&mut window, "/home/ada/runs.jsonl");
    let imports = |request: &Request| matches!(request, Request::Dataset(DatasetRequest::Import { path, .. }) if path == "/home/ada/runs.jsonl");
    assert!(window.shows("1,200 episodes in the part that was looked at"));
    assert!(window.shows("2 records were not understood"));
    assert!(!window.core.was_sent(imports));
    window.click("Bring it in");
    assert!(window.core.was_sent(imports));
}

#[test]
fn a_file_of_no_known_kind_is_explained() {
    let mut sample = Sample::busy();
    sample.guess = lore_core::FormatGuess::default();
    let mut window = open(sample);
    drop_file(&mut window, "/home/ada/holiday.jpg");
    assert!(window.shows("No known kind of record"));
    assert!(!window.shows("Bring it in"));
    window.click("Do not bring this file in");
    assert!(!window.shows("holiday.jpg"));
}

#[test]
fn several_files_come_one_after_the_other() {
    let mut window = open(Sample::busy());
    drop_file(&mut window, "/a.jsonl");
    drop_file(&mut window, "/b.jsonl");
    assert!(window.shows("1 more after this one"));
    window.click("Leave it");
    assert!(window.shows("b.jsonl"));
}

#[test]
fn a_kind_of_task_moves_between_seen_and_unseen() {
    let mut window = open(Sample::busy());
    let choices = window.harness.get_all_by_label("Unseen");
    let first = choices.into_iter().next();
    first.expect("each kind has a choice").click();
    window.settle();
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Dataset(DatasetRequest::SetUnseen { unseen_types, .. }) if unseen_types.len() == 4
    )));
    window.click("Undo");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Dataset(DatasetRequest::SetUnseen { unseen_types, .. }) if unseen_types.len() == 3
    )));
}

#[test]
fn a_deleted_set_comes_back_by_undo() {
    let mut window = open(Sample::busy());
    window.click("More");
    window.click("Delete");
    window.click("Undo");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Dataset(DatasetRequest::Restore { id }) if id.as_str() == "sample-1-episodes"
    )));
}

#[test]
fn experts_play_what_was_asked_for() {
    let mut window = open(Sample::busy());
    window.click("Collect expert episodes");
    assert!(window.shows("120 episodes in all"));
    window.click("Collect");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Dataset(DatasetRequest::Collect {
            world: WorldSpec::Generated { small: true, .. },
            per_type: 20,
            ..
        })
    )));
}

#[test]
fn a_bank_is_built_from_a_set() {
    let mut window = open(Sample::busy());
    window.click("Build a bank");
    window.click("Build");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Bank(BankRequest::Build { datasets, embedder, .. })
            if datasets.len() == 1 && embedder.as_str() == "all-minilm-l6-v2"
    )));
}

#[test]
fn a_bank_is_built_with_the_keys_that_were_chosen() {
    let mut window = open(Sample::busy());
    window.click("Build a bank");
    assert!(!window.shows("Steps in a stretch"));
    for label in ["Also by task and outcome", "Also by stretches of steps"] {
        let switch = window.harness.get_by_role_and_label(Role::Switch, label);
        switch.click_accesskit();
        window.settle();
    }
    assert!(window.shows("Steps in a stretch"));
    let build = window.harness.get_by_role_and_label(Role::Button, "Build");
    build.click_accesskit();
    window.settle();
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Bank(BankRequest::Build { keys, .. }) if keys.outcome && keys.window_steps == 5
    )));
}

#[test]
fn an_episode_opens_on_the_trajectories_page() {
    let mut window = open(Sample::busy());
    let rows = window
        .harness
        .get_all_by_label_contains("Examine the mug with the desk lamp");
    let row = rows.last().expect("the table is below all else");
    row.click_accesskit();
    window.settle();
    let Route::Trajectories { source, id } = window.route() else {
        panic!("{:?}", window.route());
    };
    assert_eq!(
        source,
        Some(Source::Dataset {
            id: "sample-1-episodes".into()
        })
    );
    assert!(id.is_some());
}

#[test]
fn what_went_stale_is_fetched_again() {
    let mut window = open(Sample::busy());
    window.core.change(|sample| {
        sample.datasets[0].name = "Another name".into();
    });
    assert!(!window.shows("Another name"));
    window.core.happen(Event::Stale(Topic::Datasets));
    window.settle();
    assert!(window.shows("Another name"));
}

#[test]
fn a_list_that_cannot_be_had_says_why() {
    let core = ScriptedBackend::new(Sample::busy());
    core.answer(|request| {
        let is_list = matches!(request, Request::Dataset(DatasetRequest::List));
        is_list.then(|| Err(ApiError::new("The data folder cannot be read.")))
    });
    let window = Window::open_on(core, PageId::Datasets.route());
    assert!(window.shows("The data folder cannot be read."));
}
