//! Models on servers: connecting, changing, removing, and choosing them for an experiment.

mod common;

use common::Window;
use egui_kittest::kittest::Queryable as _;
use lore_core::{ModelId, Secret};
use lore_protocol::{
    ApiError, ExperimentRequest, KeyPlace, ModelRequest, ModelResponse, Request, Response,
    ServedTrial,
};
use lore_ui::backend::{Sample, ScriptedBackend};
use lore_ui::{PageId, Route};

fn open(sample: Sample) -> Window {
    Window::open(sample, Route::Models)
}

fn was_asked(window: &Window, wanted: impl Fn(&ModelRequest) -> bool) -> bool {
    window
        .core
        .was_sent(|request| matches!(request, Request::Model(request) if wanted(request)))
}

#[test]
fn a_model_is_tried_chosen_from_what_is_there_and_saved() {
    let mut window = open(Sample::busy());
    window.click("Connect a model");
    window.click("Try the connection");
    let was_tried =
        |window: &Window| was_asked(window, |it| matches!(it, ModelRequest::TryServed { .. }));
    assert!(!was_tried(&window), "there is no address yet");
    window.write("Address of the server", "localhost:8001");
    window.write("Key for the server", "sk-1");
    window.click("Try the connection");
    assert!(was_asked(&window, |request| matches!(
        request,
        ModelRequest::TryServed { model, key: Some(key) }
            if model.address == "localhost:8001" && *key == Secret::from("sk-1")
    )));
    assert!(window.shows("The server answers and has 2 models. Choose one."));
    window.click("Model on the server");
    window.click("qwen2.5-7b-instruct");
    window.click("Try the connection");
    assert!(window.shows("It works: the model said \"Dogs\" after 412 ms."));
    window.write("Name of the model", "Mine");
    window.click("Save");
    assert!(was_asked(&window, |request| matches!(
        request,
        ModelRequest::SaveServed { model, key: Some(_) }
            if model.name == "Mine" && model.model == "qwen2.5-7b-instruct"
    )));
    assert!(!window.shows("Key for the server"), "the form is done with");
}

#[test]
fn a_key_that_others_could_read_is_warned_about() {
    let mut window = open(Sample::busy());
    window.click("Connect a model");
    window.write("Address of the server", "http://192.168.0.7:8000");
    let warning = "The key can be read on the way";
    assert!(!window.shows(warning), "no key is sent");
    window.write("Key for the server", "sk-1");
    assert!(window.shows(warning));
    assert!(!window.shows("sk-1"), "it is shown as dots");
}

#[test]
fn what_the_core_refuses_stays_in_the_form() {
    let core = ScriptedBackend::new(Sample::busy());
    core.answer(|request| match request {
        Request::Model(ModelRequest::SaveServed { .. }) => {
            Some(Err(ApiError::new("This is not a key")))
        }
        Request::Model(ModelRequest::TryServed { .. }) => Some(Ok(Response::Model(
            ModelResponse::Tried(ServedTrial::default()),
        ))),
        _ => None,
    });
    let mut window = Window::open_on(core, Route::Models);
    window.click("Connect a model");
    window.write("Address of the server", "localhost:8000");
    window.click("Try the connection");
    assert!(window.shows("does not list its models"));
    window.write("Model on the server", "m");
    window.write("Name of the model", "M");
    window.click("Save");
    assert!(window.shows("This is not a key"));
    assert!(window.shows("Name of the model"));
}

#[test]
fn a_model_is_changed_and_its_key_forgotten() {
    let mut window = open(Sample::busy());
    assert!(window.shows("llama-3.3-70b-instruct · https://api.example.org/v1"));
    assert!(window.shows("key in the system's keychain"));
    assert!(window.shows("$0.59 read, $0.79 written a million tokens"));
    window.click("Change Llama 70B");
    window.click("Forget the key so far");
    window.click("More settings");
    assert!(window.shows("A million tokens read"));
    // It stands below the edge of the window now.
    window.harness.get_by_label("Save").click_accesskit();
    window.settle();
    let no_key = Secret::from("");
    assert!(was_asked(&window, |request| matches!(
        request,
        ModelRequest::SaveServed { model, key: Some(key) }
            if model.id == ModelId::served("llama-70b") && *key == no_key
    )));
}

#[test]
fn removing_can_be_taken_back() {
    let mut window = open(Sample::busy());
    window.click("Remove Qwen at home");
    assert!(!window.shows("Change Qwen at home"));
    window.click("Undo");
    assert!(window.shows("Change Qwen at home"));
    let removed = |it: &ModelRequest| matches!(it, ModelRequest::RemoveServed { .. });
    assert!(!was_asked(&window, removed));
}

#[test]
fn without_a_keychain_the_list_says_so() {
    let mut sample = Sample::busy();
    sample.served_models[0].key = KeyPlace::Session;
    let window = open(sample);
    assert!(window.shows("the key is kept until Lorekeeper closes"));
}

#[test]
fn an_experiment_takes_arms_on_servers_but_trains_only_where_adapters_are_loaded() {
    let mut window = Window::open(Sample::busy(), PageId::Runs.route());
    window.click("New experiment");
    assert!(window.shows("A server cannot say how likely given actions are"));
    assert!(
        window.shows("ExpRAG-LoRA, Qwen at home"),
        "that server loads adapters"
    );
    assert!(!window.shows("ExpRAG-LoRA, Llama 70B"));
    let arm = window.harness.get_by_label("ExpRAG, Llama 70B");
    arm.click_accesskit();
    window.settle();
    window.click("Start experiment");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Experiment(ExperimentRequest::Start { spec })
            if spec.arms.last().is_some_and(|arm| arm.id == "exprag_llama_70b"
                && arm.model == Some(ModelId::served("llama-70b")))
    )));
}
