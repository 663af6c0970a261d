//! Experiments in a terminal, for machines without a display: the same requests that the window sends.

mod screen;
mod table;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use lore_app::App;
use lore_core::{ExperimentId, ExperimentSpec, JobId};
use lore_protocol::{
    ApiError, DatasetRequest, DatasetResponse, ExperimentInfo, ExperimentRequest,
    ExperimentResponse, ExperimentState, JavaSource, JobInfo, JobRequest, JobResponse, JobState,
    ModelRequest, ModelSource, Request, Response, SettingsRequest, SettingsResponse, StarterModel,
    Status, Work, WorldRequest, WorldResponse,
};

use crate::options::InTerminal;
use screen::Screen;

/// How often the terminal is brought up to date.
const PULSE: Duration = Duration::from_millis(500);

/// Runs an experiment, or goes on with it where it was interrupted, and writes where its report is.
pub(crate) fn run(app: Arc<App>, task: &InTerminal, imports: &[PathBuf]) -> Result<()> {
    let desk = Terminal { app };
    desk.get_models()?;
    for path in imports {
        desk.import(path)?;
    }
    let (spec, is_same): (ExperimentSpec, IsSame) = match task {
        InTerminal::Sample(preset) => {
            let spec = ExperimentSpec::preset(*preset);
            (spec, |info, asked| info.preset == asked.preset)
        }
        InTerminal::Experiment(path) => (described(path)?, |info, asked| info.id == asked.id),
    };
    let id = desk.start(spec, is_same)?;
    let info = desk.follow(&id)?;
    desk.report(&info)
}

/// Whether an experiment of the data folder is the one that was asked for.
type IsSame = fn(&ExperimentSpec, &ExperimentSpec) -> bool;

/// The experiment that a file describes.
fn described(path: &Path) -> Result<ExperimentSpec> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("Could not read the experiment in {}", path.display()))?;
    let spec: ExperimentSpec = serde_json::from_str(&text)
        .with_context(|| format!("{} does not describe an experiment", path.display()))?;
    ensure!(
        !spec.id.as_str().is_empty(),
        "The experiment in {} has no id, so it could not be found again after a stop",
        path.display()
    );
    Ok(spec)
}

struct Terminal {
    app: Arc<App>,
}

impl Terminal {
    fn ask(&self, request: Request) -> Result<Response> {
        self.app.request(request).map_err(|error| {
            let ApiError {
                summary, details, ..
            } = error;
            log::debug!("{details}");
            anyhow!(summary)
        })
    }

    fn status(&self) -> Result<Status> {
        match self.ask(Request::Settings(SettingsRequest::Status))? {
            Response::Settings(SettingsResponse::Status(status)) => Ok(*status),
            _ => bail!("the core did not say how it is"),
        }
    }

    fn jobs(&self) -> Result<Vec<JobInfo>> {
        match self.ask(Request::Job(JobRequest::List))? {
            Response::Job(JobResponse::List(jobs)) => Ok(jobs),
            _ => bail!("the core did not list its jobs"),
        }
    }

    fn experiment(&self, request: ExperimentRequest) -> Result<ExperimentResponse> {
        match self.ask(Request::Experiment(request))? {
            Response::Experiment(response) => Ok(response),
            _ => bail!("the core did not answer about the experiment"),
        }
    }

    /// Waits for the starter models, and asks for those that nobody gets.
    fn get_models(&self) -> Result<()> {
        let mut screen = Screen::new();
        let mut has_asked = false;
        loop {
            let status = self.status()?;
            let missing: Vec<StarterModel> = [
                (status.has_language_model, StarterModel::LanguageModel),
                (status.has_embedder, StarterModel::Embedder),
            ]
            .into_iter()
            .filter_map(|(has, starter)| (!has).then_some(starter))
            .collect();
            if missing.is_empty() {
                return Ok(());
            }
            let fetches: Vec<JobInfo> = self
                .jobs()?
                .into_iter()
                .filter(|job| matches!(job.spec.work, Work::FetchModel(_)))
                .collect();
            screen.show(&fetches);
            if !fetches.iter().any(|job| job.state.is_active()) {
                if has_asked {
                    return Err(why_failed(&fetches).context("Could not get the models"));
                }
                has_asked = true;
                for starter in missing {
                    let source = ModelSource::Starter { starter };
                    self.ask(Request::Model(ModelRequest::Fetch { source }))?;
                }
            }
            sleep(PULSE);
        }
    }

    /// Brings a file in: a Java world's package is installed, anything else becomes a data set unless one was
    /// made from it already.
    fn import(&self, path: &Path) -> Result<()> {
        let place = std::path::absolute(path)?.to_string_lossy().into_owned();
        let extension = path.extension().and_then(|it| it.to_str());
        if matches!(extension, Some("whl" | "jar")) {
            let source = JavaSource::File { path: place };
            let install = Request::World(WorldRequest::Install { source });
            return match self.ask(install)? {
                Response::World(WorldResponse::Job(job)) => self.wait_for(&job),
                _ => bail!("the core did not install the world"),
            };
        }
        let sets = self.ask(Request::Dataset(DatasetRequest::List))?;
        if let Response::Dataset(DatasetResponse::List(sets)) = sets
            && sets.iter().any(|set| set.source == place)
        {
            return Ok(());
        }
        let import = DatasetRequest::Import {
            path: place,
            name: String::new(),
            columns: None,
        };
        match self.ask(Request::Dataset(import))? {
            Response::Dataset(DatasetResponse::Job(job)) => self.wait_for(&job),
            _ => bail!("the core did not import the file"),
        }
    }

    /// Shows a job until it has finished.
    fn wait_for(&self, job: &JobId) -> Result<()> {
        let mut screen = Screen::new();
        loop {
            let mut jobs = self.jobs()?;
            jobs.retain(|info| info.spec.id == *job);
            screen.show(&jobs);
            match jobs.first().map(|job| &job.state) {
                Some(JobState::Finished { .. }) => return Ok(()),
                Some(state) if state.is_active() => sleep(PULSE),
                _ => return Err(why_failed(&jobs)),
            }
        }
    }

    /// Starts the experiment, or goes on with the same one that did not finish.
    fn start(&self, spec: ExperimentSpec, is_same: IsSame) -> Result<ExperimentId> {
        let list = match self.experiment(ExperimentRequest::List)? {
            ExperimentResponse::List(list) => list,
            _ => Vec::new(),
        };
        if let Some(info) = list.iter().find(|info| info.spec.id == spec.id) {
            let grows = info.spec.arms != spec.arms || info.spec.seeds != spec.seeds;
            if grows || info.state == ExperimentState::Finished {
                return self.add_missing(spec, grows);
            }
        }
        let open = list
            .into_iter()
            .find(|info| is_same(&info.spec, &spec) && info.state != ExperimentState::Finished);
        if let Some(info) = open {
            let id = info.spec.id;
            eprintln!("Going on with {}", info.spec.name);
            // Some jobs may wait while another one broke.
            let again = ExperimentRequest::Resume { id: id.clone() };
            self.ask(Request::Experiment(again))?;
            return Ok(id);
        }
        let spec = Box::new(spec);
        eprintln!("{}", spec.name);
        let estimate = ExperimentRequest::Estimate { spec: spec.clone() };
        if let ExperimentResponse::Estimate(estimate) = self.experiment(estimate)? {
            eprintln!(
                "About {} on this machine, {} MB of memory",
                screen::duration(estimate.secs),
                estimate.memory_bytes / 1_000_000
            );
            for problem in estimate.problems {
                eprintln!("Mind: {problem}");
            }
        }
        match self.experiment(ExperimentRequest::Start { spec })? {
            ExperimentResponse::Started(id) => Ok(id),
            _ => bail!("the experiment did not start"),
        }
    }

    /// Adds the runs that an experiment lacks: those of new arms and seeds, and those whose folders somebody
    /// took away. One that lacks nothing is shown as it is.
    fn add_missing(&self, spec: ExperimentSpec, grows: bool) -> Result<ExperimentId> {
        let id = spec.id.clone();
        eprintln!("Adding what {} lacks", spec.name);
        let spec = Box::new(spec);
        let added = self.ask(Request::Experiment(ExperimentRequest::Extend { spec }));
        match added {
            Err(error) if grows => Err(error),
            _ => Ok(id),
        }
    }

    /// Shows progress until nothing of the experiment waits or runs.
    fn follow(&self, id: &ExperimentId) -> Result<ExperimentInfo> {
        let mut screen = Screen::new();
        loop {
            let request = ExperimentRequest::Get { id: id.clone() };
            let ExperimentResponse::One(info) = self.experiment(request)? else {
                bail!("the experiment is gone");
            };
            let own: Vec<JobInfo> = self
                .jobs()?
                .into_iter()
                .filter(|job| job.spec.experiment.as_ref() == Some(id))
                .collect();
            screen.show(&own);
            match info.state {
                ExperimentState::Running => sleep(PULSE),
                ExperimentState::Finished => return Ok(*info),
                ExperimentState::Interrupted => {
                    return Err(why_failed(&own).context(
                        "The experiment did not finish. The same command goes on where it stopped",
                    ));
                }
            }
        }
    }

    fn report(&self, info: &ExperimentInfo) -> Result<()> {
        let id = info.spec.id.clone();
        let ExperimentResponse::Results { results, files } =
            self.experiment(ExperimentRequest::Results { id })?
        else {
            bail!("the experiment has no results");
        };
        eprint!("\n{}", table::of(&results));
        let report = files
            .iter()
            .map(|(_, path)| path)
            .find(|path| Path::new(path).extension() == Some("html".as_ref()))
            .context("The report was not written")?;
        eprintln!(
            "\n{} episodes in {}. Report: {report}",
            info.num_episodes,
            screen::duration(info.secs_spent)
        );
        Ok(())
    }
}

/// The words of the first job that failed.
fn why_failed(jobs: &[JobInfo]) -> anyhow::Error {
    let failed = jobs.iter().find_map(|job| match &job.state {
        JobState::Failed { error } => Some(anyhow!("{}: {}", job.spec.title, error.summary)),
        _ => None,
    });
    failed.unwrap_or_else(|| anyhow!("It was stopped"))
}
