//! Requests about what is on other computers.

use lore_core::{Cluster, Secret, ServedModel};
use lore_protocol::{ClusterRequest, ModelRequest, Request};

/// About other computers.
pub(super) fn clusters(id: &str) -> Vec<Request> {
    // Nobody listens there, and what has no name is not saved.
    let cluster = Cluster {
        id: id.into(),
        address: "http://127.0.0.1:9".into(),
        ..Cluster::default()
    };
    let token = Some(Secret::from("sesame"));
    let requests = vec![
        ClusterRequest::List,
        ClusterRequest::Try {
            cluster: cluster.clone(),
            token: token.clone(),
        },
        ClusterRequest::Save { cluster, token },
        ClusterRequest::Remove { id: id.into() },
    ];
    requests.into_iter().map(Request::Cluster).collect()
}

/// About models on servers.
pub(super) fn served_models(id: &str) -> Vec<Request> {
    let model = ServedModel {
        id: id.into(),
        name: id.to_owned(),
        address: id.to_owned(),
        model: id.to_owned(),
        ..ServedModel::default()
    };
    let (model, key) = (Box::new(model), None);
    let requests = vec![
        ModelRequest::Served,
        ModelRequest::SaveServed {
            model: model.clone(),
            key: key.clone(),
        },
        ModelRequest::RemoveServed { id: id.into() },
        ModelRequest::TryServed { model, key },
    ];
    requests.into_iter().map(Request::Model).collect()
}
