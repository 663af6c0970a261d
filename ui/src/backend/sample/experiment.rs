//! An experiment with its results and adapters.

use lore_core::{
    Adapter, AdapterOrigin, ExperimentResults, ExperimentSpec, GradientCertificate, LoraConfig,
    Preset, RunSummary,
};
use lore_protocol::{Estimate, EstimatePart, ExperimentInfo, ExperimentState};

use super::jobs;

fn spec() -> ExperimentSpec {
    let mut spec = ExperimentSpec::preset(Preset::Smoke);
    spec.id = "sample-1".into();
    spec.created_ms = 1_795_299_000_000;
    spec
}

pub(super) fn experiments() -> Vec<ExperimentInfo> {
    let mut older = spec();
    older.id = "laptop-1".into();
    older.name = "Learning from experience (laptop)".into();
    older.preset = Preset::Laptop;
    older.created_ms -= 86_400_000 * 3;
    vec![
        ExperimentInfo {
            spec: spec(),
            jobs: jobs::jobs().into_iter().map(|job| job.spec.id).collect(),
            state: ExperimentState::Running,
            num_finished: 3,
            num_episodes: 36,
            secs_spent: 312.0,
            secs_left: Some(410.0),
        },
        ExperimentInfo {
            spec: older,
            jobs: Vec::new(),
            state: ExperimentState::Finished,
            num_finished: 0,
            num_episodes: 1800,
            secs_spent: 21_400.0,
            secs_left: None,
        },
    ]
}

pub(super) fn results() -> ExperimentResults {
    let spec = spec();
    let runs = spec
        .arms
        .iter()
        .enumerate()
        .map(|(number, arm)| RunSummary {
            job: format!("sample-1.{}-seed2025", arm.id).into(),
            arm: arm.clone(),
            seed: 2025,
            episodes: (0..24)
                .map(|index| jobs::episode(index, (index * 5 + 3) % 11 < 2 + 2 * number))
                .collect(),
            prices: None,
        })
        .collect();
    ExperimentResults::from_runs(&spec, runs)
}

pub(super) fn estimate() -> Estimate {
    let part = |title: &str, secs| EstimatePart {
        title: title.to_owned(),
        secs,
    };
    let parts = vec![
        part("Collect and remember", 15.0),
        part("Train LoRA", 92.0),
        part("Train ExpRAG-LoRA", 164.0),
        part("Play with Base model", 38.0),
        part("Play with ExpRAG", 61.0),
        part("Play with LoRA", 38.0),
        part("Play with LoRA + ExpRAG", 61.0),
        part("Play with ExpRAG-LoRA", 61.0),
    ];
    Estimate {
        secs: parts.iter().map(|part| part.secs).sum(),
        parts,
        memory_bytes: 1_900_000_000,
        disk_bytes: 24_000_000,
        measured: true,
        problems: Vec::new(),
    }
}

pub(super) fn adapters() -> Vec<Adapter> {
    let adapter = |id: &str, name: &str, with_retrieval, final_loss| Adapter {
        id: id.into(),
        name: name.to_owned(),
        base_model: "smollm2-135m-instruct".into(),
        base_digest: "2ac11e4b1bb6c1f1".into(),
        lora: LoraConfig::default(),
        origin: AdapterOrigin {
            job: Some("sample-1.train-lora-seed2025".into()),
            experiment: Some("sample-1".into()),
            data_hash: "9f2c41d07ab35e88".into(),
            seed: 2025,
        },
        certificate: GradientCertificate {
            num_matrices: 240,
            min_b_norm: 0.0021,
            min_a_norm: 0.0004,
            complete: true,
            ..GradientCertificate::default()
        },
        num_steps: 24,
        final_loss,
        with_retrieval,
        created_ms: 1_795_301_000_000,
        weights_digest: String::new(),
    };
    vec![
        adapter(
            "sample-1-exprag-lora-seed2025",
            "ExpRAG-LoRA of the sample",
            true,
            0.31,
        ),
        adapter("sample-1-lora-seed2025", "LoRA of the sample", false, 0.27),
    ]
}
