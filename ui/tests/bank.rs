//! The experience bank.

mod common;

use common::Window;
use lore_core::RetrievalMode;
use lore_protocol::{BankRequest, Request};
use lore_ui::backend::Sample;
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
    window.click("Close this message");
    assert!(window.core.was_sent(removes));
}

#[test]
fn asking_shows_what_would_be_retrieved_and_why() {
    let mut window = open(Sample::busy());
    window.click("What would be retrieved for…");
    window.write("Task in words", "put a clean mug on the desk");
    window.click("Whole episodes");
    window.click("Ask");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Bank(BankRequest::Ask { query, .. })
            if query.k == 2
                && query.mode == RetrievalMode::Dynamic
                && query.text == "put a clean mug on the desk"
    )));
    assert!(window.shows("Similarity 0.930"));
    assert!(window.shows("in the prompt"));
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
