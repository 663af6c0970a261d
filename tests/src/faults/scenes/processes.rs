//! Scenes in which something happens to a process. The harness does it once the file `ready` lies
//! beside the data folder, and lets the scene go on with the file `go`.

use std::fs;
use std::time::{Duration, Instant};

use lore_core::{JobId, ServerSpec};
use lore_protocol::{JobRequest, MeasureWork, Request, Work, WorldRequest};

use crate::faults::scene::{Claim, Host, claim};

/// Submits a job that the fake worker does as its title says, and waits until it has begun.
fn begin(host: &Host, title: &str, end: &str) -> Option<JobId> {
    let work = Work::Measure(MeasureWork { model: "m".into() });
    let job = format!("job/measure-speed-{title}");
    let claims: Vec<Claim> = vec![
        claim(format!("{job}/state"), end),
        claim(format!("{job}/metrics"), serde_json::json!([])),
    ];
    let id = host.submit(title, work, claims)?;
    host.wait(&id, |job| job.has_checkpoint)?;
    Some(id)
}

/// Tells the harness that it is its turn, and waits until it has done what it does.
fn let_it_happen(host: &Host) {
    let beside = |name: &str| host.data().with_file_name(name);
    fs::write(beside("ready"), "").expect("writes");
    let deadline = Instant::now() + Duration::from_mins(1);
    while !beside("go").exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The worker is killed: the job has crashed, and is done when it is resumed.
pub(super) fn killed_worker(host: &Host) {
    if let Some(id) = begin(host, "obey", "done") {
        let_it_happen(host);
        host.see_through(&id);
    }
}

/// The worker hangs when it is asked to stop: it is ended after its grace, and the job resumes.
pub(super) fn stuck_worker(host: &Host) {
    if let Some(id) = begin(host, "obey", "done") {
        let_it_happen(host);
        let job = id.clone();
        host.ask(Request::Job(JobRequest::Stop { job }));
        host.wait(&id, |job| !job.state.is_active());
        let job = id.clone();
        host.ask(Request::Job(JobRequest::Resume { job }));
        host.see_through(&id);
    }
}

/// The application is closed while the worker hangs.
pub(super) fn closing(host: &Host) {
    if begin(host, "obey", "done").is_some() {
        let_it_happen(host);
    }
}

/// The worker ignores that its application is gone, and so does a process that it started.
pub(super) fn deaf_worker(host: &Host) {
    if begin(host, "ignore", "stopped").is_some() {
        let_it_happen(host);
    }
}

/// Tries the environment server whose address stands in a file beside the data folder.
pub(super) fn server(host: &Host) {
    let address = fs::read_to_string(host.data().with_file_name("address")).expect("was written");
    let server = ServerSpec {
        name: "Odd".into(),
        address,
        timeout_secs: 2,
        ..ServerSpec::default()
    };
    host.ask(Request::World(WorldRequest::Try { server }));
    // The next question is answered as if nothing had been.
    host.ask(Request::World(WorldRequest::List));
}
