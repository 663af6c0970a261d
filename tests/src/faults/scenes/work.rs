//! Real work by the real worker, as small as it gets.

use lore_core::{BankKeys, ExperimentSpec, TrainConfig};
use lore_protocol::{
    BankWork, DatasetRequest, DatasetResponse, ExportFormat, ExportRequest, ExportResponse,
    Request, Response, TrainWork, Work,
};

use crate::faults::furnish::BROUGHT;
use crate::faults::scene::{AS_WITHOUT_FAULT, Claim, Host, claim};
use crate::few_episodes;

/// What a job makes, once it is done.
fn made(job: &str, things: &[&str]) -> Vec<Claim> {
    let mut claims = vec![claim(format!("job/{job}/*"), AS_WITHOUT_FAULT)];
    claims.extend(things.iter().map(|thing| claim(*thing, AS_WITHOUT_FAULT)));
    claims
}

/// Brings in a file of episodes that lies beside the data folder.
pub(super) fn import(host: &Host) {
    let path = host.data().with_file_name(BROUGHT);
    let request = DatasetRequest::Import {
        path: path.to_string_lossy().into_owned(),
        name: "Brought".into(),
        columns: None,
    };
    let claims = made("import-import-brought", &["dataset/brought/*"]);
    if let Some(Response::Dataset(DatasetResponse::Job(id))) =
        host.step(claims, Request::Dataset(request))
    {
        host.see_through(&id);
    }
}

/// Has the expert play.
pub(super) fn collect(host: &Host) {
    let work = Work::Collect(few_episodes());
    let claims = made("collect-episodes-collect", &["dataset/episodes/*"]);
    if let Some(id) = host.submit("Collect", work, claims) {
        host.see_through(&id);
    }
}

/// Remembers the episodes that the expert played.
pub(super) fn build_bank(host: &Host) {
    let work = Work::BuildBank(BankWork {
        bank: "memories".into(),
        name: "Memories".into(),
        datasets: vec!["episodes".into()],
        embedder: ExperimentSpec::default().embedder,
        keys: BankKeys::default(),
    });
    let claims = made("build-bank-remember", &["bank/memories/*"]);
    if let Some(id) = host.submit("Remember", work, claims) {
        host.see_through(&id);
    }
}

/// Learns for three steps, saving after each.
pub(super) fn train(host: &Host) {
    let work = Work::Train(TrainWork {
        adapter: "learned".into(),
        name: "Learned".into(),
        model: ExperimentSpec::default().model,
        config: TrainConfig {
            max_steps: 3,
            batch_size: 1,
            checkpoint_every: 1,
            max_tokens: 384,
            learning_rate: 5e-4,
            ..TrainConfig::default()
        },
        dataset: "kitchen".into(),
        unseen_types: Vec::new(),
        bank: None,
        trials: None,
    });
    let claims = made("train-learn", &["adapter/learned/*"]);
    if let Some(id) = host.submit("Learn", work, claims) {
        host.see_through(&id);
    }
}

/// Takes the adapter out of the program.
pub(super) fn export(host: &Host) {
    let destination = host.data().with_file_name("exported");
    let request = ExportRequest::Export {
        adapter: "learned".into(),
        format: ExportFormat::Peft,
        destination: destination.to_string_lossy().into_owned(),
    };
    let claims = made("export-export-learned", &["exported/*"]);
    if let Some(Response::Export(ExportResponse::Job(id))) =
        host.step(claims, Request::Export(request))
    {
        host.see_through(&id);
    }
}
