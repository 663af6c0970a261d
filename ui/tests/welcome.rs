//! The first start: the welcome, the tour, and that neither comes back.

mod common;

use std::collections::BTreeMap;

use common::Window;
use egui::Key;
use egui_kittest::kittest::Queryable as _;
use lore_protocol::{ExperimentRequest, Request, SettingsRequest};
use lore_ui::backend::{Sample, ScriptedBackend};
use lore_ui::{LoreApp, PageId, Route};

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
        PageId::Try,
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

/// What a webview keeps for a person.
#[derive(Default)]
struct Kept(BTreeMap<String, String>);

impl eframe::Storage for Kept {
    fn get_string(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    fn set_string(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }

    fn remove_string(&mut self, key: &str) {
        self.0.remove(key);
    }

    fn flush(&mut self) {}
}

#[test]
fn a_new_data_folder_begins_at_home_wherever_another_one_was_left() {
    let mut kept = Kept::default();
    let mut window = Window::open(Sample::fresh(), Route::Settings);
    eframe::App::save(window.harness.state_mut(), &mut kept);
    for (sample, expected) in [
        (Sample::fresh(), PageId::Settings),
        (Sample::first_start(), PageId::Home),
    ] {
        let core = ScriptedBackend::new(sample);
        let app = LoreApp::new(&egui::Context::default(), Box::new(core)).restore(Some(&kept));
        let mut harness = egui_kittest::Harness::builder()
            .with_context_setup(lore_ui::LoreApp::prepare)
            .build_ui_state(|ui, app: &mut LoreApp| app.draw(ui), app);
        harness.run_steps(6);
        assert_eq!(harness.state().route().page(), expected);
    }
}
