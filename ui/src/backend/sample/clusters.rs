//! Another computer that does jobs.

use lore_core::Cluster;
use lore_protocol::{ClusterInfo, ClusterRequest, ClusterResponse, Response};

/// The name of the one there is.
pub(super) const LAB: &str = "lab";

/// One, in a network of one's own.
pub(super) fn clusters() -> Vec<ClusterInfo> {
    let cluster = Cluster {
        id: LAB.into(),
        name: "Lab".into(),
        address: "http://10.0.0.7:8265".into(),
        folder: "/mnt/lorekeeper".into(),
        cores: 16,
        workers: 2,
        has_token: true,
    };
    vec![ClusterInfo {
        cluster,
        has_token: true,
    }]
}

pub(super) fn answer(request: &ClusterRequest, known: &[ClusterInfo]) -> Response {
    match request {
        ClusterRequest::List => Response::Cluster(ClusterResponse::List(known.to_vec())),
        ClusterRequest::Try { .. } => Response::Cluster(ClusterResponse::Tried {
            ray_version: "2.56.0".into(),
        }),
        ClusterRequest::Save { .. } | ClusterRequest::Remove { .. } => Response::Done,
    }
}
