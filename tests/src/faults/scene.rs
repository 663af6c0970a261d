//! The driver's side of a trial: it asks the application, and says what it asks and what came of it.

use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lore_app::{App, AppConfig};
use lore_core::JobId;
use lore_protocol::{
    ApiError, JobInfo, JobRequest, JobResponse, JobState, Request, Response, Work,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest that a job may take.
const PATIENCE: Duration = Duration::from_mins(4);

/// Whatever the value was in the run without a fault.
pub(super) const AS_WITHOUT_FAULT: &str = "@as without a fault";

/// Any value will do.
pub(super) const ANY: &str = "@any";

/// What the driver says, one line of JSON each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    /// It is about to ask for something; when that is done, these things are so.
    Begin(Vec<Claim>),
    /// The application has taken it.
    Done,
    /// The application refused, or a job failed.
    Said(ApiError),
    /// The application did not start.
    NotOpened(ApiError),
    /// The scene is over.
    End,
}

/// That a thing has a value. A thing that ends with `/*` stands for all that begin like it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Claim(pub(super) String, pub(super) Value);

/// Makes a claim.
pub(super) fn claim(thing: impl Into<String>, value: impl Into<Value>) -> Claim {
    Claim(thing.into(), value.into())
}

/// An application in the hands of a scene.
pub struct Host {
    app: App,
    data: PathBuf,
}

impl Host {
    /// Opens the data folder; says why when that does not work.
    pub fn open(config: AppConfig) -> Option<Self> {
        let data = config.data_dir.clone();
        match App::start(config) {
            Ok(app) => Some(Self { app, data }),
            Err(error) => {
                say(&Word::NotOpened(error.into()));
                None
            }
        }
    }

    /// The application.
    pub(super) fn app(&self) -> &App {
        &self.app
    }

    /// Its data folder.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// Asks for something by which the things claimed become so. `None` when it was refused.
    pub(super) fn step(&self, claims: Vec<Claim>, request: Request) -> Option<Response> {
        say(&Word::Begin(claims));
        self.ask(request)
    }

    /// Asks for something that changes nothing.
    pub(super) fn ask(&self, request: Request) -> Option<Response> {
        match self.app.request(request) {
            Ok(response) => {
                say(&Word::Done);
                Some(response)
            }
            Err(error) => {
                say(&Word::Said(error));
                None
            }
        }
    }

    /// Submits a job, of whose end the claims tell.
    pub(super) fn submit(&self, title: &str, work: Work, claims: Vec<Claim>) -> Option<JobId> {
        let (work, title) = (Box::new(work), title.to_owned());
        match self.step(
            claims,
            Request::Job(JobRequest::Submit {
                work,
                title,
                cluster: None,
            }),
        )? {
            Response::Job(JobResponse::Submitted(id)) => Some(id),
            other => panic!("a job was answered {other:?}"),
        }
    }

    /// Waits until the job is as wanted or over, and says so when it failed.
    pub(super) fn wait(&self, id: &JobId, wanted: impl Fn(&JobInfo) -> bool) -> Option<JobInfo> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let job = self.job(id)?;
            if let JobState::Failed { error } = &job.state {
                say(&Word::Said(error.clone()));
                return None;
            }
            if wanted(&job) || !job.state.is_active() {
                return Some(job);
            }
            assert!(Instant::now() < deadline, "waited in vain for {id}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits for the end of a job; one that failed is resumed once. Says what failed.
    pub(super) fn see_through(&self, id: &JobId) {
        let over = |job: &JobInfo| !job.state.is_active();
        if self.wait(id, over).is_none() {
            let job = id.clone();
            if self.ask(Request::Job(JobRequest::Resume { job })).is_some() {
                self.wait(id, over);
            }
        }
    }

    fn job(&self, id: &JobId) -> Option<JobInfo> {
        match self.app.request(Request::Job(JobRequest::List)) {
            Ok(Response::Job(JobResponse::List(jobs))) => {
                jobs.into_iter().find(|job| job.spec.id == *id)
            }
            Ok(other) => panic!("the list of jobs was answered {other:?}"),
            Err(error) => {
                say(&Word::Said(error));
                None
            }
        }
    }
}

/// Says a word on standard output.
pub(super) fn say(word: &Word) {
    let mut line = serde_json::to_string(word).expect("is JSON");
    line.push('\n');
    let mut out = stdout().lock();
    out.write_all(line.as_bytes()).expect("somebody listens");
    out.flush().expect("somebody listens");
}
