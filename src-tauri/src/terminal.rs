//! The sample experiment in a terminal, for machines without a display: the same requests that the
//! window sends.

mod screen;
mod table;

use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use lore_app::App;
use lore_core::{ExperimentId, ExperimentSpec, Preset};
use lore_protocol::{
    ApiError, ExperimentInfo, ExperimentRequest, ExperimentResponse, ExperimentState, JobInfo,
    JobRequest, JobResponse, JobState, ModelRequest, ModelSource, Request, Response,
    SettingsRequest, SettingsResponse, StarterModel, Status, Work,
};

use screen::Screen;

/// How often the terminal is brought up to date.
const PULSE: Duration = Duration::from_millis(500);

/// Runs the sample experiment of this size, or goes on with one that was interrupted, and writes
/// where its report is.
pub(crate) fn run(app: Arc<App>, preset: Preset) -> Result<()> {
    let desk = Terminal { app };
    desk.get_models()?;
    let id = desk.start(preset)?;
    let info = desk.follow(&id)?;
    desk.report(&info)
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

    /// Starts the experiment, or goes on with one of the same size that did not finish.
    fn start(&self, preset: Preset) -> Result<ExperimentId> {
        let list = match self.experiment(ExperimentRequest::List)? {
            ExperimentResponse::List(list) => list,
            _ => Vec::new(),
        };
        let open = list
            .into_iter()
            .find(|info| info.spec.preset == preset && info.state != ExperimentState::Finished);
        if let Some(info) = open {
            let id = info.spec.id;
            eprintln!("Going on with {}", info.spec.name);
            if info.state == ExperimentState::Interrupted {
                let id = id.clone();
                self.ask(Request::Experiment(ExperimentRequest::Resume { id }))?;
            }
            return Ok(id);
        }
        let spec = Box::new(ExperimentSpec::preset(preset));
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
