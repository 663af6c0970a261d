//! Settings about the data folder, its backup, how everything is, and logs.

mod common;

use std::collections::BTreeSet;

use common::Window;
use common::work::{picture, press};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable};
use lore_core::Kept;
use lore_protocol::{
    ApiError, BackUpWork, DataPlace, Event, JobState, Language, Request, ShellEvent, ShellRequest,
    StorageRequest, SupportRequest, Updates, Work,
};
use lore_ui::Route;
use lore_ui::backend::Sample;

const DATA: &str = "Data and backup";
const HEALTH: &str = "Health and support";

fn open(sample: Sample, view: &str) -> Window {
    let mut window = Window::open(sample, Route::Settings);
    window.click(view);
    window
}

fn sent(window: &Window, wanted: &StorageRequest) -> bool {
    window
        .core
        .was_sent(|request| matches!(request, Request::Storage(request) if request == wanted))
}

fn asked(window: &Window, wanted: &SupportRequest) -> bool {
    window
        .core
        .was_sent(|request| matches!(request, Request::Support(request) if request == wanted))
}

#[test]
fn what_takes_room_is_told_by_kind() {
    let mut window = open(Sample::busy(), DATA);
    for kind in [Kept::Model, Kept::Dataset, Kept::Experiment] {
        assert!(window.shows(kind.label()), "{kind:?}");
    }
    assert!(window.shows("189 MB"));
    assert!(window.shows("609 MB in all"));
    picture(&mut window, "settings-data");
}

#[test]
fn everything_is_backed_up_where_the_dialog_says() {
    let mut window = open(Sample::busy(), DATA);
    press(&mut window, Role::Switch, "With models");
    press(&mut window, Role::Button, "Back up everything…");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Shell(ShellRequest::Save { name }) if name == "backup.lorekeeper"
    )));
    // The dialog's answer lacks the ending.
    let path = "/home/ada/Documents/episodes.jsonl.lorekeeper".into();
    assert!(sent(
        &window,
        &StorageRequest::BackUp { path, models: true }
    ));
}

#[test]
fn the_backup_that_was_written_can_be_shown() {
    let mut sample = Sample::busy();
    let mut job = sample.jobs[0].clone();
    job.spec.id = "backup-1".into();
    job.spec.work = Work::BackUp(BackUpWork {
        path: "/home/ada/backup.lorekeeper".into(),
        models: false,
    });
    job.state = JobState::Finished {
        summary: "Everything was saved (240.0 MB).".into(),
    };
    sample.jobs.push(job);
    let mut window = open(sample, DATA);
    press(&mut window, Role::Button, "Back up everything…");
    assert!(window.shows("Everything was saved"));
    press(&mut window, Role::Button, "Show in folder");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Shell(ShellRequest::Reveal { path }) if path == "/home/ada/backup.lorekeeper"
    )));
}

#[test]
fn a_backup_that_is_opened_leads_to_a_look_inside() {
    let mut window = Window::open(Sample::busy(), Route::Home);
    let path = || "/home/ada/old.lorekeeper".to_owned();
    let paths = vec![path()];
    window
        .core
        .happen(Event::Shell(ShellEvent::Dropped { paths }));
    window.settle();
    assert_eq!(window.route(), Route::Settings);
    assert!(sent(&window, &StorageRequest::Inspect { path: path() }));
    assert!(window.shows("3 are here already and stay"));
    press(&mut window, Role::Button, "Cancel");
    assert!(window.shows("Choose a backup…"), "it is looked into once");
}

#[test]
fn a_backup_is_shown_before_it_is_taken_in() {
    let mut sample = Sample::busy();
    sample.picked = Some("/home/ada/old.lorekeeper".into());
    let mut window = open(sample, DATA);
    press(&mut window, Role::Button, "Choose a backup…");
    assert!(window.shows("3 are here already and stay"));
    assert!(window.shows("Left out, because it was not done: Train mug finder"));
    let path = || "/home/ada/old.lorekeeper".to_owned();
    assert!(sent(&window, &StorageRequest::Inspect { path: path() }));
    window
        .harness
        .get_by_role_and_label(Role::Button, "Restore")
        .scroll_to_me();
    press(&mut window, Role::Switch, "Take its settings, too");
    picture(&mut window, "settings-restore");
    press(&mut window, Role::Button, "Restore");
    let settings = true;
    assert!(sent(
        &window,
        &StorageRequest::Restore {
            path: path(),
            settings
        }
    ));
}

#[test]
fn a_file_that_is_no_backup_says_so() {
    let mut sample = Sample::busy();
    sample.picked = Some("/home/ada/photo.png".into());
    let mut window = open(sample, DATA);
    window.core.answer(|request| match request {
        Request::Storage(StorageRequest::Inspect { path }) => {
            let sentence = format!("{path} is not a backup of Lorekeeper, or only a part of one.");
            Some(Err(ApiError::new(sentence)))
        }
        _ => None,
    });
    press(&mut window, Role::Button, "Choose a backup…");
    assert!(window.shows("is not a backup"));
    press(&mut window, Role::Button, "Close");
    assert!(window.shows("Choose a backup…"));
}

#[test]
fn the_data_folder_is_moved_once_somebody_says_yes() {
    let mut sample = Sample::busy();
    sample.picked = Some("/media/big/lore".into());
    let mut window = open(sample, DATA);
    let folder = "/media/big/lore".to_owned();
    let wanted = StorageRequest::Move { folder };
    press(&mut window, Role::Button, "Move to another folder…");
    assert!(window.shows("Copy everything (609 MB) to this folder?"));
    assert!(!sent(&window, &wanted), "nobody said yes");
    press(&mut window, Role::Button, "Copy");
    assert!(sent(&window, &wanted));
}

#[test]
fn a_moved_folder_is_explained_before_and_after_the_restart() {
    let mut sample = Sample::busy();
    sample.usage.place.next = Some("/media/big/lore".into());
    let mut window = open(sample, DATA);
    assert!(window.shows("once it is started again"));
    picture(&mut window, "settings-moving");
    press(&mut window, Role::Button, "Start again now");
    assert!(
        window
            .core
            .was_sent(|request| matches!(request, Request::Shell(ShellRequest::Restart)))
    );
    press(&mut window, Role::Button, "Stay in the present folder");
    assert!(sent(&window, &StorageRequest::Stay));

    let mut sample = Sample::busy();
    sample.usage.place = DataPlace {
        previous: Some("/home/ada/Old".into()),
        ..DataPlace::default()
    };
    let mut window = open(sample, DATA);
    press(&mut window, Role::Button, "Open the old folder");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Shell(ShellRequest::Reveal { path }) if path == "/home/ada/Old"
    )));
    press(&mut window, Role::Button, "Mention it no more");
    assert!(sent(&window, &StorageRequest::Forget));
}

#[test]
fn a_folder_that_was_named_for_this_start_stays() {
    let mut sample = Sample::busy();
    sample.usage.place.why_fixed = "This window was opened with a data folder of its own.".into();
    let mut window = open(sample, DATA);
    assert!(window.shows("opened with a data folder of its own"));
    window.click("Move to another folder…");
    assert!(
        !window
            .core
            .was_sent(|request| matches!(request, Request::Shell(ShellRequest::Pick { .. })))
    );
}

#[test]
fn every_finding_says_how_it_is_and_what_to_do() {
    let mut window = open(Sample::busy(), HEALTH);
    assert!(window.shows("1.1 GB of 16.8 GB free"));
    assert!(window.shows("needs action"));
    assert!(window.shows("Close other programs"));
    picture(&mut window, "settings-health");
    let num_asked = |window: &Window| {
        let sent = window.core.sent();
        let health =
            |request: &&Request| matches!(request, Request::Support(SupportRequest::Health));
        sent.iter().filter(health).count()
    };
    let before = num_asked(&window);
    press(&mut window, Role::Button, "Look again");
    assert_eq!(num_asked(&window), before + 1);
    press(&mut window, Role::Button, "Check the models");
    assert!(asked(&window, &SupportRequest::CheckModels));
}

#[test]
fn a_report_is_read_before_it_is_saved() {
    let mut window = open(Sample::busy(), HEALTH);
    assert!(!window.shows("Save the report…"), "there is none yet");
    press(&mut window, Role::Button, "Put a report together");
    press(&mut window, Role::ListItem, "about.txt");
    assert!(window.shows("Data folder: ~/Lorekeeper"));
    window.harness.get_by_label("about.txt").scroll_to_me();
    window.settle();
    picture(&mut window, "settings-report");
    press(&mut window, Role::Button, "Save the report…");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Shell(ShellRequest::Save { name }) if name == "lorekeeper-report.zip"
    )));
    let path = "/home/ada/Documents/episodes.jsonl".into();
    assert!(asked(&window, &SupportRequest::Save { path }));
}

#[test]
fn a_long_log_is_filtered_and_a_line_is_copied() {
    let mut window = open(Sample::busy(), "Log");
    assert!(window.shows("400 lines"));
    picture(&mut window, "settings-log");
    press(&mut window, Role::Switch, "Only problems");
    assert!(window.shows("100 lines"));
    window.write("Search the log", "(2)");
    assert!(window.shows("1 line"));
    window.click_first("Could not read queue.json");
    assert!(window.shows("is cut (2)"), "the line is shown in full");
    press(&mut window, Role::Button, "Copy");
    assert!(window.shows("Text copied"));
    window.write("Search the log", " nowhere");
    assert!(window.shows("Nothing matches"));
}

/// Everything that is said in a view.
fn said(sample: Sample, view: &str) -> BTreeSet<String> {
    let mut window = Window::open(sample, Route::Settings);
    window.click(view);
    let mut said = BTreeSet::new();
    for node in window.harness.root().children_recursive() {
        let node = node.accesskit_node();
        said.extend(node.label());
        said.extend(node.value());
    }
    said
}

#[test]
fn every_part_speaks_german() {
    let mut sample = Sample::busy();
    sample.usage.place.previous = Some("/home/ada/Old".into());
    let data = format!("{sample:?}");
    let mut german = sample.clone();
    german.settings.language = Language::German;
    let mut missing = BTreeSet::new();
    for (english_view, german_view) in [
        (DATA, "Daten und Sicherung"),
        (HEALTH, "Zustand und Hilfe"),
        ("Log", "Protokoll"),
    ] {
        let english = said(sample.clone(), english_view);
        let german = said(german.clone(), german_view);
        let same = english.intersection(&german).filter(|text| {
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            let is_name = [
                "Ctrl",
                "Export",
                "Lorekeeper",
                "lore_app",
                "Java",
                "Adapter",
            ];
            letters > 3
                && !data.contains(text.as_str())
                && !is_name.iter().any(|name| text.contains(name))
        });
        missing.extend(same.cloned());
    }
    assert!(
        missing.is_empty(),
        "assets/words_de.json lacks:\n{}",
        missing.into_iter().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn a_program_without_an_address_says_nothing_of_updates() {
    let mut sample = Sample::busy();
    sample.updates = [Updates::Off, Updates::Off];
    let window = Window::open(sample, Route::Settings);
    assert!(!window.shows("Look for updates"));
}

#[test]
fn a_newer_version_is_looked_for_and_installed_only_when_asked() {
    let mut window = Window::open(Sample::busy(), Route::Settings);
    let was_sent = |window: &Window, wanted: &ShellRequest| {
        window
            .core
            .was_sent(|request| matches!(request, Request::Shell(request) if request == wanted))
    };
    assert!(!was_sent(&window, &ShellRequest::LookForUpdate));
    press(&mut window, Role::Button, "Look for updates");
    assert!(window.shows("Version 0.2.0 is there."));
    assert!(!was_sent(&window, &ShellRequest::InstallUpdate));
    press(&mut window, Role::Button, "Install and restart");
    assert!(was_sent(&window, &ShellRequest::InstallUpdate));
}

#[test]
fn the_newest_version_says_so() {
    let mut sample = Sample::busy();
    sample.updates[1] = Updates::Current;
    sample.settings.language = Language::German;
    let mut window = Window::open(sample, Route::Settings);
    press(&mut window, Role::Button, "Nach Aktualisierungen suchen");
    assert!(window.shows("Dies ist die neueste Fassung."));
}
