//! Asking an agent what it would have done in the episodes of a data set.

mod common;

use common::Window;
use common::work::{click, open, pick, picture, press};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use lore_protocol::{AgreementWork, JobRequest, Request, Work};
use lore_ui::backend::Sample;
use lore_ui::{PageId, Route};

/// A data set that nobody learned from, with two agents that were asked about it.
fn recorded() -> Route {
    Route::Datasets(Some("alfworld-human".into()))
}

/// What was started.
fn started(window: &Window) -> Option<(AgreementWork, String)> {
    let sent = window.core.sent().into_iter();
    sent.rev().find_map(|request| match request {
        Request::Job(JobRequest::Submit { work, title, .. }) => match *work {
            Work::Agreement(work) => Some((work, title)),
            _ => None,
        },
        _ => None,
    })
}

#[test]
fn an_adapter_is_asked_with_the_memories_it_learned_with() {
    let mut window = open(recorded());
    press(&mut window, Role::Button, "Ask an agent");
    pick(&mut window, "Agent", "ExpRAG-LoRA of the sample");
    assert!(window.shows("It learned with memories in view"));
    assert!(window.shows("Takes "));
    window.harness.key_press(egui::Key::Escape);
    window.settle();
    picture(&mut window, "agreement-form");
    press(&mut window, Role::Button, "Ask the agent");
    let (work, title) = started(&window).expect("it was asked");
    assert_eq!(work.dataset.as_str(), "alfworld-human");
    let adapter = work.adapter.expect("one was chosen");
    assert_eq!(adapter.as_str(), "sample-1-exprag-lora-seed2025");
    assert_eq!(work.bank.expect("as in training").as_str(), "sample-1-bank");
    assert!(
        title.contains("ExpRAG-LoRA of the sample · 2 memories"),
        "{title}"
    );
}

#[test]
fn a_model_as_it_is_is_asked_without_memories_unless_somebody_chose() {
    let mut window = open(recorded());
    press(&mut window, Role::Button, "Ask an agent");
    press(&mut window, Role::Button, "Ask the agent");
    let (work, _) = started(&window).expect("it was asked");
    assert_eq!(
        (work.adapter, work.bank, work.max_trajectories),
        (None, None, 50)
    );
    pick(&mut window, "Memories", "From Bank of the sample");
    press(&mut window, Role::Button, "Ask the agent");
    let (work, _) = started(&window).expect("it was asked again");
    assert_eq!(work.bank.expect("chosen").as_str(), "sample-1-bank");
    assert_eq!(work.retrieval.k, 2);
}

#[test]
fn an_adapter_is_not_asked_about_what_it_learned() {
    let mut window = open(Route::Datasets(Some("sample-1-episodes".into())));
    press(&mut window, Role::Button, "Ask an agent");
    pick(&mut window, "Agent", "ExpRAG-LoRA of the sample");
    assert!(window.shows("asked about unseen kinds of task only"));
}

#[test]
fn agents_stand_beside_each_other_and_the_chosen_one_is_explained() {
    let mut window = open(recorded());
    assert!(
        !window.shows("Agents beside each other"),
        "not before it is wanted"
    );
    press(&mut window, Role::Button, "Ask an agent");
    assert!(window.shows("Agents beside each other"));
    assert!(window.shows("Another action may be as good"));
    assert!(window.shows("Unseen kinds"));
    assert!(window.shows("3 episodes with more text"));
    let lead = |window: &Window, sign: &str| {
        let rows = window.harness.query_all_by_role(Role::Row);
        let mut names = rows.filter_map(|row| row.accesskit_node().label());
        names.any(|name| name.contains('…') && name.contains(&format!(", {sign}")))
    };
    assert!(lead(&window, "+"), "the newest agent is ahead of the other");
    picture(&mut window, "agreement-results");
    let other = window.harness.get_all_by_role(Role::Row).find(|row| {
        row.accesskit_node()
            .label()
            .is_some_and(|it| it.starts_with("SmolLM2"))
    });
    other.expect("the model as it is").click_accesskit();
    window.settle();
    assert!(lead(&window, "-"), "seen from the other side");
    press(&mut window, Role::Button, "Close");
    assert!(!window.shows("Agents beside each other"));
}

#[test]
fn a_job_shows_what_came_out_and_leads_to_its_data_set() {
    let mut window = open(Route::Runs {
        experiment: None,
        job: Some("agreement-tuned".into()),
    });
    assert!(window.shows("Would have done the same"));
    assert!(window.shows("ExpRAG-LoRA of the sample · 2 memories"));
    picture(&mut window, "agreement-job");
    click(&mut window, "Show its data set");
    assert_eq!(window.route(), recorded());
}

#[test]
fn without_a_model_there_is_nobody_to_ask() {
    let mut sample = Sample::busy();
    sample.models.clear();
    let mut window = Window::open(sample, PageId::Datasets.route());
    press(&mut window, Role::Button, "Ask an agent");
    assert!(window.shows("There is no language model"));
    assert!(started(&window).is_none());
}
