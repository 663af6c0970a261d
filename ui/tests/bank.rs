//! The experience bank.

mod common;

use common::Window;
use common::work::{pick, press};
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use lore_core::{GridSpec, KeyKind, OutcomeFilter, Query, SearchKind};
use lore_protocol::{BankRequest, CompareRetrievalWork, JobState, Request, Work};
use lore_ui::backend::{Sample, ScriptedBackend};
use lore_ui::{PageId, Route};

fn open(sample: Sample) -> Window {
    Window::open(sample, PageId::Bank.route())
}

fn open_experience(window: &mut Window) {
    window.click_first("Put a clean mug in the shelf");
    assert!(matches!(
        window.route(),
        Route::Bank {
            experience: Some(_),
            ..
        }
    ));
}

/// Writes into the field called `label`, which its label says, too.
#[track_caller]
fn fill(window: &mut Window, label: &str, text: &str) {
    let input = window.harness.get_by_role_and_label(Role::TextInput, label);
    input.focus();
    window.settle();
    let input = window.harness.get_by_role_and_label(Role::TextInput, label);
    input.type_text(text);
    window.settle();
}

/// Everything that was asked of a bank, with its room for memories.
fn asked(window: &Window) -> Vec<(Query, usize)> {
    let sent = window.core.sent().into_iter();
    sent.filter_map(|request| match request {
        Request::Bank(BankRequest::Explain {
            query,
            token_budget,
            ..
        }) => Some((query, token_budget)),
        _ => None,
    })
    .collect()
}

fn previews(request: &Request) -> bool {
    matches!(request, Request::Bank(BankRequest::PreviewRemoval { ids, .. }) if ids.len() == 1)
}

fn removes(request: &Request) -> bool {
    matches!(request, Request::Bank(BankRequest::Remove { .. }))
}

#[test]
fn without_a_bank_the_way_to_one_is_shown() {
    let mut window = open(Sample::fresh());
    assert!(window.shows("No experience bank yet"));
    window.click("Choose a data set");
    assert_eq!(window.route().page(), PageId::Datasets);
}

#[test]
fn rows_are_filtered_by_the_core() {
    let mut window = open(Sample::busy());
    window.write("Search goals and texts", "egg");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Bank(BankRequest::Rows { filter, .. }) if filter.text == "egg"
    )));
    window.click("Solved");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Bank(BankRequest::Rows { filter, .. }) if filter.success == Some(true)
    )));
}

#[test]
fn what_matches_nothing_offers_everything() {
    let mut window = open(Sample::busy());
    window.write("Search goals and texts", "submarine");
    assert!(window.shows("Nothing matches"));
    window.click("Show everything");
    assert!(!window.shows("Nothing matches"));
}

#[test]
fn an_experience_is_pinned_and_unpinned_by_undo() {
    let mut window = open(Sample::busy());
    open_experience(&mut window);
    window.click("Pin");
    let pins = |pinned| move |request: &Request| matches!(request, Request::Bank(BankRequest::Pin { pinned: p, .. }) if *p == pinned);
    assert!(window.core.was_sent(pins(true)));
    window.click("Undo");
    assert!(window.core.was_sent(pins(false)));
}

#[test]
fn a_removal_can_be_taken_back_before_it_is_done() {
    let mut window = open(Sample::busy());
    open_experience(&mut window);
    window.click("Remove");
    press(&mut window, Role::Button, "Remove it");
    assert!(
        !window.core.was_sent(removes),
        "there is time to think again"
    );
    window.click("Undo");
    window.harness.run_steps(60);
    assert!(!window.core.was_sent(removes));
}

#[test]
fn a_removal_is_done_when_its_message_goes() {
    let mut window = open(Sample::busy());
    open_experience(&mut window);
    window.click("Remove");
    press(&mut window, Role::Button, "Remove it");
    window.click("Close this message");
    assert!(window.core.was_sent(removes));
}

#[test]
fn what_a_removal_would_change_is_shown_first() {
    let mut window = open(Sample::busy());
    open_experience(&mut window);
    window.click("Remove");
    assert!(window.core.was_sent(previews));
    assert!(window.shows("1 experience would leave this bank"));
    press(&mut window, Role::Button, "Keep it");
    assert!(!window.shows("would leave this bank"));
    assert!(!window.shows("will be removed from the bank"));
}

#[test]
fn a_lesson_is_noted_on_an_experience() {
    let mut window = open(Sample::busy());
    open_experience(&mut window);
    assert!(!window.shows("Save the lesson"), "nothing was written yet");
    fill(&mut window, "Lesson", "mugs are on the counter");
    press(&mut window, Role::Button, "Save the lesson");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Bank(BankRequest::SetLesson { lesson, .. }) if lesson == "mugs are on the counter"
    )));
}

#[test]
fn asking_shows_what_would_be_retrieved_and_why() {
    let mut window = open(Sample::busy());
    window.click("What would be retrieved for…");
    window.write("Task in words", "put a clean mug on the desk");
    pick(&mut window, "Compare with", "Whole episode");
    press(&mut window, Role::Button, "Ask");
    let (query, token_budget) = asked(&window).pop().expect("it was asked");
    assert_eq!(query.text, "put a clean mug on the desk");
    assert_eq!(query.selection.key, Some(KeyKind::Whole));
    assert_eq!((query.k, token_budget), (2, 0));
    assert!(window.shows("Similarity 0.930"));
    assert!(window.shows("in the prompt"));
    assert!(window.shows("Left out and why"));
    assert!(window.shows("Too much like a chosen one"));
    assert!(window.shows("15 experiences"), "kept out by their outcome");
}

#[test]
fn every_choice_reaches_the_question() {
    let mut window = open(Sample::busy());
    window.click("What would be retrieved for…");
    window.write("Task in words", "heat an egg");
    assert!(!window.shows("Only these kinds"));
    window.click("All choices");
    pick(&mut window, "Search", "By meaning and words");
    pick(&mut window, "Outcome", "Past episodes that succeeded");
    press(&mut window, Role::Button, "Heat and place");
    press(&mut window, Role::Button, "Alfworld");
    fill(&mut window, "Only if it mentions", "microwave");
    press(&mut window, Role::Switch, "Leave out weak matches");
    pick(&mut window, "Leave out", "Without Cool and place");
    press(&mut window, Role::Button, "Ask");
    let (query, _) = asked(&window).pop().expect("it was asked");
    let (filter, selection) = (&query.filter, &query.selection);
    assert_eq!(selection.search, SearchKind::Both);
    assert_eq!(selection.min_score, Some(30));
    assert_eq!(filter.outcome, OutcomeFilter::Successes);
    assert_eq!(
        (filter.task_types.len(), filter.without_types.len()),
        (1, 1)
    );
    assert_eq!(filter.environments, ["alfworld"]);
    assert_eq!(filter.text, "microwave");
    assert!(window.shows("Score 0.930"), "no similarity without a scale");
}

#[test]
fn keys_that_the_bank_lacks_are_not_offered() {
    let route = Route::Bank {
        bank: Some("people".into()),
        experience: None,
    };
    let mut window = Window::open(Sample::busy(), route);
    window.click("What would be retrieved for…");
    let list = window
        .harness
        .get_by_role_and_label(Role::ComboBox, "Compare with");
    list.click_accesskit();
    window.settle();
    assert!(window.shows("Whole episode"));
    assert!(!window.shows("Stretches of steps"));
}

#[test]
fn ways_of_retrieval_are_compared() {
    let core = ScriptedBackend::new(Sample::busy());
    core.change(|sample| {
        let mut job = sample.jobs.last().expect("there are jobs").clone();
        job.spec.id = "compare-1".into();
        job.spec.experiment = None;
        job.spec.work = Work::CompareRetrieval(CompareRetrievalWork {
            bank: "people".into(),
            grid: GridSpec::default(),
        });
        assert!(matches!(job.state, JobState::Finished { .. }));
        sample.jobs.push(job);
    });
    let mut window = Window::open_on(core, PageId::Bank.route());
    window.click("Compare");
    assert!(window.shows("Nothing compared yet"), "not of this bank");
    press(&mut window, Role::Button, "Stretches of steps");
    press(&mut window, Role::Switch, "Also with variety");
    press(&mut window, Role::Button, "Start comparing");
    let compares = |request: &Request| {
        matches!(
            request,
            Request::Bank(BankRequest::Compare { grid, .. })
                if !grid.keys.contains(&KeyKind::Window) && grid.diversities == [0, 50]
        )
    };
    assert!(window.core.was_sent(compares));
    assert!(window.shows("What each way finds"));
    assert!(window.shows("asked with: task"));
}

#[test]
fn the_map_names_itself_and_its_kinds() {
    let mut window = open(Sample::busy());
    window.click("Map");
    assert!(window.shows("Map of 60 experiences"));
    assert!(window.shows("Heat and place (10)"));
}

#[test]
fn a_deleted_bank_is_gone_at_once_and_back_by_undo() {
    let mut window = open(Sample::busy());
    window.click("More");
    window.click("Delete this bank");
    assert!(!window.shows("Bank of the sample, ") && window.shows("will be deleted"));
    window.click("Undo");
    window.harness.run_steps(60);
    let deletes = |request: &Request| matches!(request, Request::Bank(BankRequest::Delete { .. }));
    assert!(!window.core.was_sent(deletes));
}
