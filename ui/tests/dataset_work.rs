//! What is done with a data set: taking it along, reading a table, looking for leaks, counting, filtering,
//! giving labels.

mod common;

use common::Window;
use common::work::{pick, press};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use lore_core::{ColumnRole, EpisodeEnd, ExportForm, Labels};
use lore_protocol::{
    ApiError, DatasetRequest, Event, ExportTrajectoriesWork, JobState, Request, ShellEvent,
    ShellRequest, Source, Topic, TrajectoryRequest, Work,
};
use lore_ui::backend::{Sample, ScriptedBackend};
use lore_ui::{PageId, Route};

fn open(sample: Sample) -> Window {
    Window::open(sample, PageId::Datasets.route())
}

fn drop_table(sample: Sample) -> Window {
    let mut window = open(sample);
    let paths = vec!["/home/ada/steps.csv".to_owned()];
    let dropped = ShellEvent::Dropped { paths };
    window.core.happen(Event::Shell(dropped));
    window.settle();
    window
}

fn exports(form: ExportForm, path: &str) -> impl Fn(&Request) -> bool {
    move |request| {
        matches!(
            request,
            Request::Trajectory(TrajectoryRequest::Export { form: asked, path: file, .. })
                if *asked == form && file == path
        )
    }
}

#[test]
fn episodes_are_written_where_the_dialog_says() {
    let mut window = open(Sample::busy());
    let keys = (Modifiers::COMMAND, Key::E);
    window.harness.key_press_modifiers(keys.0, keys.1);
    window.settle();
    press(&mut window, Role::Button, "Choose…");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Shell(ShellRequest::Save { name }) if name == "expert-episodes-of-the-sample.jsonl"
    )));
    // Another form ends the name of the file in another way.
    pick(&mut window, "Form", "Parquet table");
    assert!(window.shows("as the Hugging Face hub keeps it"));
    let exports = exports(ExportForm::Parquet, "/home/ada/Documents/episodes.parquet");
    assert!(!window.core.was_sent(&exports));
    let form = window
        .harness
        .get_all_by_role_and_label(Role::Button, "Export");
    form.last().expect("the form has one").click_accesskit();
    window.settle();
    assert!(window.core.was_sent(&exports));
}

#[test]
fn the_file_that_was_written_can_be_shown() {
    let mut sample = Sample::busy();
    let mut job = sample.jobs[0].clone();
    job.spec.id = "export-1".into();
    job.spec.work = Work::ExportTrajectories(ExportTrajectoriesWork {
        source: Source::Dataset {
            id: "sample-1-episodes".into(),
        },
        form: ExportForm::Lorekeeper,
        path: "/home/ada/Documents/episodes.jsonl".into(),
    });
    job.state = JobState::Finished {
        summary: "48 episodes were written.".into(),
    };
    sample.jobs.push(job);
    let mut window = open(sample);
    window.core.happen(Event::Stale(Topic::Jobs));
    press(&mut window, Role::Button, "Export");
    press(&mut window, Role::Button, "Choose…");
    let form = window
        .harness
        .get_all_by_role_and_label(Role::Button, "Export");
    form.last().expect("the form has one").click_accesskit();
    window.settle();
    assert!(window.shows("48 episodes were written."));
    press(&mut window, Role::Button, "Show in folder");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Shell(ShellRequest::Reveal { path }) if path.ends_with("episodes.jsonl")
    )));
    press(&mut window, Role::Button, "Close");
    assert!(!window.shows("Write them for other programs"));
}

#[test]
fn the_episodes_of_an_experiment_are_written_too() {
    let mut window = Window::open(Sample::busy(), PageId::Trajectories.route());
    press(&mut window, Role::Button, "Export");
    press(&mut window, Role::Button, "Choose…");
    let form = window
        .harness
        .get_all_by_role_and_label(Role::Button, "Export");
    form.last().expect("the form has one").click_accesskit();
    window.settle();
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Trajectory(TrajectoryRequest::Export {
            source: Source::Experiment { .. },
            ..
        })
    )));
}

#[test]
fn what_columns_mean_is_guessed_and_can_be_changed() {
    let mut window = drop_table(Sample::with_table());
    assert!(window.shows("What the columns mean"));
    assert!(window.shows("The first of them as they would come in"));
    pick(&mut window, "Episode", "run: 17");
    let says_episode = |request: &Request| {
        let columns = match request {
            Request::Dataset(DatasetRequest::Inspect { columns, .. }) => columns.as_ref(),
            _ => None,
        };
        columns.is_some_and(|map| map.column(ColumnRole::Episode) == Some("run"))
    };
    assert!(window.core.was_sent(says_episode), "the preview follows");
    press(&mut window, Role::Button, "Bring it in");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Dataset(DatasetRequest::Import { columns: Some(map), .. })
            if map.column(ColumnRole::Action) == Some("did")
    )));
}

#[test]
fn a_table_nobody_understands_asks_for_its_columns() {
    let mut sample = Sample::with_table();
    sample.guess.format = String::new();
    sample.guess.num_items = 0;
    sample.guess.previews.clear();
    sample.guess.mapping.0.remove(&ColumnRole::Action);
    let mut window = drop_table(sample);
    assert!(window.shows("the names of its columns do not tell"));
    assert!(window.shows("Choose the column with what the agent did"));
    pick(&mut window, "Action", "did: go to desk 1");
    assert!(!window.shows("Choose the column with what the agent did"));
    press(&mut window, Role::Button, "Guess again");
    assert!(window.shows("Choose the column with what the agent did"));
}

#[test]
fn both_sides_of_a_leak_open() {
    let mut window = open(Sample::busy());
    assert!(window.shows("On both sides of the split"));
    assert!(window.shows("The same game"));
    assert!(window.shows("The 3 most similar of 5 pairs"));
    press(&mut window, Role::Button, "Show more");
    assert!(window.shows("The 5 most similar of 5 pairs"));
    let compare = window.harness.get_all_by_label("Side by side").next();
    compare.expect("each pair has one").click_accesskit();
    window.settle();
    assert!(matches!(window.route(), Route::Beside { .. }));
}

#[test]
fn a_side_of_a_leak_leads_to_its_episode() {
    let sample = Sample::busy();
    let unseen = sample.leaks[0].1.unseen.clone();
    let goal = lore_ui::format::goal(&sample.leaks[0].1.goals[1]);
    let mut window = open(sample);
    // The unseen side of the first pair is the seen side of the second.
    let rows = window
        .harness
        .get_all_by_role_and_label(Role::ListItem, &goal);
    let row = rows.into_iter().next();
    row.expect("the unseen side is a row").click_accesskit();
    window.settle();
    let opened =
        matches!(window.route(), Route::Trajectories { id: Some(id), .. } if id.as_str() == unseen);
    assert!(opened, "{:?}", window.route());
}

#[test]
fn a_set_without_leaks_warns_of_none() {
    let mut sample = Sample::busy();
    sample.leaks.clear();
    assert!(!open(sample).shows("On both sides of the split"));
}

#[test]
fn episodes_are_counted_in_six_ways() {
    let mut window = open(Sample::busy());
    assert!(window.shows("Success: 48"));
    for (view, said) in [
        ("World", "alfworld: 48 in all, 48 reached the goal"),
        ("Tokens", "Up to 1,024: 18"),
        ("Attempts", "2 attempts: 5"),
        ("Copies", "Only once: 48"),
    ] {
        let choice = window
            .harness
            .get_by_role_and_label(Role::RadioButton, view);
        choice.click_accesskit();
        window.settle();
        assert!(window.shows(said), "{view}");
    }
    let choice = window
        .harness
        .get_by_role_and_label(Role::RadioButton, "Actions");
    choice.click_accesskit();
    window.settle();
    assert!(window.shows("6 to 10: 32"));
}

#[test]
fn filters_narrow_the_list_and_come_off() {
    let mut window = open(Sample::busy());
    let asks = |words: &str, kind: Option<&str>| {
        let (words, kind) = (words.to_owned(), kind.map(str::to_owned));
        move |request: &Request| match request {
            Request::Dataset(DatasetRequest::Trajectories { filter, .. }) => {
                filter.text == words && filter.task_types.first() == kind.as_ref()
            }
            _ => false,
        }
    };
    window.harness.key_press(Key::Slash);
    window.settle();
    let search = window.harness.get_by_label("Search goals and texts");
    search.type_text("mug");
    window.settle();
    pick(&mut window, "Kind of task", "Look at in light");
    let both = asks("mug", Some("look_at_obj_in_light"));
    assert!(window.core.was_sent(both));
    press(&mut window, Role::Button, "Clear the filters");
    assert!(!window.shows("Clear the filters"));
}

#[test]
fn labels_of_what_is_listed_change_and_come_back() {
    let mut window = open(Sample::busy());
    let keys = (Modifiers::COMMAND, Key::L);
    window.harness.key_press_modifiers(keys.0, keys.1);
    window.settle();
    window.write("New kind of task", "look around");
    pick(&mut window, "New outcome", "Failure");
    press(&mut window, Role::Button, "Change the labels");
    let labels = Labels {
        task_type: Some("look around".into()),
        end: Some(EpisodeEnd::Failure),
    };
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Dataset(DatasetRequest::Relabel { labels: given, .. }) if *given == labels
    )));
    window.click("Undo");
    assert!(window.core.was_sent(|request| matches!(
        request,
        Request::Dataset(DatasetRequest::TakeBackLabels { .. })
    )));
}

#[test]
fn labels_that_a_job_needs_are_refused_beside_the_form() {
    let core = ScriptedBackend::new(Sample::busy());
    core.answer(|request| {
        let is_change = matches!(request, Request::Dataset(DatasetRequest::Relabel { .. }));
        is_change.then(|| Err(ApiError::precondition("The data set is needed by a job.")))
    });
    let mut window = Window::open_on(core, PageId::Datasets.route());
    press(&mut window, Role::Button, "Edit labels");
    window.write("New kind of task", "other");
    press(&mut window, Role::Button, "Change the labels");
    assert!(window.shows("The data set is needed by a job."));
}
