//! What a person does on the page Trajectories, found by the words they see.

mod common;

use common::Window;
use common::work::{click, open, picture};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable};
use lore_core::{BranchOrigin, Change};
use lore_protocol::{
    BranchInfo, BranchWork, Event, JobInfo, JobState, Mark, Progress, Request, Source, Topic,
    TrajectoryRequest, Work,
};
use lore_ui::backend::Sample;
use lore_ui::{PageId, Route};

fn experiment() -> Source {
    Source::Experiment {
        id: "sample-1".into(),
    }
}

fn episodes() -> Vec<lore_core::TrajectoryId> {
    let rows = Sample::busy().rows;
    rows.into_iter().map(|row| row.id).collect()
}

/// The first episode, opened.
fn open_first() -> Window {
    open(Route::Trajectories {
        source: Some(experiment()),
        id: episodes().into_iter().next(),
    })
}

#[test]
fn an_episode_is_read_with_the_keyboard() {
    let mut window = open_first();
    window.harness.get_by_label("Step 1 of 5");
    for _ in 0..2 {
        window.harness.key_press(Key::J);
        window.settle();
    }
    window.harness.get_by_label("Step 3 of 5");
    window.harness.key_press(Key::K);
    window.settle();
    window.harness.get_by_label("Step 2 of 5");
    click(&mut window, "All choices");
    picture(&mut window, "episode");
    click(&mut window, "Memories (2)");
    window
        .harness
        .get_all_by_label_contains("Open in the bank")
        .next()
        .unwrap();
    picture(&mut window, "episode-memories");
}

#[test]
fn an_episode_is_marked_and_noted_with_the_keyboard() {
    let mut window = open_first();
    let marks = |window: &Window| -> Vec<Mark> {
        let sent = window.core.sent().into_iter();
        sent.filter_map(|request| match request {
            Request::Trajectory(TrajectoryRequest::Mark { mark }) => Some(*mark),
            _ => None,
        })
        .collect()
    };
    window.harness.key_press(Key::J);
    window.settle();
    window.harness.key_press(Key::M);
    window.settle();
    assert_eq!(marks(&window).last().unwrap().steps, [1]);
    window
        .harness
        .key_press_modifiers(Modifiers::ALT, Key::Num4);
    window.settle();
    window.write("Note", "it forgot the lamp");
    window.harness.key_press(Key::Tab);
    window.settle();
    assert_eq!(marks(&window).last().unwrap().note, "it forgot the lamp");
}

#[test]
fn the_map_follows_the_steps() {
    let mut window = open_first();
    click(&mut window, "Map");
    window
        .harness
        .get_by_label_contains("cabinet 1: not looked at yet");
    window.harness.key_press(Key::J);
    window.settle();
    window.harness.get_by_label_contains("In its hands");
    window
        .harness
        .get_by_label_contains("counter top 1 (the agent is here): knife 2; bread 1");
    picture(&mut window, "episode-map");
}

#[test]
fn the_model_says_what_it_would_have_done_without_its_memories() {
    let mut window = open_first();
    click(&mut window, "What if");
    let asked = |window: &Window| {
        window.core.was_sent(|request| {
            matches!(
                request,
                Request::Trajectory(TrajectoryRequest::WhatIf {
                    step: 0,
                    change: Change::NoMemories,
                    ..
                })
            )
        })
    };
    assert!(
        !asked(&window),
        "asking takes a while, so it waits for a click"
    );
    click(&mut window, "Ask the model");
    assert!(asked(&window));
    assert!(window.shows("It would rather do this:"));
    picture(&mut window, "episode-what-if");
    window.harness.key_press(Key::J);
    window.settle();
    assert!(
        !window.shows("It would rather do this:"),
        "another step was not asked about"
    );
}

/// A job that plays the first episode on, at work.
fn playing_on(origin: &BranchOrigin) -> JobInfo {
    let jobs = Sample::busy().jobs;
    let played = jobs.iter().find_map(|job| match &job.spec.work {
        Work::Evaluate(work) => Some(work.clone()),
        _ => None,
    });
    let work = BranchWork::new(
        experiment(),
        origin.clone(),
        played.expect("the sample plays"),
    );
    let mut job = jobs[0].clone();
    job.spec.id = "play-on-2".into();
    job.spec.title = "Play on from step 1: put a mug on the shelf".into();
    job.spec.experiment = None;
    job.spec.work = Work::Branch(Box::new(work));
    job.state = JobState::Running;
    job.progress = Some(Progress {
        stage: "Play".into(),
        done: 3,
        total: 15,
        unit: "steps".into(),
        secs_left: Some(9.0),
    });
    job
}

fn asked_to_play_on(window: &Window) -> Option<BranchOrigin> {
    let mut sent = window.core.sent().into_iter();
    sent.find_map(|request| match request {
        Request::Trajectory(TrajectoryRequest::PlayOn { origin, .. }) => Some(*origin),
        _ => None,
    })
}

#[test]
fn an_episode_is_played_on_and_its_branch_opens_beside_it() {
    let mut window = open_first();
    click(&mut window, "What if");
    click(&mut window, "What it does first");
    click(&mut window, "go to fridge 1");
    click(&mut window, "Play on from here");
    let origin = asked_to_play_on(&window).expect("the core is asked");
    assert_eq!((origin.step, &origin.change), (0, &Change::NoMemories));
    assert_eq!(origin.action.as_deref(), Some("go to fridge 1"));

    let job = playing_on(&origin);
    window.core.change(|sample| sample.jobs.push(job));
    window.core.happen(Event::Stale(Topic::Jobs));
    window.settle();
    window.harness.get_by_label("Stop");
    picture(&mut window, "episode-playing-on");

    window.core.change(|sample| {
        let played = sample.branches[0].clone();
        sample.branches.insert(
            0,
            BranchInfo {
                job: "play-on-2".into(),
                origin,
                ..played
            },
        );
    });
    window.core.happen(Event::Stale(Topic::Experiments));
    window.settle();
    let Route::Beside { right_source, .. } = window.route() else {
        panic!("both episodes are shown, not {:?}", window.route());
    };
    let job = "play-on-2".into();
    let experiment = None;
    assert_eq!(right_source, Some(Source::Run { experiment, job }));
    assert!(window.shows("Played on from step 3: Without memories"));
    picture(&mut window, "beside-branch");
}

#[test]
fn branches_are_found_again_on_their_episode() {
    let mut window = open_first();
    click(&mut window, "What if");
    window.harness.get_by_label("Branches");
    let rows = window.harness.get_all_by_role(Role::ListItem);
    let named = |node: &egui_kittest::Node<'_>| {
        node.accesskit_node().label().as_deref() == Some("Without memories")
    };
    rows.rev().find(named).expect("each has a row").click();
    window.settle();
    assert!(matches!(window.route(), Route::Beside { .. }));
    assert!(
        asked_to_play_on(&window).is_none(),
        "nothing is played again"
    );
}

#[test]
fn words_are_found_in_an_episode() {
    let mut window = open_first();
    window.harness.key_press(Key::Slash);
    window.settle();
    let field = window.harness.get_by_label("Find in this episode");
    field.type_text("sink basin");
    window.settle();
    window.harness.get_by_label("in 2 steps");
    window.harness.get_by_label("Step 3 of 5");
    picture(&mut window, "episode-find");
}

#[test]
fn steps_go_by_until_the_last() {
    let mut window = open_first();
    window.harness.key_press(Key::P);
    window.harness.run_steps(400);
    window.harness.get_by_label("Step 5 of 5");
    window.harness.get_by_label("Let the steps go by (P)");
}

#[test]
fn two_episodes_say_where_they_part() {
    let all = episodes();
    let mut window = open(Route::Beside {
        source: experiment(),
        left: all[0].clone(),
        right: all[6].clone(),
        right_source: None,
    });
    picture(&mut window, "beside");
    window.harness.get_by_label_contains("different games");
}

#[test]
fn a_filter_is_sent_to_the_core() {
    let mut window = open(Route::Trajectories {
        source: Some(experiment()),
        id: None,
    });
    click(&mut window, "Successes");
    let filtered = window.core.was_sent(|request| match request {
        Request::Trajectory(TrajectoryRequest::Rows { filter, .. }) => filter.success == Some(true),
        _ => false,
    });
    assert!(filtered);
    picture(&mut window, "episodes");
}

#[test]
fn a_changed_outcome_leads_to_both_episodes() {
    let mut window = Window::build(
        Harness::builder().with_size([1280.0, 2400.0]),
        Sample::busy(),
        PageId::Results.route(),
    );
    window.harness.get_by_label("The same tasks, two arms");
    let row = window
        .harness
        .get_all_by_label_contains("out of steps")
        .find(|node| node.accesskit_node().role() == Role::Row)
        .unwrap();
    row.click();
    window.settle();
    let route = window.harness.state().route().clone();
    assert!(matches!(route, Route::Beside { .. }), "{route:?}");
}
