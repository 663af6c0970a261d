//! Other computers: named in the settings, chosen in forms, seen at jobs.

mod common;

use common::Window;
use common::work::{enter, pick, picture, press};
use egui::accesskit::Role;
use lore_core::{ClusterId, Secret};
use lore_protocol::{ApiError, ClusterRequest, Elsewhere, ExperimentRequest, JobRequest, Request};
use lore_ui::backend::{Sample, ScriptedBackend};
use lore_ui::{PageId, Route};

const VIEW: &str = "Other computers";

fn open(sample: Sample) -> Window {
    let mut window = Window::open(sample, Route::Settings);
    press(&mut window, Role::RadioButton, VIEW);
    window
}

fn asked(window: &Window, wanted: impl Fn(&ClusterRequest) -> bool) -> bool {
    window
        .core
        .was_sent(|request| matches!(request, Request::Cluster(request) if wanted(request)))
}

#[test]
fn a_computer_is_tried_and_saved_with_its_token() {
    let mut sample = Sample::busy();
    sample.clusters.clear();
    let mut window = open(sample);
    assert!(window.shows("None yet"));
    press(&mut window, Role::Button, "Add a computer");
    window.write("Name of the computer", "Mine");
    window.write("Address of its dashboard", "127.0.0.1:8265");
    assert!(!window.shows("can be read and changed on the way"));
    window.write("Token of the computer", "sesame");
    press(&mut window, Role::Button, "Try the connection");
    assert!(asked(&window, |request| matches!(
        request,
        ClusterRequest::Try { cluster, token: Some(token) }
            if cluster.address == "127.0.0.1:8265" && token.reveal() == "sesame"
    )));
    assert!(window.shows("It is ready: Ray 2.56.0"));
    picture(&mut window, "settings-computers");
    press(&mut window, Role::Button, "Save");
    assert!(asked(&window, |request| matches!(
        request,
        ClusterRequest::Save { cluster, token: Some(_) } if cluster.name == "Mine"
    )));
    assert!(!window.shows("Try the connection"), "the form is done with");
}

#[test]
fn an_address_without_encryption_is_warned_about() {
    let mut window = open(Sample::busy());
    window.click("Lab");
    assert!(window.shows("can be read and changed on the way"));
    press(&mut window, Role::Button, "Save");
    assert!(asked(&window, |request| matches!(
        request,
        ClusterRequest::Save { cluster, token: None } if cluster.id.as_str() == "lab"
    )));
}

#[test]
fn a_training_is_shared_out_among_as_many_workers_as_are_written() {
    let mut window = open(Sample::busy());
    press(&mut window, Role::Button, "Add a computer");
    window.write("Name of the computer", "Mine");
    window.write("Address of its dashboard", "127.0.0.1:8265");
    assert!(
        window.shows("1 trains on one"),
        "as long as nobody says otherwise"
    );
    press(&mut window, Role::Button, "Save");
    assert!(asked(&window, |request| matches!(
        request,
        ClusterRequest::Save { cluster, .. } if cluster.workers == 1
    )));
    window.click("Lab");
    enter(&mut window, "Workers for a training", "8");
    press(&mut window, Role::Button, "Save");
    assert!(asked(&window, |request| matches!(
        request,
        ClusterRequest::Save { cluster, .. } if cluster.id.as_str() == "lab" && cluster.workers == 8
    )));
}

#[test]
fn a_token_can_be_forgotten_and_a_computer_removed() {
    let mut window = open(Sample::busy());
    window.click("Lab");
    press(&mut window, Role::Button, "Forget the token");
    press(&mut window, Role::Button, "Save");
    assert!(asked(&window, |request| matches!(
        request,
        ClusterRequest::Save { token: Some(token), .. } if *token == Secret::default()
    )));
    window.click("Lab");
    press(&mut window, Role::Button, "Remove this computer");
    assert!(asked(&window, |request| matches!(
        request,
        ClusterRequest::Remove { id } if id.as_str() == "lab"
    )));
}

#[test]
fn what_is_in_the_way_is_said_where_it_was_tried() {
    let core = ScriptedBackend::new(Sample::busy());
    core.answer(|request| match request {
        Request::Cluster(ClusterRequest::Try { .. }) => Some(Err(ApiError::new(
            "\"Lab\" does not answer. See that it is on.",
        ))),
        _ => None,
    });
    let mut window = Window::open_on(core, Route::Settings);
    press(&mut window, Role::RadioButton, VIEW);
    window.click("Lab");
    press(&mut window, Role::Button, "Try the connection");
    assert!(window.shows("See that it is on"));
}

#[test]
fn a_training_is_handed_to_the_chosen_computer() {
    let mut window = Window::open(Sample::busy(), PageId::Train.route());
    pick(&mut window, "Run on", "Lab");
    press(&mut window, Role::Button, "Start training");
    let lab = Some(ClusterId::from("lab"));
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Job(JobRequest::Submit { cluster, .. }) if *cluster == lab
    )));
}

#[test]
fn an_experiment_is_played_on_the_chosen_computer() {
    let mut window = Window::open(Sample::busy(), PageId::Runs.route());
    press(&mut window, Role::Button, "New experiment");
    pick(&mut window, "Run on", "Lab");
    press(&mut window, Role::Button, "Start experiment");
    let lab = Some(ClusterId::from("lab"));
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Experiment(ExperimentRequest::Start { spec }) if spec.cluster == lab
    )));
}

#[test]
fn nobody_is_asked_where_while_there_is_one_computer() {
    let mut sample = Sample::busy();
    sample.clusters.clear();
    let window = Window::open(sample, PageId::Train.route());
    assert!(!window.shows("Run on"));
}

#[test]
fn a_job_says_how_it_stands_on_the_other_computer() {
    let mut sample = Sample::busy();
    let job = sample.jobs.iter_mut().find(|job| job.elsewhere.is_some());
    job.expect("one is away").elsewhere = Some(Elsewhere::NeedsToken);
    let mut window = Window::open(sample, PageId::Train.route());
    window.click_first("Trainings (");
    assert!(window.shows("On Lab"));
    assert!(window.shows("asks for its token"));
}
