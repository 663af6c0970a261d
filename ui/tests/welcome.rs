//! The first start: the welcome, the tour, and that neither comes back.

mod common;

use common::Window;
use egui::Key;
use egui_kittest::kittest::Queryable as _;
use lore_protocol::{ExperimentRequest, Request, SettingsRequest};
use lore_ui::backend::Sample;
use lore_ui::{PageId, Route};

fn first_start() -> Window {
    Window::open(Sample::first_start(), Route::Home)
}

fn was_welcomed(window: &Window) -> bool {
    window.core.was_sent(|request| {
        matches!(
            request,
            Request::Settings(SettingsRequest::Set { settings }) if settings.welcomed
        )
    })
}

#[test]
fn a_first_start_is_welcomed_and_every_screen_can_be_skipped() {
    for num_screens in 0..3 {
        let mut window = first_start();
        for _ in 0..num_screens {
            window.click("Next");
        }
        window.click("Skip");
        assert!(was_welcomed(&window));
        assert!(!window.shows("Skip"));
    }
}

#[test]
fn escape_skips_too() {
    let mut window = first_start();
    window.harness.key_press(Key::Escape);
    window.settle();
    assert!(was_welcomed(&window));
}

#[test]
fn those_who_were_welcomed_are_not_again() {
    let window = Window::open(Sample::fresh(), Route::Home);
    assert!(!window.shows("Skip"));
}

#[test]
fn the_sample_experiment_is_three_clicks_away() {
    let mut window = first_start();
    window.click("Next");
    window.click("Next");
    window
        .harness
        .get_by_role_and_label(egui::accesskit::Role::ListItem, "Run the sample experiment")
        .click();
    window.settle();
    assert!(was_welcomed(&window));
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Experiment(ExperimentRequest::Start { .. })
    )));
}

#[test]
fn the_tour_points_at_the_pages_one_after_the_other() {
    let mut window = first_start();
    window.click("Next");
    window.click("Next");
    window.click("Show me around");
    for page in [
        PageId::Datasets,
        PageId::Worlds,
        PageId::Bank,
        PageId::Train,
        PageId::Runs,
        PageId::Trajectories,
        PageId::Results,
    ] {
        window.settle();
        assert_eq!(window.route().page(), page);
        window.click("Next");
    }
    window.settle();
    assert_eq!(window.route().page(), PageId::Export);
    window.click("Done");
    assert!(!window.shows("End the tour"));
}
