//! Trying a model out, found by the words one sees.

mod common;

use common::Window;
use common::work::picture;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use lore_core::MemoryUse;
use lore_protocol::{
    ApiError, EndpointState, Event, ModelRequest, ModelResponse, Request, Response, Said,
    TalkRequest, Topic, Turn,
};
use lore_ui::backend::{Sample, ScriptedBackend};
use lore_ui::{PageId, Route};

fn open(sample: Sample) -> Window {
    Window::open(sample, PageId::Try.route())
}

/// Everything that was asked, oldest first.
fn asked(window: &Window) -> Vec<(u64, Vec<Turn>)> {
    let sent = window.core.sent().into_iter();
    sent.filter_map(|request| match request {
        Request::Talk(TalkRequest::Ask { talk, turns, .. }) => Some((talk, turns)),
        _ => None,
    })
    .collect()
}

#[track_caller]
fn say(window: &mut Window, text: &str) {
    window.write("Message", text);
    window.click("Send");
}

/// Switches the endpoint on or off.
fn flip(window: &mut Window) {
    let label = "Let other programs use it";
    let switch = window.harness.get_by_role_and_label(Role::Switch, label);
    switch.click_accesskit();
    window.settle();
}

#[test]
fn a_message_is_answered_by_what_is_chosen() {
    let mut window = open(Sample::busy());
    say(&mut window, "put a clean mug on the desk");
    assert!(window.shows("go to countertop 1"));
    assert!(
        window.shows("Put some mug on the shelf"),
        "its memories are named"
    );
    assert!(window.shows("tokens a second"));
    let (_, turns) = asked(&window).remove(0);
    assert_eq!(turns.len(), 1);
    let speaker = &turns[0].speaker;
    assert!(speaker.adapter.is_some() && speaker.bank.is_some());
    assert!((speaker.strength - 1.0).abs() < f64::EPSILON);
    assert_eq!(turns[0].messages.len(), 2, "instructions and the message");
    picture(&mut window, "try");

    say(&mut window, "You are at countertop 1.");
    let (_, turns) = asked(&window).remove(1);
    let said: Vec<&str> = turns[0]
        .messages
        .iter()
        .map(|it| it.content.as_str())
        .collect();
    assert_eq!(
        said[1..],
        [
            "put a clean mug on the desk",
            "go to countertop 1",
            "You are at countertop 1."
        ]
    );
}

#[test]
fn enter_sends_and_shift_and_enter_begins_a_line() {
    let mut window = open(Sample::busy());
    window.write("Message", "look");
    window
        .harness
        .key_press_modifiers(Modifiers::SHIFT, Key::Enter);
    window.settle();
    window.harness.get_by_label("Message").type_text("again");
    window.settle();
    assert!(asked(&window).is_empty(), "a line was begun");
    window.harness.key_press(Key::Enter);
    window.settle();
    let (_, turns) = asked(&window).remove(0);
    assert_eq!(turns[0].messages[1].content, "look\nagain");
}

#[test]
fn with_and_without_memories_side_by_side() {
    let mut window = open(Sample::busy());
    window.click("Memories");
    say(&mut window, "put a clean mug on the desk");
    let (_, turns) = asked(&window).remove(0);
    assert!(turns[0].speaker.bank.is_some() && turns[1].speaker.bank.is_none());
    assert_eq!(turns[0].speaker.adapter, turns[1].speaker.adapter);
    assert_eq!(
        turns[0].messages, turns[1].messages,
        "memories are the only difference"
    );
    assert!(window.shows("With memories") && window.shows("Without memories"));
    assert!(window.shows("I would begin by looking"));
    picture(&mut window, "try-memories");

    window
        .harness
        .key_press_modifiers(Modifiers::ALT, Key::Num3);
    window.settle();
    say(&mut window, "and now");
    let (_, turns) = asked(&window).remove(1);
    assert!(turns[0].speaker.adapter.is_some() && turns[1].speaker.adapter.is_none());
    // Each goes on from what it said itself.
    assert_ne!(turns[0].messages[2], turns[1].messages[2]);
}

#[test]
fn an_answer_appears_as_it_is_written_and_can_be_stopped() {
    let core = ScriptedBackend::new(Sample::busy());
    // Asking takes a while; nothing is answered yet.
    core.hold(|request| matches!(request, Request::Talk(TalkRequest::Ask { .. })));
    let mut window = Window::open_on(core, PageId::Try.route());
    say(&mut window, "look");
    assert!(window.shows("Reading"));
    let (talk, _) = asked(&window).remove(0);
    let memory = MemoryUse {
        experience: "e".into(),
        goal: "put a mug in shelf".into(),
        task_type: "pick".into(),
        success: true,
        score: 0.8,
        rank: 0,
        num_tokens: 300,
    };
    for text in ["You", "You see a desk"] {
        let said = Said {
            text: text.into(),
            memories: vec![memory.clone()],
            completion_tokens: 4,
            secs: 0.5,
            ..Said::default()
        };
        let turn = 0;
        window.core.happen(Event::Talk { talk, turn, said });
        window.settle();
        assert!(window.shows(text));
    }
    assert!(window.shows("Put a mug in shelf"));
    picture(&mut window, "try-writing");
    window.click("Stop");
    assert!(
        window
            .core
            .was_sent(|request| *request == Request::Talk(TalkRequest::Stop))
    );
}

#[test]
fn an_error_stands_where_the_answer_would() {
    let core = ScriptedBackend::new(Sample::busy());
    core.answer(|request| match request {
        Request::Talk(TalkRequest::Ask { .. }) => {
            Some(Err(ApiError::new("The model is too tired")))
        }
        _ => None,
    });
    let mut window = Window::open_on(core, PageId::Try.route());
    say(&mut window, "look");
    assert!(window.shows("The model is too tired"));
    say(&mut window, "look again");
    let (_, turns) = asked(&window).remove(1);
    assert_eq!(turns[0].messages.len(), 2, "what failed was never said");
}

#[test]
fn other_programs_are_let_in_only_when_somebody_wants_it() {
    let mut window = open(Sample::busy());
    assert!(!window.shows("lore-"), "no token while it is off");
    let is_open = |request: &Request| matches!(request, Request::Talk(TalkRequest::Open { .. }));
    assert!(!window.core.was_sent(is_open));
    flip(&mut window);
    assert!(window.core.was_sent(is_open));

    window
        .core
        .change(|sample| sample.endpoint = Sample::serving().endpoint);
    window.core.happen(Event::Stale(Topic::Endpoint));
    window.settle();
    assert!(window.shows("http://127.0.0.1:8371/v1"));
    assert!(window.shows("lore-5b1e0c7a"));
    assert!(window.shows("from openai import OpenAI"));
    let curl = window.harness.get_by_label("curl");
    curl.scroll_to_me();
    curl.click_accesskit();
    window.settle();
    assert!(window.shows("Authorization: Bearer"));
    picture(&mut window, "try-endpoint");
}

#[test]
fn an_open_endpoint_is_closed_and_a_broken_one_says_why() {
    let mut window = open(Sample::serving());
    assert!(window.shows("3 messages answered"));
    flip(&mut window);
    assert!(
        window
            .core
            .was_sent(|request| *request == Request::Talk(TalkRequest::Close))
    );

    window.core.change(|sample| {
        sample.endpoint = EndpointState::Failed {
            error: ApiError::new("The port is taken"),
        };
    });
    window.core.happen(Event::Stale(Topic::Endpoint));
    window.settle();
    assert!(window.shows("The port is taken"));
}

#[test]
fn empty_places_say_what_to_do_next() {
    let mut window = open(Sample::fresh());
    assert!(window.shows("A training makes an adapter for this model."));
    picture(&mut window, "try-fresh");
    window.click("Train one");
    assert_eq!(window.route().page(), PageId::Train);

    let core = ScriptedBackend::new(Sample::fresh());
    core.answer(|request| match request {
        Request::Model(ModelRequest::List) => {
            Some(Ok(Response::Model(ModelResponse::List(Vec::new()))))
        }
        _ => None,
    });
    let mut window = Window::open_on(core, PageId::Try.route());
    window.click("Get models");
    assert_eq!(window.route().page(), PageId::Models);
}

#[test]
fn an_adapter_is_tried_from_where_it_is_shown() {
    let sample = Sample::busy();
    let adapter = sample.adapters.last().expect("there are two").id.clone();
    let mut window = Window::open(sample, Route::Export(Some(adapter.clone())));
    window.click("Try it");
    assert_eq!(window.route(), Route::Try(Some(adapter.clone())));
    say(&mut window, "look");
    let (_, turns) = asked(&window).remove(0);
    assert_eq!(turns[0].speaker.adapter, Some(adapter));
}

#[test]
fn a_new_chat_forgets() {
    let mut window = open(Sample::busy());
    say(&mut window, "look");
    window.click("New chat");
    assert!(window.shows("Nothing was said yet"));
    say(&mut window, "again");
    let (_, turns) = asked(&window).remove(1);
    assert_eq!(turns[0].messages.len(), 2);
}
