//! An episode is played on from its steps. Needs `LOREKEEPER_TEST_MODELS`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use common::{Lab, job, test_models, tiny_experiment};
use lore_core::{
    BranchOrigin, Change, DatasetId, JobId, RetrievalMode, StopToken, Trajectory, WorldSpec,
};
use lore_data::{NewDataset, TrajectoryFile};
use lore_lab::Outcome;
use lore_protocol::{BranchWork, EvaluateWork, JobEvent, JobSpec, Source, Work};

/// Episodes of `ExpRAG`, how they were played, and where they stand.
struct Played {
    lab: Lab,
    episodes: Vec<Trajectory>,
    work: EvaluateWork,
    source: Source,
}

impl Played {
    /// Plays one test task of each kind.
    fn with(models: std::path::PathBuf) -> Self {
        let lab = Lab::new(models);
        let mut spec = tiny_experiment(&["exprag"]);
        spec.tasks.train_per_type = 1;
        spec.retrieval.mode = RetrievalMode::Dynamic;
        let mut played = None;
        for job in lab.plan(&spec) {
            if matches!(job.work, Work::Report(_)) {
                continue;
            }
            lab.finish(&job);
            if let Work::Evaluate(work) = &job.work {
                let source = Source::Run {
                    experiment: job.experiment.clone(),
                    job: job.id.clone(),
                };
                played = Some((episodes(&lab, &job), work.clone(), source));
            }
        }
        let (episodes, work, source) = played.unwrap();
        Self {
            lab,
            episodes,
            work,
            source,
        }
    }

    /// A job that plays the first episode on.
    fn branch(&self, step: usize, change: Change, action: Option<&str>) -> JobSpec {
        let origin = BranchOrigin {
            trajectory: self.episodes[0].id.clone(),
            step: step as u32,
            change,
            action: action.map(str::to_owned),
        };
        let work = BranchWork::new(self.source.clone(), origin, self.work.clone());
        let mut spec = job(Work::Branch(Box::new(work)));
        let text = serde_json::to_string(&spec.work).unwrap();
        spec.id = JobId(format!("branch-{}", lore_core::short_hash([text.as_str()])));
        spec
    }

    fn play(&self, branch: &JobSpec) -> Trajectory {
        let events = self.lab.finish(branch);
        let mut episodes = episodes(&self.lab, branch);
        assert_eq!(episodes.len(), 1);
        let told = events.iter().find_map(|event| match event {
            JobEvent::Episode { episode } => Some(episode.trajectory.clone()),
            _ => None,
        });
        let episode = episodes.remove(0);
        assert_eq!(told.as_ref(), Some(&episode.id));
        let origin = episode
            .trace
            .as_ref()
            .and_then(|trace| trace.branch.clone());
        let Work::Branch(work) = &branch.work else {
            panic!("this is a branch");
        };
        assert_eq!(origin.as_deref(), Some(&work.origin));
        episode
    }
}

fn episodes(lab: &Lab, job: &JobSpec) -> Vec<Trajectory> {
    let folder = lab.data.job(job.experiment.as_ref(), &job.id);
    let file = TrajectoryFile::open(&folder.join("trajectories.jsonl")).unwrap();
    file.read_all().unwrap().map(Result::unwrap).collect()
}

/// What was done, why, and what followed; not how long it took.
fn essence(episode: &Trajectory) -> Vec<impl PartialEq + std::fmt::Debug> {
    let steps = episode.steps.iter().enumerate();
    steps
        .map(|(index, step)| {
            let trace = step.trace.as_ref().unwrap();
            (
                step.action.clone(),
                step.observation.clone(),
                trace.raw.clone(),
                trace.scored.clone(),
                trace.prompt_tokens,
                episode.system_prompt_at(index).unwrap().to_owned(),
            )
        })
        .collect()
}

#[test]
fn an_episode_is_played_on_from_its_steps() {
    let Some(models) = test_models() else {
        return;
    };
    let played = Played::with(models);
    check_law(&played);
    check_changes(&played);
    check_elsewhere(&played);
    check_other_world(&played);
    check_stop(&played);
}

/// With nothing changed, what follows from every step is what followed.
fn check_law(played: &Played) {
    let whole = &played.episodes[0];
    assert!(whole.num_steps() > 2 && whole.memories_at(0).len() == 2);
    for step in 0..whole.num_steps() {
        let again = played.play(&played.branch(step, Change::Nothing, None));
        assert_eq!(essence(&again), essence(whole), "from step {step}");
        assert_eq!(again.end, whole.end);
        assert_ne!(again.id, whole.id, "it is an episode of its own");
    }
}

fn check_changes(played: &Played) {
    let whole = &played.episodes[0];
    let without = played.play(&played.branch(1, Change::NoMemories, None));
    assert_eq!(without.steps[..1], whole.steps[..1]);
    assert_eq!(without.memories_at(0), whole.memories_at(0));
    for step in 1..without.num_steps() {
        let prompt = without.system_prompt_at(step).unwrap();
        assert!(!prompt.contains("# Past episodes") && without.memories_at(step).is_empty());
    }

    let experience = whole.memories_at(0)[0].experience.clone();
    let change = Change::WithoutMemory {
        experience: experience.clone(),
    };
    let fewer = played.play(&played.branch(0, change, None));
    assert_eq!(fewer.memories_at(0), &whole.memories_at(0)[1..]);
    for step in 0..fewer.num_steps() {
        let mut used = fewer.memories_at(step).iter();
        assert!(used.all(|memory| memory.experience != experience));
    }

    let mut others = whole.steps[1].admissible.iter();
    let action = others.find(|action| **action != whole.steps[1].action);
    let action = action.unwrap();
    let chosen = played.play(&played.branch(1, Change::Nothing, Some(action)));
    assert_eq!(&chosen.steps[1].action, action);
    assert!(chosen.num_steps() > 2, "then it plays on by itself");
}

/// A copy in a data set knows how it was played.
fn check_elsewhere(played: &Played) {
    let whole = &played.episodes[0];
    let copy = NewDataset {
        data: played.lab.data.clone(),
        id: DatasetId::from("copy"),
        name: "Copy".into(),
        source: "a test".into(),
        unseen_types: None,
        created_ms: 1,
    };
    lore_data::write_dataset(&copy, [Ok(whole.clone())]).unwrap();
    let mut branch = played.branch(2, Change::Nothing, None);
    let Work::Branch(work) = &mut branch.work else {
        panic!("this is a branch");
    };
    let source = Source::Dataset { id: copy.id };
    let by_record = EvaluateWork::of_episode(whole).expect("runs leave it");
    **work = BranchWork::new(source, work.origin.clone(), by_record);
    branch.id = "branch-of-copy".into();
    assert_eq!(essence(&played.play(&branch)), essence(whole));
}

/// Another world under the same name is noticed.
fn check_other_world(played: &Played) {
    let mut branch = played.branch(1, Change::Nothing, None);
    let Work::Branch(work) = &mut branch.work else {
        panic!("this is a branch");
    };
    work.play.world = WorldSpec::Generated {
        seed: 99,
        small: true,
    };
    branch.id = "branch-elsewhere".into();
    let stop = StopToken::new();
    let (outcome, _) = common::lab(&branch, &played.lab.data, &played.lab.options, &stop);
    let error = outcome.expect_err("it is another game");
    eprintln!("{error:#}");
}

fn check_stop(played: &Played) {
    let mut branch = played.branch(1, Change::Nothing, None);
    branch.id = "branch-stopped".into();
    let stop = StopToken::new();
    stop.stop();
    let (outcome, _) = common::lab(&branch, &played.lab.data, &played.lab.options, &stop);
    assert_eq!(outcome.unwrap(), Outcome::Stopped { resumable: false });
    played.play(&branch);
}
