//! What a person would find in the application: every thing by name, and every sentence about one.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use lore_core::{BankId, DatasetId, ExperimentId, JobId, TrajectoryFilter, content_hash};
use lore_protocol::{
    BankRequest, BankResponse, DatasetRequest, DatasetResponse, ExperimentInfo, ExperimentRequest,
    ExperimentResponse, ExperimentState, ExportRequest, ExportResponse, JobInfo, JobRequest,
    JobResponse, JobState, ModelRequest, ModelResponse, Request, Response, Settings,
    SettingsRequest, SettingsResponse, Source, TrajectoryRequest, TrajectoryResponse, WorldRequest,
    WorldResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::scene::Host;

/// The longest that waiting jobs may take.
const PATIENCE: Duration = Duration::from_mins(4);

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Values by name, such as `dataset/kitchen/unseen`.
    pub things: BTreeMap<String, Value>,
    /// What the application said, and about what.
    pub sentences: Vec<(String, String)>,
}

impl Seen {
    /// The sentences that were not said before.
    pub(super) fn sentences_since<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = &'a (String, String)> {
        let is_new = |it: &&(String, String)| !before.says(it);
        self.sentences.iter().filter(is_new)
    }

    /// True when this was said.
    pub(super) fn says(&self, sentence: &(String, String)) -> bool {
        self.sentences.contains(sentence)
    }
}

/// Looks at everything. Jobs that wait are waited for; those that ended early are resumed once.
pub fn look(host: &Host) -> Seen {
    let mut looker = Looker {
        host,
        seen: Seen::default(),
    };
    looker.finish_jobs();
    looker.settings();
    looker.datasets();
    looker.banks();
    looker.adapters();
    looker.models();
    looker.experiments();
    looker.jobs();
    looker.notes();
    looker.trash();
    looker.exported();
    looker.is_usable();
    looker.warnings();
    looker.seen
}

struct Looker<'a> {
    host: &'a Host,
    seen: Seen,
}

fn everything() -> (TrajectoryFilter, u64, u64) {
    (TrajectoryFilter::default(), 0, 1000)
}

fn hash(values: &[String]) -> String {
    content_hash(values.iter().map(String::as_str))
}

impl Looker<'_> {
    fn note(&mut self, thing: impl Into<String>, value: impl Into<Value>) {
        self.seen.things.insert(thing.into(), value.into());
    }

    fn sentence(&mut self, about: &str, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.seen.sentences.push((about.to_owned(), text));
        }
    }

    /// Asks about a thing; a refusal is a sentence about it.
    fn ask(&mut self, about: &str, request: Request) -> Option<Response> {
        match self.host.app().request(request) {
            Ok(response) => Some(response),
            Err(error) => {
                self.sentence(about, error.summary);
                None
            }
        }
    }

    fn list_jobs(&mut self) -> Vec<JobInfo> {
        match self.ask("jobs", Request::Job(JobRequest::List)) {
            Some(Response::Job(JobResponse::List(jobs))) => jobs,
            _ => Vec::new(),
        }
    }

    fn finish_jobs(&mut self) {
        self.wait_for_jobs();
        let mut has_resumed = false;
        for job in self.list_jobs() {
            if let JobState::Failed { error } = &job.state {
                self.sentence(&format!("job/{}", job.spec.id), &*error.summary);
            }
            if !matches!(job.state, JobState::Finished { .. }) {
                let job = job.spec.id;
                has_resumed = true;
                // One that waited for another has been resumed with it.
                let resume = Request::Job(JobRequest::Resume { job });
                self.host.app().request(resume).ok();
            }
        }
        for id in self.interrupted() {
            has_resumed = true;
            let resume = ExperimentRequest::Resume { id };
            self.ask("experiments", Request::Experiment(resume));
        }
        if has_resumed {
            self.wait_for_jobs();
        }
    }

    /// Experiments that were interrupted: some of their jobs may not even have been written down.
    fn interrupted(&mut self) -> Vec<ExperimentId> {
        let list = Request::Experiment(ExperimentRequest::List);
        let Some(Response::Experiment(ExperimentResponse::List(all))) =
            self.ask("experiments", list)
        else {
            return Vec::new();
        };
        let is_cut = |info: &ExperimentInfo| info.state == ExperimentState::Interrupted;
        let cut = all.into_iter().filter(is_cut);
        cut.map(|info| info.spec.id).collect()
    }

    fn wait_for_jobs(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let jobs = self.list_jobs();
            let active = jobs.into_iter().filter(|job| job.state.is_active());
            let active: Vec<JobInfo> = active.collect();
            if active.is_empty() {
                return;
            }
            // These wait until they are stopped.
            let waits = |job: &&JobInfo| {
                ["obey", "ignore"].contains(&&*job.spec.title) && job.state == JobState::Running
            };
            if let Some(job) = active.iter().find(waits).filter(|job| job.has_checkpoint) {
                let job = job.spec.id.clone();
                self.ask("jobs", Request::Job(JobRequest::Stop { job }));
            }
            if Instant::now() > deadline {
                self.sentence("jobs", "A job does not end.");
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn settings(&mut self) {
        if let Some(settings) = self.get_settings() {
            self.note("settings/zoom", f64::from(settings.zoom));
            self.note("settings/grace", settings.stop_grace_secs);
        }
    }

    fn get_settings(&mut self) -> Option<Settings> {
        match self.ask("settings", Request::Settings(SettingsRequest::Get))? {
            Response::Settings(SettingsResponse::Settings(settings)) => Some(settings),
            _ => None,
        }
    }

    fn datasets(&mut self) {
        let Some(Response::Dataset(DatasetResponse::List(sets))) =
            self.ask("datasets", Request::Dataset(DatasetRequest::List))
        else {
            return;
        };
        for set in sets {
            let thing = format!("dataset/{}", set.id);
            self.note(format!("{thing}/name"), &*set.name);
            self.note(format!("{thing}/unseen"), set.unseen_types.clone());
            self.note(format!("{thing}/items"), set.num_items);
            self.note(format!("{thing}/successes"), set.num_successes);
            for row in &set.report.rejected {
                self.sentence(&thing, &*row.reason);
            }
            let episodes = self.episodes(&thing, &set.id);
            self.note(format!("{thing}/episodes"), hash(&episodes));
            let id = set.id.clone();
            let stats = self.ask(&thing, Request::Dataset(DatasetRequest::Stats { id }));
            self.note(format!("{thing}/stats"), format!("{stats:?}").len());
            let leaks = Request::Dataset(DatasetRequest::Leaks { id: set.id });
            if let Some(Response::Dataset(DatasetResponse::Leaks(leaks))) = self.ask(&thing, leaks)
            {
                self.note(format!("{thing}/leaks"), leaks.len());
            }
        }
    }

    /// Every episode of a data set, as its page shows it.
    fn episodes(&mut self, thing: &str, id: &DatasetId) -> Vec<String> {
        let (filter, offset, limit) = everything();
        let source = Source::Dataset { id: id.clone() };
        let rows = TrajectoryRequest::Rows {
            source: source.clone(),
            filter,
            offset,
            limit,
        };
        let Some(Response::Trajectory(TrajectoryResponse::Rows(page))) =
            self.ask(thing, Request::Trajectory(rows))
        else {
            return Vec::new();
        };
        let mut texts = Vec::new();
        for mut row in page.rows {
            // Which side of the split it is on is looked at for itself.
            row.split = None;
            texts.push(format!("{row:?}"));
            let get = TrajectoryRequest::Get {
                source: source.clone(),
                id: row.id,
            };
            let episode = self.ask(thing, Request::Trajectory(get));
            texts.push(format!("{episode:?}"));
        }
        texts
    }

    fn banks(&mut self) {
        let Some(Response::Bank(BankResponse::List(banks))) =
            self.ask("banks", Request::Bank(BankRequest::List))
        else {
            return;
        };
        for bank in banks {
            let thing = format!("bank/{}", bank.id);
            self.note(format!("{thing}/name"), &*bank.name);
            if bank.dim == 0 {
                // The list says it behind the name.
                self.sentence(&thing, format!("The bank {}", bank.name));
            }
            self.rows_of_bank(&thing, &bank.id);
        }
    }

    fn rows_of_bank(&mut self, thing: &str, bank: &BankId) {
        let (filter, offset, limit) = everything();
        let rows = BankRequest::Rows {
            bank: bank.clone(),
            filter,
            offset,
            limit,
        };
        let Some(Response::Bank(BankResponse::Rows(page))) = self.ask(thing, Request::Bank(rows))
        else {
            return;
        };
        for row in page.rows {
            let place = format!("{thing}/{}", row.id);
            self.note(format!("{place}/pinned"), row.pinned);
            self.note(format!("{place}/never"), row.never_use);
            self.note(format!("{place}/lesson"), &*row.lesson);
            let (bank, id) = (bank.clone(), row.id);
            if let Some(Response::Bank(BankResponse::One(experience))) =
                self.ask(thing, Request::Bank(BankRequest::Get { bank, id }))
            {
                let text = format!("{:?}", experience.trajectory);
                self.note(format!("{place}/episode"), hash(&[text]));
            }
        }
        let map = BankRequest::Map { bank: bank.clone() };
        if let Some(Response::Bank(BankResponse::Map { points, .. })) =
            self.ask(thing, Request::Bank(map))
        {
            self.note(format!("{thing}/mapped"), points.len());
        }
    }

    fn adapters(&mut self) {
        let Some(Response::Export(ExportResponse::Adapters(adapters))) =
            self.ask("adapters", Request::Export(ExportRequest::Adapters))
        else {
            return;
        };
        for adapter in adapters {
            let thing = format!("adapter/{}", adapter.id);
            self.note(format!("{thing}/name"), &*adapter.name);
            let shape = json!([adapter.base_model, adapter.lora, adapter.num_steps]);
            self.note(format!("{thing}/shape"), shape);
            let adapter = adapter.id;
            let options = Request::Export(ExportRequest::Options { adapter });
            if let Some(Response::Export(ExportResponse::Options { options, .. })) =
                self.ask(&thing, options)
            {
                self.note(format!("{thing}/forms"), options.len());
                for option in options {
                    self.sentence(&thing, option.refusal);
                }
            }
        }
    }

    fn models(&mut self) {
        let Some(Response::Model(ModelResponse::List(models))) =
            self.ask("models", Request::Model(ModelRequest::List))
        else {
            return;
        };
        for model in models {
            let thing = format!("model/{}", model.id);
            self.note(format!("{thing}/name"), &*model.name);
            self.note(format!("{thing}/size"), model.num_parameters);
            self.note(format!("{thing}/usable"), model.problem.is_empty());
            self.sentence(&thing, model.problem);
        }
    }

    fn experiments(&mut self) {
        let list = Request::Experiment(ExperimentRequest::List);
        let Some(Response::Experiment(ExperimentResponse::List(experiments))) =
            self.ask("experiments", list)
        else {
            return;
        };
        for info in experiments {
            let thing = format!("experiment/{}", info.spec.id);
            self.note(format!("{thing}/state"), json!(info.state));
            self.note(format!("{thing}/seeds"), json!(info.spec.seeds));
            let id: ExperimentId = info.spec.id;
            let results = Request::Experiment(ExperimentRequest::Results { id });
            if let Some(Response::Experiment(ExperimentResponse::Results { results, .. })) =
                self.ask(&thing, results)
            {
                self.note(format!("{thing}/arms"), results.arms.len());
            }
        }
    }

    fn jobs(&mut self) {
        for job in self.list_jobs() {
            let thing = format!("job/{}", job.spec.id);
            self.note(format!("{thing}/state"), job.state.label());
            if let JobState::Failed { error } = job.state {
                self.sentence(&thing, error.summary);
            }
            let losses = self.losses(&thing, job.spec.id);
            self.note(format!("{thing}/metrics"), losses);
        }
    }

    fn losses(&mut self, thing: &str, job: JobId) -> Value {
        let (name, width) = ("train/loss".to_owned(), 1000);
        let series = JobRequest::Series { job, name, width };
        match self.ask(thing, Request::Job(series)) {
            Some(Response::Job(JobResponse::Series { points, .. })) => {
                json!(
                    points
                        .iter()
                        .map(|point| (point.step, point.value))
                        .collect::<Vec<_>>()
                )
            }
            _ => Value::Null,
        }
    }

    /// Marks and servers.
    fn notes(&mut self) {
        if let Some(Response::Trajectory(TrajectoryResponse::Marks(marks))) =
            self.ask("marks", Request::Trajectory(TrajectoryRequest::Marks))
        {
            for mark in marks {
                self.note(format!("mark/{}/note", mark.id), mark.note);
            }
        }
        if let Some(Response::World(WorldResponse::List(worlds))) =
            self.ask("servers", Request::World(WorldRequest::List))
        {
            for world in worlds {
                if let lore_core::WorldSpec::Server(server) = world.spec {
                    self.note(format!("server/{}/address", server.name), server.address);
                }
            }
        }
    }

    /// Where things are that can be deleted: in their place or in the trash, never nowhere.
    fn trash(&mut self) {
        let data = self.host.data();
        for (kind, name) in [
            ("datasets", "kitchen"),
            ("datasets", "garden"),
            ("datasets", "old"),
            ("adapters", "steady"),
            ("adapters", "spare"),
            ("experiments", "good"),
        ] {
            let live = data.join(kind).join(name);
            let deleted = data.join("trash").join(kind).join(name);
            let is_somewhere = live.is_dir() || deleted.is_dir();
            self.note(format!("somewhere/{kind}/{name}"), is_somewhere);
        }
    }

    /// What was exported beside the data folder. Cards name the day; the weights must be the same.
    fn exported(&mut self) {
        let folder = self.host.data().with_file_name("exported");
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_weights = path.extension().is_some_and(|kind| kind == "safetensors");
            let value = match fs::read(&path) {
                Ok(bytes) if is_weights => hash(&[format!("{bytes:?}")]),
                Ok(_) => "there".to_owned(),
                Err(error) => error.to_string(),
            };
            self.note(format!("exported/{name}"), value);
        }
    }

    /// The window can be used: a change is taken and stays.
    fn is_usable(&mut self) {
        let Some(before) = self.get_settings() else {
            return;
        };
        let changed = Settings {
            reduced_motion: !before.reduced_motion,
            ..before.clone()
        };
        for settings in [changed, before] {
            let set = SettingsRequest::Set { settings };
            let answer = self.ask("settings", Request::Settings(set));
            self.note("usable", answer.is_some());
        }
    }

    fn warnings(&mut self) {
        let status = Request::Settings(SettingsRequest::Status);
        if let Some(Response::Settings(SettingsResponse::Status(status))) =
            self.ask("status", status)
        {
            for warning in status.warnings {
                self.sentence("warning", warning);
            }
        }
    }
}
