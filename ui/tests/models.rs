//! Models and settings.

mod common;

use common::Window;
use egui::Key;
use egui_kittest::kittest::Queryable;
use lore_protocol::{
    ModelRequest, ModelSource, Request, SettingsRequest, ShellRequest, StarterModel, Theme,
    WindowKind,
};
use lore_ui::Route;
use lore_ui::backend::Sample;

fn fetches(wanted: ModelSource) -> impl Fn(&Request) -> bool {
    move |request| matches!(request, Request::Model(ModelRequest::Fetch { source }) if *source == wanted)
}

#[test]
fn starters_that_are_missing_are_one_click_away() {
    let mut sample = Sample::fresh();
    sample.models.clear();
    sample.status.has_language_model = false;
    let mut window = Window::open(sample, Route::Models);
    assert!(window.shows("No models yet"));
    window.click("SmolLM2 135M Instruct");
    assert!(window.core.was_sent(fetches(ModelSource::Starter {
        starter: StarterModel::LanguageModel
    })));
}

#[test]
fn a_name_on_the_hub_is_downloaded() {
    let mut window = Window::open(Sample::busy(), Route::Models);
    window.click("Download");
    assert!(
        !window
            .core
            .was_sent(|request| matches!(request, Request::Model(ModelRequest::Fetch { .. }))),
        "nothing was written yet"
    );
    window.write("Name on the hub", "Qwen/Qwen2.5-0.5B-Instruct");
    window.harness.key_press(Key::Enter);
    window.settle();
    assert!(window.core.was_sent(fetches(ModelSource::Hub {
        repo: "Qwen/Qwen2.5-0.5B-Instruct".into(),
        revision: String::new(),
    })));
}

#[test]
fn a_picked_folder_is_taken_in() {
    let mut sample = Sample::busy();
    sample.picked = Some("/home/ada/model".into());
    let mut window = Window::open(sample, Route::Models);
    window.click("A Hugging Face folder…");
    assert!(window.core.was_sent(fetches(ModelSource::Local {
        path: "/home/ada/model".into()
    })));
}

#[test]
fn a_model_that_does_not_load_says_why() {
    let mut sample = Sample::busy();
    sample.models[1].problem = "The file is cut short. Get it again.".into();
    let window = Window::open(sample, Route::Models);
    assert!(window.shows("The file is cut short"));
}

#[test]
fn too_large_a_model_is_marked() {
    let mut sample = Sample::busy();
    sample.models[1].num_parameters = 7_000_000_000;
    let window = Window::open(sample, Route::Models);
    assert!(window.shows("Too large for this computer"));
}

#[test]
fn settings_are_saved_as_they_are_changed() {
    let mut window = Window::open(Sample::busy(), Route::Settings);
    window.click("Dark");
    window.click("Native");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Settings(SettingsRequest::Set { settings })
            if settings.theme == Theme::Dark && settings.window == WindowKind::Native
    )));
}

#[test]
fn the_data_folder_opens() {
    let mut window = Window::open(Sample::busy(), Route::Settings);
    window.click("Data and backup");
    window.click("Open folder");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Shell(ShellRequest::Reveal { path }) if path == "/home/ada/Lorekeeper"
    )));
}

#[test]
fn licences_are_shown_in_full() {
    let mut window = Window::open(Sample::busy(), Route::Settings);
    // The card stands below the edge of the window.
    window.harness.get_by_label("Inter").click_accesskit();
    window.settle();
    assert!(window.shows("SIL OPEN FONT LICENSE"));
}
