//! Episodes that are played on, as the application sees them: what is queued, what is refused, and how
//! branches are found again.

use std::fs;
use std::path::Path;

use lore_core::{
    BranchOrigin, Change, DatasetId, EpisodeEnd, EpisodeTrace, ExperimentSpec, JobId, ModelKind,
    PlaySetup, Preset, Step, Task, Trajectory,
};
use lore_data::{NewDataset, write_dataset};
use lore_protocol::{
    ApiError, BranchInfo, BranchWork, ErrorCode, ExperimentRequest, JobRequest, Request, Response,
    Source, TrajectoryRequest, TrajectoryResponse, Work,
};
use lore_tests::{Stage, fake_model};

fn stage() -> Stage {
    Stage::new(Path::new(env!("CARGO_BIN_EXE_fake_worker")))
}

/// An episode that a model played.
fn played(setup: Option<PlaySetup>, adapter: Option<&str>) -> Trajectory {
    let task = Task {
        id: "task-1".into(),
        environment: "alfworld".into(),
        goal: "put an apple in the fridge".into(),
        ..Task::default()
    };
    let steps = ["look", "take apple 1"].map(|action| Step {
        action: action.into(),
        observation: "You see an apple 1.".into(),
        admissible: vec!["look".into(), "take apple 1".into()],
        ..Step::default()
    });
    let end = EpisodeEnd::Truncated;
    let mut episode = Trajectory::new(task, "Base model", "A kitchen.", steps.to_vec(), end);
    episode.trace = Some(EpisodeTrace {
        system_prompt: "Act.".into(),
        seed: 5,
        model: "The maker's name".into(),
        adapter: adapter.map(str::to_owned),
        setup: setup.map(Box::new),
        ..EpisodeTrace::default()
    });
    episode
}

fn setup(model: &str) -> PlaySetup {
    let spec = ExperimentSpec::default();
    PlaySetup {
        model: model.into(),
        bank: None,
        retrieval: spec.retrieval,
        bank_at_test: spec.bank_at_test,
        agent: spec.agent,
        world: spec.world,
        unseen_types: Vec::new(),
    }
}

fn write(path: &Path, episode: &Trajectory) {
    let text = serde_json::to_string(episode).expect("is JSON");
    fs::write(path, text + "\n").expect("writes");
}

fn play_on(
    stage: &mut Stage,
    source: &Source,
    episode: &Trajectory,
    change: Change,
) -> Result<JobId, ApiError> {
    let origin = BranchOrigin {
        trajectory: episode.id.clone(),
        step: 1,
        change,
        action: None,
    };
    let request = TrajectoryRequest::PlayOn {
        source: source.clone(),
        origin: Box::new(origin),
    };
    match stage.ask(Request::Trajectory(request))? {
        Response::Trajectory(TrajectoryResponse::Job(job)) => Ok(job),
        other => panic!("no job: {other:?}"),
    }
}

fn branches(stage: &mut Stage, episode: &Trajectory) -> Vec<BranchInfo> {
    let id = episode.id.clone();
    match stage.ask(Request::Trajectory(TrajectoryRequest::Branches { id })) {
        Ok(Response::Trajectory(TrajectoryResponse::Branches(found))) => found,
        other => panic!("no branches: {other:?}"),
    }
}

fn work_of(stage: &mut Stage, job: &JobId) -> BranchWork {
    match stage.job(job).spec.work {
        Work::Branch(work) => *work,
        other => panic!("{other:?} is no branch"),
    }
}

/// Puts an episode into a data set of its own.
fn keep(stage: &Stage, id: &str, episode: &Trajectory) -> Source {
    let target = NewDataset {
        data: stage.dir(),
        id: DatasetId::from(id),
        name: id.to_owned(),
        source: "a test".into(),
        unseen_types: None,
        created_ms: 1,
    };
    write_dataset(&target, [Ok(episode.clone())]).expect("writes");
    Source::Dataset { id: id.into() }
}

#[test]
fn a_branch_is_found_again_and_can_be_played_on_itself() {
    let mut stage = stage();
    let spec = ExperimentSpec {
        id: "good".into(),
        ..ExperimentSpec::preset(Preset::Smoke)
    };
    fake_model(&stage.dir(), spec.model.as_str(), ModelKind::Language);
    fake_model(&stage.dir(), spec.embedder.as_str(), ModelKind::Embedder);
    let spec = Box::new(spec);
    let start = Request::Experiment(ExperimentRequest::Start { spec });
    stage.ask(start).expect("starts");
    stage.wait_for_end(&"good.report".into());
    let run = "good.base-seed2025".into();
    let episode = played(None, None);
    let folder = stage.dir().job(Some(&"good".into()), &run);
    write(&folder.join("trajectories.jsonl"), &episode);
    let source = Source::Run {
        experiment: Some("good".into()),
        job: run,
    };

    let job = play_on(&mut stage, &source, &episode, Change::NoMemories).expect("is taken");
    stage.wait_for_end(&job);
    assert_eq!(
        work_of(&mut stage, &job).play.arm.name,
        "Base model (branch)"
    );
    let none = branches(&mut stage, &episode);
    assert!(none.is_empty(), "the worker is a fake: {none:?}");

    let mut branch = Trajectory {
        source: "Base model (branch)".into(),
        ..episode.clone()
    };
    branch.id = branch.content_id();
    let folder = stage.dir().job(None, &job);
    write(&folder.join("trajectories.jsonl"), &branch);
    stage.job_done(JobRequest::Remove { job: job.clone() });
    let found = branches(&mut stage, &episode);
    assert_eq!(found.len(), 1, "taken off the list, but there");
    assert_eq!((&found[0].job, &found[0].trajectory), (&job, &branch.id));
    assert_eq!(found[0].origin.change, Change::NoMemories);

    let source = Source::Run {
        experiment: None,
        job,
    };
    let change = Change::Nothing;
    let again = play_on(&mut stage, &source, &branch, change).expect("branches branch");
    assert_eq!(
        work_of(&mut stage, &again).play.arm.name,
        "Base model (branch)"
    );
}

#[test]
fn a_copy_in_a_data_set_is_played_on_by_its_own_record() {
    let mut stage = stage();
    fake_model(&stage.dir(), "m", ModelKind::Language);
    let mut check = |id: &str, episode: &Trajectory, change: Change| {
        let source = keep(&stage, id, episode);
        let job = play_on(&mut stage, &source, episode, change)?;
        Ok::<_, ApiError>(work_of(&mut stage, &job).play)
    };
    let play = check("here", &played(Some(setup("m")), None), Change::Nothing);
    let play = play.expect("everything is there");
    assert_eq!((play.model.as_str(), play.adapter), ("m", None));

    let error = check(
        "elsewhere",
        &played(Some(setup("n")), None),
        Change::Nothing,
    );
    assert_eq!(error.unwrap_err().code, ErrorCode::ModelMissing);
    let trained = played(Some(setup("m")), Some("gone"));
    let error = check("adapter", &trained, Change::Nothing).unwrap_err();
    assert!(error.summary.contains("gone"), "{error:?}");
    let adapter = None;
    check("model", &trained, Change::Adapter { adapter }).expect("needs no adapter");
    let error = check("before", &played(None, None), Change::Nothing).unwrap_err();
    assert!(error.summary.contains("does not say"), "{error:?}");
    let mut demonstrated = played(None, None);
    demonstrated.trace = None;
    let error = check("expert", &demonstrated, Change::Nothing).unwrap_err();
    assert!(error.summary.contains("an expert"), "{error:?}");
    let outside = played(Some(setup("m")), Some("../../outside"));
    let error = check("outside", &outside, Change::Nothing).unwrap_err();
    assert!(error.summary.contains("cannot be the name"), "{error:?}");
}
