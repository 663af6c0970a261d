//! Typed questions: one method for everything pages show.

use lore_core::{
    Adapter, AdapterId, Agreement, AgreementLead, BankId, BankInfo, Change, ColumnMap, DatasetId,
    DatasetInfo, DatasetStats, Experience, ExperienceId, ExperimentId, ExperimentResults,
    ExperimentSpec, FormatGuess, JobId, MapPoint, ModelId, ModelInfo, Page, PaintedExample, Query,
    RemovalPreview, RetrievalGrid, ScoredAction, SplitLeak, Task, Trajectory, TrajectoryId,
    WorldSpec,
};
use lore_protocol::{
    BankRequest, BankResponse, BranchInfo, DatasetRequest, DatasetResponse, EndpointState,
    Estimate, ExperimentInfo, ExperimentRequest, ExperimentResponse, ExportOption, ExportRequest,
    ExportResponse, GameView, JobRequest, JobResponse, Mark, MetricPoint, ModelRequest,
    ModelResponse, Request, Response, ServedInfo, SettingsRequest, SettingsResponse, Source,
    Status, TalkRequest, TalkResponse, TrajectoryRequest, TrajectoryResponse, WorldInfo,
    WorldRequest, WorldResponse,
};

use super::Ctx;
use crate::store::Loaded;

/// Lines of a job that are asked for at once.
const NUM_LINES: usize = 1000;

impl<'a> Ctx<'a> {
    /// Every data set, newest first.
    pub fn datasets(&self) -> Loaded<'a, [DatasetInfo]> {
        self.query(&Request::Dataset(DatasetRequest::List))
            .and_then(|response| match response {
                Response::Dataset(DatasetResponse::List(list)) => Some(list.as_slice()),
                _ => None,
            })
    }

    /// What a file holds, or would hold if the columns of a table meant what somebody said.
    pub fn guess(&self, path: &str, columns: Option<&ColumnMap>) -> Loaded<'a, FormatGuess> {
        let (path, columns) = (path.to_owned(), columns.cloned());
        self.query(&Request::Dataset(DatasetRequest::Inspect { path, columns }))
            .and_then(|response| match response {
                Response::Dataset(DatasetResponse::Guess(guess)) => Some(guess),
                _ => None,
            })
    }

    /// Figures of a data set's trajectories.
    pub fn dataset_stats(&self, id: &DatasetId) -> Loaded<'a, DatasetStats> {
        let id = id.clone();
        self.query(&Request::Dataset(DatasetRequest::Stats { id }))
            .and_then(|response| match response {
                Response::Dataset(DatasetResponse::Stats(stats)) => Some(stats),
                _ => None,
            })
    }

    /// What stands on both sides of a data set's split.
    pub fn leaks(&self, id: &DatasetId) -> Loaded<'a, [SplitLeak]> {
        let id = id.clone();
        self.query(&Request::Dataset(DatasetRequest::Leaks { id }))
            .and_then(|response| match response {
                Response::Dataset(DatasetResponse::Leaks(leaks)) => Some(leaks.as_slice()),
                _ => None,
            })
    }

    /// What came of asking an agent along the episodes of a data set, once the job is done.
    pub fn agreement(&self, job: &JobId) -> Loaded<'a, Agreement> {
        let job = job.clone();
        self.query(&Request::Dataset(DatasetRequest::Agreement { job }))
            .and_then(|response| match response {
                Response::Dataset(DatasetResponse::Agreement(agreement)) => Some(&**agreement),
                _ => None,
            })
    }

    /// What the agent of one such job is ahead of that of another; nothing where they have nothing in common.
    pub fn agreement_lead(&self, job: &JobId, over: &JobId) -> Option<&'a AgreementLead> {
        let (job, over) = (job.clone(), over.clone());
        let request = Request::Dataset(DatasetRequest::AgreementLead { job, over });
        match self.query(&request).ready()? {
            Response::Dataset(DatasetResponse::AgreementLead(lead)) => lead.as_ref(),
            _ => None,
        }
    }

    /// Every bank.
    pub fn banks(&self) -> Loaded<'a, [BankInfo]> {
        self.query(&Request::Bank(BankRequest::List))
            .and_then(|response| match response {
                Response::Bank(BankResponse::List(list)) => Some(list.as_slice()),
                _ => None,
            })
    }

    /// One experience in full.
    pub fn experience(&self, bank: &BankId, id: &ExperienceId) -> Loaded<'a, Experience> {
        let (bank, id) = (bank.clone(), id.clone());
        self.query(&Request::Bank(BankRequest::Get { bank, id }))
            .and_then(|response| match response {
                Response::Bank(BankResponse::One(experience)) => Some(experience.as_ref()),
                _ => None,
            })
    }

    /// What would be retrieved into so many tokens, what would not, and why; 0 means no limit.
    pub fn explained(
        &self,
        bank: &BankId,
        query: &Query,
        token_budget: usize,
    ) -> Loaded<'a, BankResponse> {
        self.query(&Request::Bank(BankRequest::Explain {
            bank: bank.clone(),
            query: query.clone(),
            token_budget,
        }))
        .and_then(|response| match response {
            Response::Bank(explained @ BankResponse::Explained { .. }) => Some(explained),
            _ => None,
        })
    }

    /// What taking an experience out would change.
    pub fn removal_preview(&self, bank: &BankId, id: &ExperienceId) -> Loaded<'a, RemovalPreview> {
        let (bank, ids) = (bank.clone(), vec![id.clone()]);
        self.query(&Request::Bank(BankRequest::PreviewRemoval { bank, ids }))
            .and_then(|response| match response {
                Response::Bank(BankResponse::RemovalPreview(preview)) => Some(preview),
                _ => None,
            })
    }

    /// What a comparison of ways of retrieval found, once its job is done.
    pub fn compared(&self, job: &JobId) -> Loaded<'a, RetrievalGrid> {
        let job = job.clone();
        self.query(&Request::Bank(BankRequest::Compared { job }))
            .and_then(|response| match response {
                Response::Bank(BankResponse::Compared(grid)) => Some(grid),
                _ => None,
            })
    }

    /// Every experience of a bank as a point.
    pub fn bank_map(&self, bank: &BankId) -> Loaded<'a, [MapPoint]> {
        let bank = bank.clone();
        self.query(&Request::Bank(BankRequest::Map { bank }))
            .and_then(|response| match response {
                Response::Bank(BankResponse::Map { points, .. }) => Some(points.as_slice()),
                _ => None,
            })
    }

    /// Every world.
    pub fn worlds(&self) -> Loaded<'a, [WorldInfo]> {
        self.query(&Request::World(WorldRequest::List))
            .and_then(|response| match response {
                Response::World(WorldResponse::List(list)) => Some(list.as_slice()),
                _ => None,
            })
    }

    /// The first tasks of a world that contain a text.
    pub fn tasks(&self, world: &WorldSpec, text: &str, limit: u64) -> Loaded<'a, Page<Task>> {
        self.query(&Request::World(WorldRequest::Tasks {
            world: world.clone(),
            text: text.to_owned(),
            offset: 0,
            limit,
        }))
        .and_then(|response| match response {
            Response::World(WorldResponse::Tasks(page)) => Some(page),
            _ => None,
        })
    }

    /// The task a person is playing.
    pub fn game(&self) -> Option<&'a GameView> {
        let current = self.query(&Request::World(WorldRequest::Current));
        match current.ready()? {
            Response::World(WorldResponse::Game(view)) => Some(view.as_ref()),
            _ => None,
        }
    }

    /// Everything that could be done in it after so many steps.
    pub fn suggestions(&self, num_steps: usize) -> Loaded<'a, [String]> {
        self.query(&Request::World(WorldRequest::Suggest { num_steps }))
            .and_then(|response| match response {
                Response::World(WorldResponse::Suggestions(actions)) => Some(actions.as_slice()),
                _ => None,
            })
    }

    /// Every model, by name.
    pub fn models(&self) -> Loaded<'a, [ModelInfo]> {
        self.query(&Request::Model(ModelRequest::List))
            .and_then(|response| match response {
                Response::Model(ModelResponse::List(list)) => Some(list.as_slice()),
                _ => None,
            })
    }

    /// Every model on a server, by name.
    pub fn served_models(&self) -> Loaded<'a, [ServedInfo]> {
        self.query(&Request::Model(ModelRequest::Served))
            .and_then(|response| match response {
                Response::Model(ModelResponse::Served(list)) => Some(list.as_slice()),
                _ => None,
            })
    }

    /// Every experiment, newest first.
    pub fn experiments(&self) -> Loaded<'a, [ExperimentInfo]> {
        self.query(&Request::Experiment(ExperimentRequest::List))
            .and_then(|response| match response {
                Response::Experiment(ExperimentResponse::List(list)) => Some(list.as_slice()),
                _ => None,
            })
    }

    /// What an experiment will take.
    pub fn estimate(&self, spec: &ExperimentSpec) -> Loaded<'a, Estimate> {
        let spec = Box::new(spec.clone());
        self.query(&Request::Experiment(ExperimentRequest::Estimate { spec }))
            .and_then(|response| match response {
                Response::Experiment(ExperimentResponse::Estimate(estimate)) => Some(estimate),
                _ => None,
            })
    }

    /// The numbers of an experiment so far.
    pub fn results(&self, id: &ExperimentId) -> Loaded<'a, ExperimentResults> {
        self.results_answer(id).and_then(|response| match response {
            ExperimentResponse::Results { results, .. } => Some(results.as_ref()),
            _ => None,
        })
    }

    /// Figures and report of an experiment: names and paths.
    pub fn result_files(&self, id: &ExperimentId) -> Loaded<'a, [(String, String)]> {
        self.results_answer(id).and_then(|response| match response {
            ExperimentResponse::Results { files, .. } => Some(files.as_slice()),
            _ => None,
        })
    }

    fn results_answer(&self, id: &ExperimentId) -> Loaded<'a, ExperimentResponse> {
        let id = id.clone();
        self.query(&Request::Experiment(ExperimentRequest::Results { id }))
            .and_then(|response| match response {
                Response::Experiment(answer) => Some(answer),
                _ => None,
            })
    }

    /// One trajectory in full.
    pub fn trajectory(&self, source: &Source, id: &TrajectoryId) -> Loaded<'a, Trajectory> {
        let (source, id) = (source.clone(), id.clone());
        self.query(&Request::Trajectory(TrajectoryRequest::Get { source, id }))
            .and_then(|response| match response {
                Response::Trajectory(TrajectoryResponse::One(trajectory)) => {
                    Some(trajectory.as_ref())
                }
                _ => None,
            })
    }

    /// A trajectory as tokens, with the learned ones marked.
    pub fn painted(
        &self,
        source: &Source,
        id: &TrajectoryId,
        model: &ModelId,
    ) -> Loaded<'a, PaintedExample> {
        let (source, id, model) = (source.clone(), id.clone(), model.clone());
        self.query(&Request::Trajectory(TrajectoryRequest::Paint {
            source,
            id,
            model,
        }))
        .and_then(|response| match response {
            Response::Trajectory(TrajectoryResponse::Painted(painted)) => Some(painted.as_ref()),
            _ => None,
        })
    }

    /// How likely each possible action of a step is, as it was or with something changed.
    pub fn what_if(
        &self,
        source: &Source,
        id: &TrajectoryId,
        step: usize,
        change: &Change,
    ) -> Loaded<'a, [ScoredAction]> {
        self.query(&Request::Trajectory(TrajectoryRequest::WhatIf {
            source: source.clone(),
            id: id.clone(),
            step: step as u32,
            change: change.clone(),
        }))
        .and_then(|response| match response {
            Response::Trajectory(TrajectoryResponse::Likely(scores)) => Some(scores.as_slice()),
            _ => None,
        })
    }

    /// What was played on from an episode, newest first.
    pub fn branches(&self, id: &TrajectoryId) -> Loaded<'a, [BranchInfo]> {
        let id = id.clone();
        self.query(&Request::Trajectory(TrajectoryRequest::Branches { id }))
            .and_then(|response| match response {
                Response::Trajectory(TrajectoryResponse::Branches(list)) => Some(list.as_slice()),
                _ => None,
            })
    }

    /// What a person marked among trajectories, newest first.
    pub fn marks(&self) -> Loaded<'a, [Mark]> {
        self.query(&Request::Trajectory(TrajectoryRequest::Marks))
            .and_then(|response| match response {
                Response::Trajectory(TrajectoryResponse::Marks(list)) => Some(list.as_slice()),
                _ => None,
            })
    }

    /// How the endpoint for other programs stands.
    pub fn endpoint(&self) -> Loaded<'a, EndpointState> {
        self.query(&Request::Talk(TalkRequest::Endpoint))
            .and_then(|response| match response {
                Response::Talk(TalkResponse::Endpoint(state)) => Some(state.as_ref()),
                _ => None,
            })
    }

    /// Every adapter, newest first.
    pub fn adapters(&self) -> Loaded<'a, [Adapter]> {
        self.query(&Request::Export(ExportRequest::Adapters))
            .and_then(|response| match response {
                Response::Export(ExportResponse::Adapters(list)) => Some(list.as_slice()),
                _ => None,
            })
    }

    /// The forms an adapter can be written in.
    pub fn export_options(&self, adapter: &AdapterId) -> Loaded<'a, [ExportOption]> {
        let request = Request::Export(ExportRequest::Options {
            adapter: adapter.clone(),
        });
        self.query(&request).and_then(|response| match response {
            Response::Export(ExportResponse::Options { options, .. }) => Some(options.as_slice()),
            _ => None,
        })
    }

    /// Whether the list of jobs is here; the jobs themselves are in [`crate::Store::jobs`].
    pub fn jobs_loaded(&self) -> Loaded<'a, JobResponse> {
        self.query(&Request::Job(JobRequest::List))
            .and_then(|response| match response {
                Response::Job(list) => Some(list),
                _ => None,
            })
    }

    /// A metric of a job: fetched thinned to `width` once, then kept current by what the job says.
    pub fn series(&self, job: &JobId, name: &str, width: usize) -> &'a [MetricPoint] {
        let (id, series) = (job.clone(), name.to_owned());
        self.query(&Request::Job(JobRequest::Series {
            job: id,
            name: series,
            width,
        }));
        self.store
            .jobs()
            .get(job)
            .map_or(&[], |record| record.series(name))
    }

    /// Has the past lines of a job fetched once; they appear in its record.
    pub fn fetch_lines(&self, job: &JobId) {
        self.query(&Request::Job(JobRequest::Lines {
            job: job.clone(),
            after_seq: 0,
            limit: NUM_LINES,
        }));
    }

    /// The end of a worker's own log.
    pub fn job_log(&self, job: &JobId) -> Loaded<'a, str> {
        self.query(&Request::Job(JobRequest::Log { job: job.clone() }))
            .and_then(|response| match response {
                Response::Job(JobResponse::Log { text, .. }) => Some(text.as_str()),
                _ => None,
            })
    }

    /// The state of the application.
    pub fn status_answer(&self) -> Loaded<'a, Status> {
        self.query(&Request::Settings(SettingsRequest::Status))
            .and_then(|response| match response {
                Response::Settings(SettingsResponse::Status(status)) => Some(status.as_ref()),
                _ => None,
            })
    }
}
