//! The thread that looks after one job on a cluster: hands it over, passes on what it says, and tells how
//! it ended.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use lore_core::{Cluster, DataDir};
use lore_protocol::{ApiError, Elsewhere, ErrorCode, JobEvent, JobSpec, NO_FOLDER};

use super::client::{Client, Details, RuntimeEnv, Status, Submit, Trouble};
use super::place::{Place, quoted};
use super::tail::Tail;
use super::{Ending, Listener, Order, Submission, Told, package};
use crate::clusters::Clusters;
use crate::supervisor::{Exit, WorkerProgram, append_to, log_path};

/// How often the cluster and the shared folder are looked at.
const OFTEN: Duration = Duration::from_secs(1);

/// The same when nobody answers.
const SELDOM: Duration = Duration::from_secs(5);

/// How long what a job said last may be on its way through a shared folder.
const LAST_LINES: Duration = Duration::from_secs(10);

/// How long the attempt before this one may take to end.
const BEFORE: Duration = Duration::from_mins(2);

/// What is to be done, and with what.
pub(crate) struct Errand {
    /// The way to clusters.
    pub(crate) clusters: Arc<Clusters>,
    /// Which of them.
    pub(crate) cluster: Cluster,
    /// The data folder.
    pub(crate) dir: DataDir,
    /// The job.
    pub(crate) spec: JobSpec,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// The last line of its journal.
    pub(crate) last_seq: u64,
    /// The program.
    pub(crate) worker: WorkerProgram,
    /// Seconds that a stopped job has to save.
    pub(crate) grace_secs: u64,
    /// Who hears of it.
    pub(crate) listener: Listener,
}

/// Why the thread has nothing more to do.
enum End {
    /// The job is over, or there is none.
    Over,
    /// Nobody wants to know any more.
    Left,
}

impl Errand {
    /// The job's name.
    pub(crate) fn name(&self) -> &str {
        self.spec.id.as_str()
    }

    /// Does it; `again` is a job that was handed over before.
    pub(super) fn run(self, again: Option<Submission>, orders: &Receiver<Order>, ending: &Ending) {
        let submission = match again {
            Some(submission) => Ok(Some(submission)),
            None => self.hand_over(orders),
        };
        let done = submission.and_then(|submission| match submission {
            Some(submission) => self.look_after(&submission, orders, ending),
            None => Ok(End::Over),
        });
        match done {
            Ok(End::Left) => return,
            Ok(End::Over) => {}
            Err(error) => {
                let error = ApiError::from(error);
                self.tell_event(&JobEvent::Failed { error });
            }
        }
        self.tell(Told::Closed);
    }

    /// Follows the job, and ends those who compute for it when it is over.
    fn look_after(
        &self,
        submission: &Submission,
        orders: &Receiver<Order>,
        ending: &Ending,
    ) -> Result<End> {
        let done = self.follow(submission, orders, ending);
        if !matches!(done, Ok(End::Left)) {
            self.end_assistants(&self.client(), submission);
        }
        done
    }

    pub(super) fn tell(&self, told: Told) -> bool {
        (self.listener)(told)
    }

    fn tell_event(&self, event: &JobEvent) {
        match serde_json::to_string(event) {
            // Who does not listen any more misses nothing.
            Ok(line) => {
                self.tell(Told::Line(line));
            }
            Err(error) => log::error!("{error}"),
        }
    }

    fn client(&self) -> Client {
        self.clusters.client(&self.cluster)
    }

    /// Sends what the job needs and hands it over; `None` when it was stopped before that.
    fn hand_over(&self, orders: &Receiver<Order>) -> Result<Option<Submission>> {
        self.tell(Told::Stands(Elsewhere::Sending));
        let place = Place::of(&self.dir, &self.cluster)?;
        place.check_models(&self.dir, &self.spec.work)?;
        let program = package::program(&self.worker.path)?;
        let client = self.client();
        let told = |trouble: Trouble| client.error(&trouble);
        self.end_the_one_before(&client)?;
        let draft = self
            .dir
            .root()
            .join(format!(".package-{}.zip", self.spec.id));
        let package = package::provide(&client, &program, &draft)?;
        // Asked to stop, or the application is closed.
        if orders.try_recv() != Err(TryRecvError::Empty) {
            return Ok(None);
        }
        let submission = Submission::next(&self.folder, &self.spec, self.last_seq, package);
        let submit = self.submit(&place, &submission)?;
        submission.write(&self.folder)?;
        if let Err(trouble) = client.submit(&submit) {
            // The answer may have been lost on the way, and not the job.
            let arrived = matches!(trouble, Trouble::OutOfReach(_))
                && matches!(client.job(&submission.id), Ok(Some(_)));
            if !arrived {
                return Err(told(trouble).into());
            }
        }
        Ok(Some(submission))
    }

    /// Two workers in one folder would spoil each other's work.
    fn end_the_one_before(&self, client: &Client) -> Result<()> {
        let Some(before) = Submission::read(&self.folder) else {
            return Ok(());
        };
        self.end_assistants(client, &before);
        let told = |trouble: Trouble| client.error(&trouble);
        let deadline = Instant::now() + BEFORE;
        while let Some(details) = client.job(&before.id).map_err(told)? {
            if details.status.is_over() {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(ApiError::precondition(format!(
                    "The job still runs on {:?} and does not end. Stop {} there, then press Resume",
                    self.cluster.name, before.id
                ))
                .into());
            }
            client.stop(&before.id).map_err(told)?;
            std::thread::sleep(OFTEN);
        }
        Ok(())
    }

    fn submit(&self, place: &Place, submission: &Submission) -> Result<Submit> {
        let there = |name: &str| place.path(&self.dir, &self.folder.join(name));
        let options = [
            ("--job", there("job.json")?),
            ("--events", there(&submission.events())?),
        ];
        Ok(self.describe(place, &submission.package, submission.id.clone(), &options))
    }

    /// The program with `options` in the package, as the cluster is told.
    pub(super) fn describe(
        &self,
        place: &Place,
        package: &str,
        id: String,
        options: &[(&str, String)],
    ) -> Submit {
        // The package may have lost the permission to be run on its way.
        let program = package::PROGRAM;
        let mut line = format!("chmod +x {program} && exec ./{program}");
        let mut add = |option: &str, value: &str| {
            line += &[" ", option, " ", &quoted(value)].concat();
        };
        add("--data", place.root());
        for (option, value) in options {
            add(option, value);
        }
        if let Some(models) = self.worker.models.as_deref().filter(|_| place.is_same) {
            add("--models", &models.to_string_lossy());
        }
        let mut env_vars = BTreeMap::new();
        // Candle's own threads spin while they wait and take the cores from those that compute.
        env_vars.insert("CANDLE_NUM_THREADS".to_owned(), "1".to_owned());
        let grace = self.grace_secs.max(1).to_string();
        env_vars.insert("RAY_JOB_STOP_WAIT_TIME_S".to_owned(), grace);
        let name = ("job_name".to_owned(), self.spec.id.to_string());
        Submit {
            entrypoint: line,
            submission_id: id,
            runtime_env: RuntimeEnv {
                working_dir: Some(package.to_owned()),
                env_vars,
            },
            metadata: BTreeMap::from([name]),
            entrypoint_num_cpus: Some(self.spec.threads.max(1)),
        }
    }

    /// Passes on what the job says until it is over.
    fn follow(
        &self,
        submission: &Submission,
        orders: &Receiver<Order>,
        ending: &Ending,
    ) -> Result<End> {
        let path = self.folder.join(submission.events());
        let mut tail = Tail::new(path, submission.num_taken(self.last_seq));
        let mut stop = Stop::NotAsked;
        let mut has_sent_assistants = false;
        loop {
            let client = self.client();
            if stop == Stop::Asked && client.stop(&submission.id).is_ok() {
                stop = Stop::Sent;
            }
            let job = client.job(&submission.id);
            if !tail.read(|line| self.tell(Told::Line(line))) {
                return Ok(End::Left);
            }
            let stands = match job {
                Ok(Some(details)) if details.status.is_over() => {
                    return self.over(&client, submission, &details, &mut tail, ending);
                }
                Ok(Some(details)) if details.status == Status::Running => {
                    if stop == Stop::NotAsked && !std::mem::replace(&mut has_sent_assistants, true)
                    {
                        self.send_assistants(&client, submission);
                    }
                    Elsewhere::Working
                }
                Ok(Some(_)) => Elsewhere::Waiting,
                Ok(None) if tail.has_ended => return Ok(End::Over),
                Ok(None) => return Err(self.lost().into()),
                Err(Trouble::Refused) => Elsewhere::NeedsToken,
                Err(trouble) => {
                    log::info!("{}: {trouble:?}", self.name());
                    Elsewhere::OutOfReach
                }
            };
            self.tell(Told::Stands(stands));
            let wait = match stands {
                Elsewhere::OutOfReach | Elsewhere::NeedsToken => SELDOM,
                _ => OFTEN,
            };
            match orders.recv_timeout(wait) {
                Ok(Order::Stop) => stop = Stop::Asked,
                Err(RecvTimeoutError::Timeout) => {}
                // It has said its last word, and the cluster takes its time to notice.
                Ok(Order::Leave) if tail.has_ended => return Ok(End::Over),
                Ok(Order::Leave) | Err(RecvTimeoutError::Disconnected) => return Ok(End::Left),
            }
        }
    }

    /// The cluster says that the job is over: reads what it said last, and tells what it did not say.
    fn over(
        &self,
        client: &Client,
        submission: &Submission,
        details: &Details,
        tail: &mut Tail,
        ending: &Ending,
    ) -> Result<End> {
        if details.driver_exit_code == Some(NO_FOLDER.into()) {
            return Err(self.no_folder().into());
        }
        let deadline = Instant::now() + LAST_LINES;
        let was_killed = matches!(details.driver_exit_code, Some(-9 | 137));
        while !tail.has_ended {
            if !tail.read(|line| self.tell(Told::Line(line))) {
                return Ok(End::Left);
            }
            // Who was ended from outside has no last word.
            if was_killed || details.status == Status::Stopped || Instant::now() > deadline {
                break;
            }
            std::thread::sleep(OFTEN / 2);
        }
        self.keep_log(client, submission);
        let words = details.message.as_deref().unwrap_or_default();
        *ending.exit.lock().unwrap_or_else(PoisonError::into_inner) = Exit {
            words: words.lines().next().unwrap_or_default().to_owned(),
            by_force: was_killed,
        };
        Ok(End::Over)
    }

    /// What the job printed besides its events belongs into its log.
    fn keep_log(&self, client: &Client, submission: &Submission) {
        let Ok(text) = client.logs(&submission.id) else {
            return;
        };
        let keep = || -> Result<()> {
            Ok(append_to(&log_path(&self.folder))?.write_all(text.as_bytes())?)
        };
        if let Err(error) = keep() {
            log::warn!("could not keep a worker's output: {error:#}");
        }
    }

    fn lost(&self) -> ApiError {
        ApiError::with_code(
            ErrorCode::WorkerCrashed,
            format!(
                "{:?} does not know the job any more; most likely it was started anew. Press Resume to go on \
                 from the last save",
                self.cluster.name
            ),
        )
    }

    fn no_folder(&self) -> ApiError {
        let name = &self.cluster.name;
        let here = self.dir.root().display();
        let there = match self.cluster.folder.as_str() {
            "" => here.to_string(),
            folder => folder.to_owned(),
        };
        ApiError::precondition(format!(
            "{name:?} does not find the data folder as {there}. Both computers must see the same folder \
             {here}; write how it is called there in the settings, under Other computers"
        ))
    }
}

/// How far a stop is on its way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    NotAsked,
    Asked,
    Sent,
}
