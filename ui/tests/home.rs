//! Home.

mod common;

use common::Window;
use lore_protocol::{ApiError, ErrorCode, Estimate, ExperimentRequest, Request};
use lore_ui::backend::{Sample, ScriptedBackend};
use lore_ui::{PageId, Route};

fn starts(request: &Request) -> bool {
    matches!(
        request,
        Request::Experiment(ExperimentRequest::Start { .. })
    )
}

#[test]
fn one_click_starts_the_sample_and_shows_its_runs() {
    let mut window = Window::open(Sample::fresh(), Route::Home);
    assert!(window.shows("about 9 minutes"), "the time is announced");
    window.click("Run the sample experiment");
    assert!(window.core.was_sent(starts));
    assert_eq!(window.route().page(), PageId::Runs);
}

#[test]
fn what_is_missing_is_said_before_the_start() {
    let mut sample = Sample::fresh();
    sample.estimate = Estimate {
        problems: vec!["There is no language model. Get one on the Models page.".into()],
        ..Estimate::default()
    };
    let mut window = Window::open(sample, Route::Home);
    assert!(window.shows("There is no language model"));
    assert!(!window.shows("Takes "), "nobody knows how long");
    window.click("Run the sample experiment");
    assert!(!window.core.was_sent(starts), "the button rests");
}

#[test]
fn a_start_that_fails_says_why_beside_the_button() {
    let core = ScriptedBackend::new(Sample::fresh());
    core.answer(|request| {
        starts(request).then(|| {
            let text = "The disk is full. Make some room and start again.";
            Err(ApiError::with_code(ErrorCode::DiskFull, text))
        })
    });
    let mut window = Window::open_on(core, Route::Home);
    window.click("Run the sample experiment");
    assert_eq!(window.route(), Route::Home);
    assert!(window.shows("The disk is full"));
    window.click("Dismiss");
}

#[test]
fn recent_experiments_lead_to_their_numbers() {
    let mut window = Window::open(Sample::busy(), Route::Home);
    window.click("Learning from experience (laptop)");
    assert_eq!(window.route(), Route::Results(Some("laptop-1".into())));
}

#[test]
fn missing_models_are_one_click_away() {
    let mut sample = Sample::fresh();
    sample.models.clear();
    let mut window = Window::open(sample, Route::Home);
    window.click("No language model");
    assert_eq!(window.route(), Route::Models);
}
