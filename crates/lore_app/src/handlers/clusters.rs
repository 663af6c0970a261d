//! Other computers that do jobs.

use anyhow::Result;
use lore_core::{Cluster, ClusterId, Secret};
use lore_protocol::{ApiError, ClusterRequest, ClusterResponse, Response, Topic};

use crate::core::Core;
use crate::ray;

/// Answers.
pub(super) fn handle(core: &Core, request: ClusterRequest) -> Result<Response> {
    let response = match request {
        ClusterRequest::List => ClusterResponse::List(core.clusters.list()),
        ClusterRequest::Try { cluster, token } => ClusterResponse::Tried {
            ray_version: try_out(core, cluster, token)?,
        },
        ClusterRequest::Save { cluster, token } => {
            core.clusters.save(cluster, token)?;
            return Ok(done(core));
        }
        ClusterRequest::Remove { id } => {
            remove(core, &id)?;
            return Ok(done(core));
        }
    };
    Ok(Response::Cluster(response))
}

fn done(core: &Core) -> Response {
    core.hub.stale(Topic::Clusters);
    Response::Done
}

fn try_out(core: &Core, cluster: Cluster, token: Option<Secret>) -> Result<String> {
    let (cluster, client) = core.clusters.client_to_try(cluster, token)?;
    let tag = format!("{:x}", core.clock.now_ms());
    ray::try_out(&client, &cluster, &core.dir, &tag)
}

fn remove(core: &Core, id: &ClusterId) -> Result<()> {
    let jobs = core.jobs.all()?;
    let user = jobs
        .iter()
        .find(|job| job.info.state.is_active() && job.info.spec.cluster.as_ref() == Some(id));
    if let Some(user) = user {
        return Err(ApiError::precondition(format!(
            "{:?} is at work there or waits for it; stop it first",
            user.info.spec.title
        ))
        .into());
    }
    core.clusters.remove(id)
}

/// Refuses a cluster that nobody named.
pub(super) fn check(core: &Core, cluster: Option<&ClusterId>) -> Result<()> {
    cluster.map_or(Ok(()), |id| core.clusters.get(id).map(drop))
}
