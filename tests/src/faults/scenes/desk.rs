//! What a person does at the window in five minutes, with a worker that only pretends.

use lore_core::{
    EpisodeEnd, ExperienceId, ExperimentSpec, JobId, Labels, Preset, ServerSpec, TrajectoryFilter,
    WorldSpec,
};
use lore_protocol::{
    BankRequest, DatasetRequest, ExperimentRequest, ExportRequest, JobRequest, MeasureWork,
    Request, Settings, SettingsRequest, TrajectoryRequest, Work, WorldRequest,
};
use serde_json::{Value, json};

use crate::faults::furnish::{TYPES, episode, mark};
use crate::faults::scene::{ANY, AS_WITHOUT_FAULT, Claim, Host, claim};

/// Touches everything that the window can change.
pub(super) fn play(host: &Host) {
    settings(host);
    labels(host);
    deleting(host);
    jobs(host);
    bank(host);
    notes(host);
    playing(host);
    experimenting(host);
}

fn settings(host: &Host) {
    for zoom in [1.25, 1.5] {
        let settings = Settings {
            zoom,
            welcomed: true,
            stop_grace_secs: 2,
            ..Settings::default()
        };
        host.step(
            vec![claim("settings/zoom", f64::from(zoom))],
            Request::Settings(SettingsRequest::Set { settings }),
        );
    }
}

fn labels(host: &Host) {
    let dataset = |mut claims: Vec<Claim>, request| {
        // These follow from the labels and the split.
        claims.push(claim("dataset/kitchen/leaks", ANY));
        claims.push(claim("dataset/kitchen/stats", ANY));
        host.step(claims, Request::Dataset(request)).is_some()
    };
    let id = || "kitchen".into();
    let name = "Kitchen games".to_owned();
    let claims = vec![claim("dataset/kitchen/name", name.as_str())];
    dataset(claims, DatasetRequest::Rename { id: id(), name });
    let unseen_types = vec![TYPES[0].to_owned()];
    let claims = vec![claim("dataset/kitchen/unseen", unseen_types.clone())];
    let request = DatasetRequest::SetUnseen {
        id: id(),
        unseen_types,
    };
    dataset(claims, request);
    let relabel = DatasetRequest::Relabel {
        id: id(),
        ids: vec![episode(2).id],
        filter: TrajectoryFilter::default(),
        labels: Labels {
            task_type: None,
            end: Some(EpisodeEnd::Success),
        },
    };
    let labelled = |num_successes: u64, episodes: &str| {
        vec![
            claim("dataset/kitchen/successes", num_successes),
            claim("dataset/kitchen/episodes", episodes),
        ]
    };
    let take_back = || DatasetRequest::TakeBackLabels { id: id() };
    // Two of the six had failed. Taking back twice gives the labels again.
    let _ = dataset(labelled(5, AS_WITHOUT_FAULT), relabel)
        && dataset(labelled(4, ANY), take_back())
        && dataset(labelled(5, AS_WITHOUT_FAULT), take_back());
}

/// Deletes and takes back.
fn deleting(host: &Host) {
    let become_so = |things: &[&str], value: &Value, request| {
        let things = things.iter();
        let claims = things.map(|thing| claim(*thing, value.clone())).collect();
        host.step(claims, request);
    };
    let (gone, back) = (Value::Null, Value::from(AS_WITHOUT_FAULT));
    let things = ["dataset/garden/*"];
    let id = || "garden".into();
    let dataset = Request::Dataset;
    become_so(&things, &gone, dataset(DatasetRequest::Delete { id: id() }));
    become_so(
        &things,
        &back,
        dataset(DatasetRequest::Restore { id: id() }),
    );
    let things = ["adapter/spare/*"];
    let adapter = || "spare".into();
    let export = Request::Export;
    become_so(
        &things,
        &gone,
        export(ExportRequest::Delete { adapter: adapter() }),
    );
    become_so(
        &things,
        &back,
        export(ExportRequest::Restore { adapter: adapter() }),
    );
    let (name, adapter) = ("Steady hand".to_owned(), "steady".into());
    let renamed = Value::from(&*name);
    become_so(
        &["adapter/steady/name"],
        &renamed,
        export(ExportRequest::Rename { adapter, name }),
    );
    let things = ["experiment/good/*", "job/good.*"];
    let id = || "good".into();
    let experiment = Request::Experiment;
    become_so(
        &things,
        &gone,
        experiment(ExperimentRequest::Delete { id: id() }),
    );
    become_so(
        &things,
        &back,
        experiment(ExperimentRequest::Restore { id: id() }),
    );
}

/// Starts an experiment and waits for its report.
fn experimenting(host: &Host) {
    let spec = Box::new(ExperimentSpec {
        id: "more".into(),
        ..ExperimentSpec::preset(Preset::Smoke)
    });
    let claims = vec![
        claim("experiment/more/*", AS_WITHOUT_FAULT),
        claim("job/more.*", AS_WITHOUT_FAULT),
    ];
    let request = Request::Experiment(ExperimentRequest::Start { spec });
    if host.step(claims, request).is_some() {
        host.see_through(&"more.report".into());
    }
}

fn jobs(host: &Host) {
    let submit = |title: &str| {
        let metrics = match title {
            "obey" => json!([]),
            _ => json!([[1, 1.0]]),
        };
        let work = Work::Measure(MeasureWork { model: "m".into() });
        let job = format!("job/measure-speed-{title}");
        let claims = vec![
            claim(format!("{job}/state"), "done"),
            claim(format!("{job}/metrics"), metrics),
        ];
        host.submit(title, work, claims)
    };
    let job = |claims, request| host.step(claims, Request::Job(request));
    if let Some(id) = submit("good") {
        host.see_through(&id);
    }
    // What waits behind it can be moved, and taken off the list.
    let first = submit("obey");
    let waiting: Vec<Option<JobId>> = ["one", "two", "three"].map(submit).into();
    if let [_, Some(two), Some(three)] = &waiting[..] {
        let (two, three) = (two.clone(), three.clone());
        job(
            Vec::new(),
            JobRequest::Move {
                job: three,
                index: 0,
            },
        );
        let gone = vec![claim(format!("job/{two}/*"), Value::Null)];
        job(gone, JobRequest::Remove { job: two });
    }
    if let Some(id) = first {
        let begins = || host.wait(&id, |job| job.has_checkpoint).is_some();
        if !begins() {
            job(Vec::new(), JobRequest::Resume { job: id.clone() });
            begins();
        }
        job(Vec::new(), JobRequest::Stop { job: id.clone() });
        host.wait(&id, |job| !job.state.is_active());
        job(Vec::new(), JobRequest::Resume { job: id.clone() });
        host.see_through(&id);
    }
    for id in waiting.iter().step_by(2).flatten() {
        host.see_through(id);
    }
}

fn bank(host: &Host) {
    let bank = || "kitchen".into();
    let id = |number: usize| ExperienceId(episode(number).id.0);
    let thing = |number: usize, what: &str| format!("bank/kitchen/{}/{what}", id(number));
    let lesson = "Look in the fridge first".to_owned();
    let mapped = claim("bank/kitchen/mapped", 3);
    let requests = [
        (
            vec![claim(thing(0, "pinned"), true)],
            BankRequest::Pin {
                bank: bank(),
                id: id(0),
                pinned: true,
            },
        ),
        (
            vec![claim(thing(1, "never"), true)],
            BankRequest::NeverUse {
                bank: bank(),
                id: id(1),
                never_use: true,
            },
        ),
        (
            vec![claim(thing(0, "lesson"), lesson.as_str())],
            BankRequest::SetLesson {
                bank: bank(),
                id: id(0),
                lesson,
            },
        ),
        (
            vec![claim(thing(3, "*"), Value::Null), mapped],
            BankRequest::Remove {
                bank: bank(),
                ids: vec![id(3)],
            },
        ),
    ];
    for (claims, request) in requests {
        host.step(claims, Request::Bank(request));
    }
}

/// Marks and servers.
fn notes(host: &Host) {
    let trajectory = |claims, request| host.step(claims, Request::Trajectory(request));
    let thing = |number: usize| format!("mark/{}/note", episode(number).id);
    for number in [1, 2] {
        let mark = Box::new(mark(number, "look again"));
        let claims = vec![claim(thing(number), "look again")];
        trajectory(claims, TrajectoryRequest::Mark { mark });
    }
    let first = mark(0, "");
    let (source, id) = (first.source, first.id);
    let gone = vec![claim(thing(0), Value::Null)];
    trajectory(gone, TrajectoryRequest::Unmark { source, id });
    let server = ServerSpec {
        name: "Second".into(),
        address: "http://127.0.0.1:10".into(),
        ..ServerSpec::default()
    };
    let claims = vec![claim("server/Second/address", server.address.as_str())];
    host.step(claims, Request::World(WorldRequest::SaveServer { server }));
    let gone = vec![claim("server/First/*", Value::Null)];
    let name = "First".into();
    host.step(gone, Request::World(WorldRequest::RemoveServer { name }));
}

/// Plays two steps and keeps the episode after each.
fn playing(host: &Host) {
    let world = |claims, request| host.step(claims, Request::World(request)).is_some();
    let act = |action: &str| {
        let action = action.to_owned();
        world(Vec::new(), WorldRequest::Act { action })
    };
    let keep = |num_episodes: u64, others: &str| {
        let claims = vec![
            claim("dataset/mine/*", others),
            claim("dataset/mine/items", num_episodes),
        ];
        let name = "Mine".to_owned();
        world(claims, WorldRequest::Keep { name })
    };
    let begin = WorldRequest::Begin {
        world: WorldSpec::default(),
        task: "first".into(),
    };
    let _ = world(Vec::new(), begin)
        && act("look")
        && keep(1, ANY)
        && act("open the door")
        && keep(2, AS_WITHOUT_FAULT);
}
