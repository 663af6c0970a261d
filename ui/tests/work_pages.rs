//! What a person does on the pages Train, Runs and Export, found by the words they see.

mod common;

use common::Window;
use common::work::{click, open, pick, picture};
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use lore_core::{
    BaseForm, KeyKind, MomentFormat, OutcomeFilter, QuestionKind, RetrievalMode, SearchKind,
    WorldSpec,
};
use lore_protocol::{
    ExperimentRequest, ExportRequest, JobRequest, Request, TrainWork, TrajectoryRequest, Work,
};
use lore_ui::backend::{Sample, ScriptedBackend};
use lore_ui::{PageId, Route};

/// Clicks a button that has its words in common with other things.
#[track_caller]
fn press(window: &mut Window, label: &str) {
    let role = egui::accesskit::Role::Button;
    window.harness.get_by_role_and_label(role, label).click();
    window.settle();
}

/// True when a training like this was asked for.
fn trained(window: &Window, fits: impl Fn(&TrainWork) -> bool) -> bool {
    window.core.was_sent(|request| match request {
        Request::Job(JobRequest::Submit { work, .. }) => {
            matches!(work.as_ref(), Work::Train(work) if fits(work))
        }
        _ => false,
    })
}

#[test]
fn a_training_is_started_as_it_was_filled_in() {
    let mut window = open(PageId::Train.route());
    click(
        &mut window,
        "Show similar past episodes while training (ExpRAG-LoRA)",
    );
    click(&mut window, "Paper");
    click(&mut window, "All numbers");
    picture(&mut window, "train-form");
    click(&mut window, "Start training");
    let started = trained(&window, |work| {
        work.bank.is_some()
            && work.config.retrieval.is_some()
            && work.config.max_steps == 0
            && !work.unseen_types.is_empty()
    });
    assert!(started, "the paper's recipe with memories was asked for");
}

#[test]
fn an_adapter_is_tried_on_the_way_when_somebody_wants_it() {
    let mut window = open(PageId::Train.route());
    click(&mut window, "Try it while it learns");
    picture(&mut window, "train-trials");
    click(&mut window, "Start training");
    let started = trained(&window, |work| {
        work.trials.as_ref().is_some_and(|trials| {
            trials.plan.num_tasks > 0 && trials.plan.keep_best && trials.agent.max_steps > 0
        })
    });
    assert!(started, "trials were asked for");
}

#[test]
fn trials_show_what_the_adapter_could_do() {
    let mut window = open(PageId::Train.route());
    click(&mut window, "Trainings (1)");
    assert!(window.shows("What it did in the first task after step 10"));
    let trial = window.harness.get_by_label("After step 5");
    trial.scroll_to_me();
    trial.click_accesskit();
    window.settle();
    picture(&mut window, "train-tried");
    assert!(window.shows("What it did in the first task after step 5"));
    assert!(window.shows("> open fridge 1"));
}

#[test]
fn what_an_adapter_and_its_training_may_be_reaches_the_recipe() {
    let mut window = open(PageId::Train.route());
    click(&mut window, "All numbers");
    for (role, label) in [
        (Role::Switch, "Keep the strength at high ranks (rsLoRA)"),
        (
            Role::Switch,
            "Learn the strength of every output as well (DoRA)",
        ),
        (Role::Switch, "Several short episodes at once (packing)"),
        (Role::RadioButton, "8 bits"),
        (Role::RadioButton, "as in its file"),
    ] {
        let control = window.harness.get_by_role_and_label(role, label);
        control.click_accesskit();
        window.settle();
    }
    picture(&mut window, "train-options");
    click(&mut window, "Start training");
    let started = trained(&window, |work| {
        let config = &work.config;
        config.lora.use_rslora
            && config.lora.use_dora
            && config.packing
            && config.moments == MomentFormat::EightBit
            && config.base == BaseForm::Stored
    });
    assert!(started, "what was chosen was asked for");
}

#[test]
fn the_loss_mask_is_shown_on_a_real_example() {
    let mut window = open(PageId::Train.route());
    click(&mut window, "Show on a real example");
    let painted = |request: &Request| {
        matches!(
            request,
            Request::Trajectory(TrajectoryRequest::Paint { .. })
        )
    };
    assert!(
        window.core.was_sent(painted),
        "an example was cut into tokens"
    );
    window.settle();
    window.harness.get_by_label_contains("tokens are learned");
    picture(&mut window, "train-mask");
}

#[test]
fn a_running_training_shows_its_curves_and_proof() {
    let mut window = open(PageId::Train.route());
    click(&mut window, "Trainings (1)");
    window.harness.get_by_label("Every part learns");
    for name in ["train/loss", "train/grad_norm"] {
        let asked = |request: &Request| matches!(request, Request::Job(JobRequest::Series { name: asked, .. }) if asked == name);
        assert!(window.core.was_sent(asked), "{name} is drawn");
    }
    picture(&mut window, "train-watch");
    click(&mut window, "Stop");
    let stopped = |request: &Request| matches!(request, Request::Job(JobRequest::Stop { .. }));
    assert!(window.core.was_sent(stopped));
}

#[test]
fn an_experiment_is_started_without_an_arm() {
    let mut window = open(PageId::Runs.route());
    click(&mut window, "New experiment");
    click(&mut window, "LoRA + ExpRAG");
    picture(&mut window, "runs-new");
    click(&mut window, "Start experiment");
    let started = window.core.was_sent(|request| match request {
        Request::Experiment(ExperimentRequest::Start { spec }) => spec.arms.len() == 4,
        _ => false,
    });
    assert!(started, "four of five arms were asked for");
}

#[test]
fn an_experiment_asks_harder_questions_when_it_is_told_to() {
    let mut window = open(PageId::Runs.route());
    click(&mut window, "New experiment");
    click(&mut window, "All choices");
    for name in ["ExpRAG-LoRA, empty bank", "ExpRAG-LoRA, dropout"] {
        let switch = window.harness.get_by_role_and_label(Role::Switch, name);
        switch.click_accesskit();
        window.settle();
    }
    picture(&mut window, "runs-new-variants");
    click(&mut window, "Start experiment");
    let started = window.core.was_sent(|request| match request {
        Request::Experiment(ExperimentRequest::Start { spec }) => {
            let variants: Vec<&str> = spec.arms[5..].iter().map(|arm| arm.id.as_str()).collect();
            variants == ["exprag_lora_empty", "exprag_lora_dropout"]
        }
        _ => false,
    });
    assert!(started, "the paper's arms and two more were asked for");
}

#[test]
fn every_way_of_retrieval_is_recorded_in_the_experiment() {
    let mut window = open(PageId::Runs.route());
    click(&mut window, "New experiment");
    click(&mut window, "All choices");
    pick(&mut window, "Looked up", "Again at every step");
    pick(&mut window, "Compare with", "Stretches of steps");
    pick(&mut window, "Ask with", "Last observations");
    pick(&mut window, "Search", "By meaning and words");
    pick(
        &mut window,
        "Outcome",
        "Half that succeeded, half that failed",
    );
    let never = "Never the kind of task that is played";
    let switch = window.harness.get_by_role_and_label(Role::Switch, never);
    switch.click_accesskit();
    window.settle();
    click(&mut window, "Start experiment");
    let started = window.core.was_sent(|request| match request {
        Request::Experiment(ExperimentRequest::Start { spec }) => {
            let (retrieval, selection) = (&spec.retrieval, &spec.retrieval.selection);
            retrieval.mode == RetrievalMode::Dynamic
                && retrieval.filter.outcome == OutcomeFilter::Balanced
                && selection.key == Some(KeyKind::Window)
                && selection.question == Some(QuestionKind::LastObservations)
                && selection.search == SearchKind::Both
                && selection.other_types
        }
        _ => false,
    });
    assert!(started, "what was chosen was asked for");
}

#[test]
fn imported_games_may_be_tested_on_other_imported_games() {
    let core = ScriptedBackend::new(Sample::busy());
    core.change(|sample| {
        let known = sample
            .datasets
            .iter()
            .find(|it| it.id.as_str() == "alfworld-games");
        let mut test = known.expect("it is in the sample").clone();
        test.id = "alfworld-test".into();
        test.name = "Official test games".into();
        sample.datasets.push(test);
    });
    let mut window = Window::open_on(core, PageId::Runs.route());
    click(&mut window, "New experiment");
    pick(&mut window, "Tasks from", "Official ALFWorld games");
    pick(&mut window, "Test tasks from", "Official test games");
    click(&mut window, "Start experiment");
    let wanted = WorldSpec::Games {
        train: "alfworld-games".into(),
        test: Some("alfworld-test".into()),
    };
    let started = window.core.was_sent(|request| match request {
        Request::Experiment(ExperimentRequest::Start { spec }) => spec.world == wanted,
        _ => false,
    });
    assert!(started, "the test games were asked for");
}

#[test]
fn a_crashed_job_says_why_and_is_resumed() {
    let mut window = open(PageId::Runs.route());
    let role = egui::accesskit::Role::ListItem;
    let row = window
        .harness
        .get_by_role_and_label(role, "Play with LoRA, seed 2025");
    row.click();
    window.settle();
    window.harness.get_by_label_contains("ended without a word");
    picture(&mut window, "runs-job");
    click(&mut window, "Resume");
    let resumed = |request: &Request| matches!(request, Request::Job(JobRequest::Resume { .. }));
    assert!(window.core.was_sent(resumed));
}

#[test]
fn a_square_of_the_matrix_opens_its_episode() {
    let mut window = open(PageId::Runs.route());
    window
        .harness
        .get_all_by_label_contains("Base model: ")
        .next()
        .unwrap()
        .click();
    window.settle();
    let route = window.harness.state().route().clone();
    let opened = matches!(route, Route::Trajectories { id: Some(_), .. });
    assert!(opened, "{route:?}");
}

#[test]
fn an_adapter_is_exported_to_a_picked_folder() {
    let mut window = open(PageId::Export.route());
    click(&mut window, "Choose…");
    press(&mut window, "Export");
    picture(&mut window, "export");
    let exported = window.core.was_sent(|request| match request {
        Request::Export(ExportRequest::Export { destination, .. }) => {
            destination.ends_with("/sample-1-exprag-lora-seed2025")
        }
        _ => false,
    });
    assert!(exported, "the files get a folder of their own");
}

#[test]
fn a_deleted_adapter_is_taken_back() {
    let mut window = open(PageId::Export.route());
    click(&mut window, "Delete the adapter");
    let deleted =
        |request: &Request| matches!(request, Request::Export(ExportRequest::Delete { .. }));
    assert!(window.core.was_sent(deleted));
    click(&mut window, "Undo");
    let restored =
        |request: &Request| matches!(request, Request::Export(ExportRequest::Restore { .. }));
    assert!(window.core.was_sent(restored));
}
