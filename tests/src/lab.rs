//! A cluster that the application knows as "Lab", and trainings that are handed to it.

use std::fs;
use std::path::Path;

use lore_core::{Cluster, ClusterId, JobId, ModelKind, Secret, TrainConfig};
use lore_protocol::{ClusterRequest, JobRequest, JobResponse, Request, Response, TrainWork, Work};

use crate::cluster::FakeCluster;
use crate::{Stage, fake_model};

/// An application with this fake worker that knows the cluster.
pub fn stage(cluster: &FakeCluster, worker: &Path) -> Stage {
    let mut stage = Stage::new(worker);
    save(&mut stage, &lab(cluster), None);
    stage
}

/// The cluster as it is saved for the first time.
pub fn lab(cluster: &FakeCluster) -> Cluster {
    Cluster {
        name: "Lab".into(),
        address: cluster.address(),
        ..Cluster::default()
    }
}

/// Tells the application of it, or what has changed.
#[track_caller]
pub fn save(stage: &mut Stage, cluster: &Cluster, token: Option<&str>) {
    let request = ClusterRequest::Save {
        cluster: cluster.clone(),
        token: token.map(Secret::from),
    };
    let saved = stage.ask(Request::Cluster(request));
    assert_eq!(saved, Ok(Response::Done));
}

/// Has the cluster train; a fake worker does what the title says.
#[track_caller]
pub fn submit(stage: &mut Stage, title: &str) -> JobId {
    fake_model(&stage.dir(), "m", ModelKind::Language);
    let work = Work::Train(TrainWork {
        adapter: title.into(),
        name: title.into(),
        model: "m".into(),
        config: TrainConfig::default(),
        dataset: "d".into(),
        unseen_types: Vec::new(),
        bank: None,
        trials: None,
    });
    let request = JobRequest::Submit {
        work: Box::new(work),
        title: title.into(),
        cluster: Some(ClusterId::from("lab")),
    };
    match stage.ask(Request::Job(request)) {
        Ok(Response::Job(JobResponse::Submitted(id))) => id,
        other => panic!("the job was not taken: {other:?}"),
    }
}

/// Lets a fake worker go on that waits.
pub fn go(stage: &Stage, id: &JobId) {
    fs::write(stage.dir().job(None, id).join("go"), "").expect("the job's folder is there");
}
