//! Every request there is, for tests that must forget none.

mod away;

use lore_core::{
    BranchOrigin, Change, EpisodeEnd, ExperimentSpec, Message, Query, Sampling, ServerSpec,
    TrajectoryFilter, WorldSpec,
};
use lore_protocol::{
    BankRequest, DatasetRequest, ExperimentRequest, ExportFormat, ExportRequest, JavaSource,
    JobRequest, LogFilter, LogSource, Mark, MeasureWork, ModelRequest, ModelSource, Request,
    Settings, SettingsRequest, ShellRequest, Source, Speaker, StorageRequest, SupportRequest,
    TalkRequest, TrajectoryRequest, Turn, Work, WorldRequest,
};

fn page() -> (TrajectoryFilter, u64, u64) {
    let filter = TrajectoryFilter {
        text: "apple".into(),
        ..TrajectoryFilter::default()
    };
    (filter, 0, u64::MAX)
}

fn query() -> Query {
    Query {
        text: "put an apple in the fridge".into(),
        k: 2,
        ..Query::default()
    }
}

/// Every request about the data set called `id`.
pub fn datasets(id: &str) -> Vec<Request> {
    let (filter, offset, limit) = page();
    let text = String::new();
    let path = "/no/such/file".to_owned();
    let name = "A name".to_owned();
    let world = WorldSpec::Games {
        train: id.into(),
        test: None,
    };
    let id = || id.into();
    let requests = vec![
        DatasetRequest::List,
        DatasetRequest::Inspect {
            path: path.clone(),
            columns: None,
        },
        DatasetRequest::Import {
            path,
            name: name.clone(),
            columns: None,
        },
        DatasetRequest::Collect {
            world,
            per_type: 1,
            name: name.clone(),
        },
        DatasetRequest::Get { id: id() },
        DatasetRequest::Trajectories {
            id: id(),
            filter,
            offset,
            limit,
        },
        DatasetRequest::Tasks {
            id: id(),
            text,
            offset,
            limit,
        },
        DatasetRequest::SetUnseen {
            id: id(),
            unseen_types: vec!["x".into()],
        },
        DatasetRequest::Stats { id: id() },
        DatasetRequest::Leaks { id: id() },
        DatasetRequest::Agreement { job: "j".into() },
        DatasetRequest::AgreementLead {
            job: "j".into(),
            over: "k".into(),
        },
        DatasetRequest::Relabel {
            id: id(),
            ids: Vec::new(),
            filter: lore_core::TrajectoryFilter::default(),
            labels: lore_core::Labels::default(),
        },
        DatasetRequest::TakeBackLabels { id: id() },
        DatasetRequest::Rename { id: id(), name },
        DatasetRequest::Delete { id: id() },
        DatasetRequest::Restore { id: id() },
    ];
    requests.into_iter().map(Request::Dataset).collect()
}

fn banks(id: &str) -> Vec<Request> {
    let (filter, offset, limit) = page();
    let bank = || id.into();
    let id = || "e".into();
    let requests = vec![
        BankRequest::List,
        BankRequest::Build {
            bank: bank(),
            name: "A bank".into(),
            datasets: vec!["d".into()],
            embedder: "m".into(),
            keys: lore_core::BankKeys::default(),
        },
        BankRequest::Rows {
            bank: bank(),
            filter,
            offset,
            limit,
        },
        BankRequest::Get {
            bank: bank(),
            id: id(),
        },
        BankRequest::Ask {
            bank: bank(),
            query: query(),
        },
        BankRequest::Explain {
            bank: bank(),
            query: query(),
            token_budget: 100,
        },
        BankRequest::Compare {
            bank: bank(),
            grid: lore_core::GridSpec::default(),
        },
        BankRequest::Compared { job: "j".into() },
        BankRequest::SetLesson {
            bank: bank(),
            id: id(),
            lesson: "It's hot".into(),
        },
        BankRequest::PreviewRemoval {
            bank: bank(),
            ids: vec![id()],
        },
        BankRequest::Map { bank: bank() },
        BankRequest::Pin {
            bank: bank(),
            id: id(),
            pinned: true,
        },
        BankRequest::NeverUse {
            bank: bank(),
            id: id(),
            never_use: true,
        },
        BankRequest::Remove {
            bank: bank(),
            ids: vec![id()],
        },
        BankRequest::Delete { bank: bank() },
    ];
    requests.into_iter().map(Request::Bank).collect()
}

fn jobs(id: &str) -> Vec<Request> {
    let work = Box::new(Work::Measure(MeasureWork { model: id.into() }));
    let job = || id.into();
    let requests = vec![
        JobRequest::List,
        JobRequest::Submit {
            work,
            title: String::new(),
            cluster: None,
        },
        JobRequest::Stop { job: job() },
        JobRequest::Resume { job: job() },
        JobRequest::Move {
            job: job(),
            index: 9,
        },
        JobRequest::Remove { job: job() },
        JobRequest::Series {
            job: job(),
            name: "x".into(),
            width: 0,
        },
        JobRequest::Lines {
            job: job(),
            after_seq: 0,
            limit: usize::MAX,
        },
        JobRequest::Log { job: job() },
        JobRequest::Replay {
            after_seq: u64::MAX,
        },
    ];
    requests.into_iter().map(Request::Job).collect()
}

fn experiments(id: &str) -> Vec<Request> {
    let spec = || {
        Box::new(ExperimentSpec {
            id: id.into(),
            ..ExperimentSpec::default()
        })
    };
    let id = || id.into();
    let requests = vec![
        ExperimentRequest::List,
        ExperimentRequest::Get { id: id() },
        ExperimentRequest::Estimate { spec: spec() },
        ExperimentRequest::Start { spec: spec() },
        ExperimentRequest::Extend { spec: spec() },
        ExperimentRequest::Stop { id: id() },
        ExperimentRequest::Resume { id: id() },
        ExperimentRequest::Results { id: id() },
        ExperimentRequest::Delete { id: id() },
        ExperimentRequest::Restore { id: id() },
    ];
    requests.into_iter().map(Request::Experiment).collect()
}

fn trajectories(id: &str) -> Vec<Request> {
    let sources = [
        Source::Dataset { id: id.into() },
        Source::Bank { id: id.into() },
        Source::Run {
            experiment: None,
            job: id.into(),
        },
        Source::Experiment { id: id.into() },
    ];
    let of_source = |source: Source| {
        let (filter, offset, limit) = page();
        let (source, id) = (|| source.clone(), || "t".into());
        [
            TrajectoryRequest::Rows {
                source: source(),
                filter,
                offset,
                limit,
            },
            TrajectoryRequest::Get {
                source: source(),
                id: id(),
            },
            TrajectoryRequest::Paint {
                source: source(),
                id: id(),
                model: "m".into(),
            },
            TrajectoryRequest::WhatIf {
                source: source(),
                id: id(),
                step: 3,
                change: Change::NoMemories,
            },
            TrajectoryRequest::PlayOn {
                source: source(),
                origin: Box::new(BranchOrigin {
                    trajectory: id(),
                    step: 3,
                    change: Change::NoMemories,
                    action: None,
                }),
            },
            TrajectoryRequest::Branches { id: id() },
            TrajectoryRequest::Mark {
                mark: Box::new(Mark {
                    source: source(),
                    id: id(),
                    goal: "put an apple in the fridge".into(),
                    who: "expert".into(),
                    end: EpisodeEnd::Success,
                    steps: vec![0],
                    note: "worth a look".into(),
                }),
            },
            TrajectoryRequest::Unmark {
                source: source(),
                id: id(),
            },
            TrajectoryRequest::Export {
                source: source(),
                form: lore_core::ExportForm::OpenAi,
                path: "/no/such/folder/file.jsonl".into(),
            },
        ]
    };
    sources
        .into_iter()
        .flat_map(of_source)
        .chain([TrajectoryRequest::Marks])
        .map(Request::Trajectory)
        .collect()
}

fn worlds(id: &str) -> Vec<Request> {
    let server = ServerSpec {
        name: "A server".into(),
        address: "http://127.0.0.1:9".into(),
        ..ServerSpec::default()
    };
    let requests = vec![
        WorldRequest::List,
        WorldRequest::Tasks {
            world: WorldSpec::default(),
            text: "lamp".into(),
            offset: 0,
            limit: u64::MAX,
        },
        WorldRequest::Install {
            source: JavaSource::File {
                path: "/no/such/file".into(),
            },
        },
        WorldRequest::Try {
            server: server.clone(),
        },
        WorldRequest::SaveServer { server },
        WorldRequest::RemoveServer {
            name: "A server".into(),
        },
        // Before anything was begun there is nothing to keep.
        WorldRequest::Keep {
            name: "Mine".into(),
        },
        WorldRequest::Begin {
            world: WorldSpec::default(),
            task: id.into(),
        },
        WorldRequest::Current,
        WorldRequest::Act {
            action: "look".into(),
        },
        WorldRequest::Suggest { num_steps: 1 },
        WorldRequest::Leave,
    ];
    requests.into_iter().map(Request::World).collect()
}

fn talks(id: &str) -> Vec<Request> {
    let speaker = Speaker {
        adapter: Some(id.into()),
        bank: Some(id.into()),
        ..Speaker::plain(id.into())
    };
    let turn = Turn {
        speaker: speaker.clone(),
        messages: vec![Message::user("Hello")],
    };
    let requests = vec![
        TalkRequest::Ask {
            talk: 1,
            turns: vec![turn],
            sampling: Sampling::default(),
        },
        TalkRequest::Stop,
        TalkRequest::Endpoint,
        TalkRequest::Open {
            speaker: Box::new(speaker),
        },
        TalkRequest::Close,
    ];
    requests.into_iter().map(Request::Talk).collect()
}

fn others(id: &str) -> Vec<Request> {
    let adapter = || id.into();
    let destination = "relative/folder".to_owned();
    let format = ExportFormat::Peft;
    let settings = Settings::default();
    vec![
        Request::Model(ModelRequest::List),
        Request::Model(ModelRequest::Fetch {
            source: ModelSource::Local {
                path: "/no/such/model".into(),
            },
        }),
        Request::Model(ModelRequest::Remove { id: id.into() }),
        Request::Export(ExportRequest::Adapters),
        Request::Export(ExportRequest::Options { adapter: adapter() }),
        Request::Export(ExportRequest::Export {
            adapter: adapter(),
            format,
            destination,
        }),
        Request::Export(ExportRequest::Rename {
            adapter: adapter(),
            name: "x".into(),
        }),
        Request::Export(ExportRequest::Delete { adapter: adapter() }),
        Request::Export(ExportRequest::Restore { adapter: adapter() }),
        Request::Settings(SettingsRequest::Get),
        Request::Settings(SettingsRequest::Set { settings }),
        Request::Settings(SettingsRequest::Status),
        Request::Shell(ShellRequest::Open { target: "x".into() }),
        Request::Shell(ShellRequest::Save { name: "x".into() }),
        Request::Shell(ShellRequest::Updates),
        Request::Shell(ShellRequest::LookForUpdate),
        Request::Shell(ShellRequest::InstallUpdate),
    ]
}

fn storage() -> Vec<Request> {
    let path = || "/no/such/folder/file".to_owned();
    let requests = vec![
        StorageRequest::Usage,
        StorageRequest::BackUp {
            path: path(),
            models: true,
        },
        StorageRequest::Inspect { path: path() },
        StorageRequest::Restore {
            path: path(),
            settings: true,
        },
        StorageRequest::Move {
            folder: "relative".into(),
        },
        StorageRequest::Stay,
        StorageRequest::Forget,
    ];
    requests.into_iter().map(Request::Storage).collect()
}

fn support(id: &str) -> Vec<Request> {
    let source = Some(LogSource::Job { job: id.into() });
    let filter = LogFilter {
        source,
        ..LogFilter::default()
    };
    let requests = vec![
        SupportRequest::Health,
        SupportRequest::CheckModels,
        SupportRequest::Log {
            filter,
            offset: 0,
            limit: u64::MAX,
        },
        SupportRequest::Sources,
        SupportRequest::Compose,
        SupportRequest::Read { name: id.into() },
        SupportRequest::Save {
            path: "/no/such/folder/report.zip".into(),
        },
    ];
    requests.into_iter().map(Request::Support).collect()
}

/// Every request there is, about things called `id`.
pub fn every_request(id: &str) -> Vec<Request> {
    let mut all = Vec::new();
    for part in [
        datasets,
        banks,
        jobs,
        away::clusters,
        experiments,
        trajectories,
        worlds,
        talks,
        away::served_models,
        others,
        support,
    ] {
        all.extend(part(id));
    }
    all.extend(storage());
    all
}
