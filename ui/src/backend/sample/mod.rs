//! Canned data, rich enough for every page.

mod agreement;
mod bank;
mod branches;
mod care;
mod clusters;
mod datasets;
mod experiment;
mod jobs;
mod models;
mod talk;
mod trajectories;
mod worlds;

use lore_core::{
    Adapter, BankInfo, Change, DatasetId, DatasetInfo, ExperienceRow, ExperimentResults,
    FormatGuess, MapPoint, ModelInfo, Page, SplitLeak, Task, Trajectory, TrajectoryId,
    TrajectoryRow,
};
use lore_protocol::{
    ApiError, BankRequest, BankResponse, BranchInfo, ClusterInfo, DatasetRequest, DatasetResponse,
    EndpointState, Estimate, ExperimentInfo, ExperimentRequest, ExperimentResponse, ExportRequest,
    ExportResponse, FileKind, GameView, JobInfo, JobLine, JobRequest, JobResponse, LogLine, Mark,
    Request, Response, ServedInfo, Settings, SettingsRequest, SettingsResponse, ShellRequest,
    ShellResponse, Speaker, Status, TaskRow, TrajectoryRequest, TrajectoryResponse, Updates, Usage,
    WorldInfo,
};

/// What a core made of canned answers knows.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// Data sets.
    pub datasets: Vec<DatasetInfo>,
    /// Games of every data set of games.
    pub tasks: Vec<TaskRow>,
    /// What stands on both sides of the split, and in which data set.
    pub leaks: Vec<(DatasetId, SplitLeak)>,
    /// What every inspected file holds.
    pub guess: FormatGuess,
    /// Banks.
    pub banks: Vec<BankInfo>,
    /// Rows of every bank.
    pub bank_rows: Vec<ExperienceRow>,
    /// Map of every bank.
    pub map: Vec<MapPoint>,
    /// Models.
    pub models: Vec<ModelInfo>,
    /// Models on servers.
    pub served_models: Vec<ServedInfo>,
    /// Jobs.
    pub jobs: Vec<JobInfo>,
    /// What every job said.
    pub lines: Vec<JobLine>,
    /// Experiments.
    pub experiments: Vec<ExperimentInfo>,
    /// Results of every experiment.
    pub results: ExperimentResults,
    /// The estimate of every experiment.
    pub estimate: Estimate,
    /// Trajectories of every source.
    pub trajectories: Vec<Trajectory>,
    /// Rows of every source.
    pub rows: Vec<TrajectoryRow>,
    /// What takes how much room.
    pub usage: Usage,
    /// What was said.
    pub log: Vec<LogLine>,
    /// Episodes that were played on from another one.
    pub branches: Vec<BranchInfo>,
    /// Bookmarks and notes.
    pub marks: Vec<Mark>,
    /// Adapters.
    pub adapters: Vec<Adapter>,
    /// Settings.
    pub settings: Settings,
    /// The state of the application.
    pub status: Status,
    /// What every file dialog returns.
    pub picked: Option<String>,
    /// What every dialog for a new file returns.
    pub saved: Option<String>,
    /// What the shell knows about newer versions, and what it finds when it looks.
    pub updates: [Updates; 2],
    /// Worlds.
    pub worlds: Vec<WorldInfo>,
    /// Tasks of every world.
    pub world_tasks: Vec<Task>,
    /// The task a person is playing.
    pub game: Option<GameView>,
    /// How the endpoint stands.
    pub endpoint: EndpointState,
    /// Other computers.
    pub clusters: Vec<ClusterInfo>,
}

impl Sample {
    /// A program that was just installed and opened for the first time.
    pub fn first_start() -> Self {
        let mut sample = Self::fresh();
        sample.settings.welcomed = false;
        sample
    }

    /// A program without any work in it: models are there, nothing else.
    pub fn fresh() -> Self {
        Self {
            settings: Settings {
                welcomed: true,
                ..Settings::default()
            },
            models: models::models(),
            estimate: experiment::estimate(),
            usage: care::usage(),
            log: care::lines(),
            guess: datasets::guess(),
            worlds: worlds::worlds(),
            world_tasks: worlds::tasks(),
            status: Status {
                version: "0.1.0".into(),
                data_dir: "/home/ada/Lorekeeper".into(),
                free_bytes: 212_000_000_000,
                memory_bytes: 16_800_000_000,
                available_memory_bytes: 9_300_000_000,
                num_cores: 8,
                automatic_threads: 7,
                has_language_model: true,
                has_embedder: true,
                ..Status::default()
            },
            ..Self::default()
        }
    }

    /// The same, with a table at hand whose columns have odd names.
    pub fn with_table() -> Self {
        Self {
            guess: datasets::table(),
            ..Self::busy()
        }
    }

    /// The same, open to other programs.
    pub fn serving() -> Self {
        let mut sample = Self::busy();
        if let Some(adapter) = sample.adapters.first() {
            let speaker = Speaker {
                adapter: Some(adapter.id.clone()),
                bank: sample.banks.first().map(|bank| bank.id.clone()),
                ..Speaker::plain(adapter.base_model.clone())
            };
            sample.endpoint = talk::on(&speaker);
        }
        sample
    }

    /// A program that has been used for a while: a training runs, an experiment is done.
    pub fn busy() -> Self {
        let trajectories = trajectories::trajectories();
        let mut sample = Self {
            datasets: datasets::datasets(),
            tasks: datasets::tasks(),
            leaks: datasets::leaks(&trajectories),
            banks: bank::banks(),
            bank_rows: bank::rows(&trajectories),
            map: bank::map(&trajectories),
            jobs: jobs::jobs().into_iter().chain(agreement::jobs()).collect(),
            lines: jobs::lines(),
            experiments: experiment::experiments(),
            results: experiment::results(),
            rows: trajectories::rows(&trajectories),
            adapters: experiment::adapters(),
            served_models: models::served_models(),
            trajectories,
            clusters: clusters::clusters(),
            picked: Some("/home/ada/Downloads/alfworld_games_train.jsonl.gz".into()),
            saved: Some("/home/ada/Documents/episodes.jsonl".into()),
            updates: [Updates::Unknown, care::newer()],
            ..Self::fresh()
        };
        let first = sample.trajectories.first().map(branches::branch);
        if let Some((trajectory, info)) = first {
            sample.trajectories.push(trajectory);
            sample.branches.push(info);
        }
        sample.status.num_active_jobs = 2;
        sample.status.sample = sample.experiments.first().map(|info| info.spec.id.clone());
        sample
    }

    /// The answer to a request; `None` leaves it unanswered.
    pub fn answer(&self, request: &Request) -> Option<Result<Response, ApiError>> {
        Some(match request {
            Request::Dataset(request) => self.dataset(request).map(Response::Dataset),
            Request::Bank(request) => return Some(self.bank(request)),
            Request::Model(request) => Ok(self.model(request)),
            Request::Job(request) => Ok(self.job(request)),
            Request::Cluster(request) => Ok(clusters::answer(request, &self.clusters)),
            Request::Experiment(request) => return Some(self.experiment(request)),
            Request::Trajectory(request) => self.trajectory(request).map(Response::Trajectory),
            Request::World(request) => Ok(self.world(request)),
            Request::Talk(request) => Ok(
                match talk::answer(request, &self.endpoint, &self.trajectories) {
                    Some(response) => Response::Talk(response),
                    None => Response::Done,
                },
            ),
            Request::Export(request) => Ok(match request {
                ExportRequest::Adapters => {
                    Response::Export(ExportResponse::Adapters(self.adapters.clone()))
                }
                ExportRequest::Options { adapter } => Response::Export(ExportResponse::Options {
                    adapter: adapter.clone(),
                    options: models::export_options(&self.models),
                }),
                ExportRequest::Export { .. } => {
                    Response::Export(ExportResponse::Job("export-1".into()))
                }
                _ => Response::Done,
            }),
            Request::Settings(request) => Ok(Response::Settings(match request {
                SettingsRequest::Get => SettingsResponse::Settings(self.settings.clone()),
                SettingsRequest::Set { settings } => SettingsResponse::Settings(settings.clone()),
                SettingsRequest::Status => SettingsResponse::Status(Box::new(self.status.clone())),
            })),
            Request::Storage(request) => care::storage(request, &self.usage),
            Request::Support(request) => care::support(request, &self.log),
            Request::Shell(ShellRequest::Pick { kind }) => {
                Ok(Response::Shell(ShellResponse::Path {
                    kind: *kind,
                    path: self.picked.clone(),
                }))
            }
            Request::Shell(ShellRequest::Save { .. }) => Ok(Response::Shell(ShellResponse::Path {
                kind: FileKind::NewFile,
                path: self.saved.clone(),
            })),
            Request::Shell(ShellRequest::Updates) => Ok(updates(&self.updates[0])),
            Request::Shell(ShellRequest::LookForUpdate) => Ok(updates(&self.updates[1])),
            Request::Shell(_) => Ok(Response::Done),
        })
    }

    fn dataset(&self, request: &DatasetRequest) -> Result<DatasetResponse, ApiError> {
        let find = |id: &DatasetId| {
            let found = self.datasets.iter().find(|dataset| dataset.id == *id);
            found
                .cloned()
                .ok_or_else(|| ApiError::not_found("This data set is no longer there."))
        };
        Ok(match request {
            DatasetRequest::List => DatasetResponse::List(self.datasets.clone()),
            DatasetRequest::Inspect { path, columns } => {
                let mut guess = FormatGuess {
                    path: path.clone(),
                    ..self.guess.clone()
                };
                if let Some(columns) = columns {
                    guess.mapping = columns.clone();
                }
                DatasetResponse::Guess(guess)
            }
            DatasetRequest::Import { .. } => DatasetResponse::Job("import-1".into()),
            DatasetRequest::Collect { .. } => DatasetResponse::Job("collect-1".into()),
            DatasetRequest::Get { id }
            | DatasetRequest::Relabel { id, .. }
            | DatasetRequest::TakeBackLabels { id }
            | DatasetRequest::Rename { id, .. }
            | DatasetRequest::Delete { id }
            | DatasetRequest::Restore { id } => DatasetResponse::One(find(id)?),
            DatasetRequest::SetUnseen { id, unseen_types } => DatasetResponse::One(DatasetInfo {
                unseen_types: unseen_types.clone(),
                ..find(id)?
            }),
            DatasetRequest::Trajectories {
                filter,
                offset,
                limit,
                ..
            } => {
                let rows = datasets::matching(&self.rows, filter);
                DatasetResponse::Trajectories(page(&rows, *offset, *limit))
            }
            DatasetRequest::Stats { id } => DatasetResponse::Stats(datasets::stats(&find(id)?)),
            DatasetRequest::Leaks { id } => DatasetResponse::Leaks(
                self.leaks
                    .iter()
                    .filter(|(of, _)| of == id)
                    .map(|(_, leak)| leak.clone())
                    .collect(),
            ),
            DatasetRequest::Agreement { job } => {
                DatasetResponse::Agreement(Box::new(agreement::agreement(job)))
            }
            DatasetRequest::AgreementLead { job, over } => {
                let lead = agreement::agreement(job).lead_over(&agreement::agreement(over));
                DatasetResponse::AgreementLead(lead)
            }
            DatasetRequest::Tasks { offset, limit, .. } => {
                DatasetResponse::Tasks(page(&self.tasks, *offset, *limit))
            }
        })
    }

    fn bank(&self, request: &BankRequest) -> Result<Response, ApiError> {
        Ok(Response::Bank(match request {
            BankRequest::List => BankResponse::List(self.banks.clone()),
            BankRequest::Build { .. } => BankResponse::Job("bank-1".into()),
            BankRequest::Rows {
                filter,
                offset,
                limit,
                ..
            } => {
                let rows: Vec<ExperienceRow> = self
                    .bank_rows
                    .iter()
                    .filter(|row| row.goal.contains(&filter.text))
                    .filter(|row| filter.success.is_none_or(|success| row.success == success))
                    .cloned()
                    .collect();
                BankResponse::Rows(page(&rows, *offset, *limit))
            }
            BankRequest::Get { id, .. } => {
                BankResponse::One(Box::new(bank::experience(&self.trajectories, id)?))
            }
            BankRequest::Ask { query, .. } => BankResponse::Hits {
                query: query.clone(),
                hits: bank::hits(&self.trajectories, query.k),
                secs: 0.043,
            },
            BankRequest::Map { bank } => BankResponse::Map {
                bank: bank.clone(),
                points: self.map.clone(),
            },
            BankRequest::Explain { query, .. } => BankResponse::Explained {
                query: query.clone(),
                explanation: bank::explanation(&self.trajectories, query.k),
                secs: 0.061,
            },
            BankRequest::Compare { .. } => BankResponse::Job("compare-1".into()),
            BankRequest::Compared { .. } => BankResponse::Compared(bank::grid()),
            BankRequest::PreviewRemoval { ids, .. } => {
                BankResponse::RemovalPreview(bank::preview(&self.bank_rows, ids))
            }
            BankRequest::Pin { .. }
            | BankRequest::SetLesson { .. }
            | BankRequest::NeverUse { .. }
            | BankRequest::Remove { .. }
            | BankRequest::Delete { .. } => return Ok(Response::Done),
        }))
    }

    fn job(&self, request: &JobRequest) -> Response {
        match request {
            JobRequest::List => Response::Job(JobResponse::List(self.jobs.clone())),
            JobRequest::Submit { .. } => Response::Job(JobResponse::Submitted("job-1".into())),
            JobRequest::Series { job, name, .. } => Response::Job(JobResponse::Series {
                job: job.clone(),
                name: name.clone(),
                points: jobs::series(name),
            }),
            JobRequest::Lines { job, .. } => Response::Job(JobResponse::Lines {
                job: job.clone(),
                lines: self.lines.clone(),
            }),
            JobRequest::Log { job } => Response::Job(JobResponse::Log {
                job: job.clone(),
                text: "worker: started\nworker: model loaded in 0.8 s\n".into(),
            }),
            _ => Response::Done,
        }
    }

    fn experiment(&self, request: &ExperimentRequest) -> Result<Response, ApiError> {
        Ok(Response::Experiment(match request {
            ExperimentRequest::List => ExperimentResponse::List(self.experiments.clone()),
            ExperimentRequest::Get { id } => {
                let found = self.experiments.iter().find(|info| info.spec.id == *id);
                let missing = || ApiError::not_found("This experiment is no longer there.");
                ExperimentResponse::One(Box::new(found.cloned().ok_or_else(missing)?))
            }
            ExperimentRequest::Estimate { .. } => {
                ExperimentResponse::Estimate(self.estimate.clone())
            }
            ExperimentRequest::Start { .. } => ExperimentResponse::Started("sample-1".into()),
            ExperimentRequest::Results { .. } => ExperimentResponse::Results {
                results: Box::new(self.results.clone()),
                files: vec![
                    (
                        "Report".into(),
                        "/home/ada/Lorekeeper/experiments/sample-1/report.html".into(),
                    ),
                    (
                        "Success rates".into(),
                        "/home/ada/Lorekeeper/experiments/sample-1/success.svg".into(),
                    ),
                ],
            },
            _ => return Ok(Response::Done),
        }))
    }

    fn trajectory(&self, request: &TrajectoryRequest) -> Result<TrajectoryResponse, ApiError> {
        let find = |id: &TrajectoryId| {
            let found = self.trajectories.iter().find(|one| one.id == *id);
            found
                .cloned()
                .ok_or_else(|| ApiError::not_found("This trajectory is no longer there."))
        };
        Ok(match request {
            TrajectoryRequest::Rows { offset, limit, .. } => {
                TrajectoryResponse::Rows(page(&self.rows, *offset, *limit))
            }
            TrajectoryRequest::Get { id, .. } => TrajectoryResponse::One(Box::new(find(id)?)),
            TrajectoryRequest::Paint { id, .. } => {
                TrajectoryResponse::Painted(Box::new(trajectories::painted(&find(id)?)))
            }
            TrajectoryRequest::WhatIf {
                id, step, change, ..
            } => TrajectoryResponse::Likely(trajectories::likely(
                &find(id)?,
                *step as usize,
                *change == Change::Nothing,
            )),
            TrajectoryRequest::PlayOn { .. } => TrajectoryResponse::Job(branches::NEXT.into()),
            TrajectoryRequest::Branches { id } => {
                let of = |branch: &&BranchInfo| branch.origin.trajectory == *id;
                let found = self.branches.iter().filter(of).cloned();
                TrajectoryResponse::Branches(found.collect())
            }
            TrajectoryRequest::Marks | TrajectoryRequest::Unmark { .. } => {
                TrajectoryResponse::Marks(self.marks.clone())
            }
            TrajectoryRequest::Mark { mark } => {
                TrajectoryResponse::Marks(vec![mark.as_ref().clone()])
            }
            TrajectoryRequest::Export { .. } => TrajectoryResponse::Job("export-1".into()),
        })
    }
}

fn page<T: Clone>(rows: &[T], offset: u64, limit: u64) -> Page<T> {
    Page {
        total: rows.len() as u64,
        offset,
        rows: rows
            .iter()
            .skip(offset as usize)
            .take(limit as usize)
            .cloned()
            .collect(),
    }
}

fn updates(known: &Updates) -> Response {
    Response::Shell(ShellResponse::Updates(known.clone()))
}
