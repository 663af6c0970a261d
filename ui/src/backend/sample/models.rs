//! Models.

use lore_core::{ModelId, ModelInfo, ModelKind, Prices, ServedModel};
use lore_protocol::{
    ExportFormat, ExportOption, KeyPlace, ModelRequest, ModelResponse, Response, ServedInfo,
    ServedTrial,
};

use super::Sample;

pub(super) fn models() -> Vec<ModelInfo> {
    vec![
        ModelInfo {
            id: "all-minilm-l6-v2".into(),
            name: "all-MiniLM-L6-v2".into(),
            kind: ModelKind::Embedder,
            architecture: "bert".into(),
            num_parameters: 22_713_216,
            precision: "F32".into(),
            context_length: 256,
            num_layers: 6,
            hidden_size: 384,
            vocab_size: 30_522,
            num_bytes: 90_900_000,
            digest: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db".into(),
            hub_name: "sentence-transformers/all-MiniLM-L6-v2".into(),
            license: "Apache-2.0".into(),
            path: "model.safetensors".into(),
            problem: String::new(),
        },
        ModelInfo {
            id: "smollm2-135m-instruct".into(),
            name: "SmolLM2 135M Instruct".into(),
            kind: ModelKind::Language,
            architecture: "llama".into(),
            num_parameters: 134_515_008,
            precision: "Q4_1".into(),
            context_length: 8192,
            num_layers: 30,
            hidden_size: 576,
            vocab_size: 49_152,
            num_bytes: 94_300_000,
            digest: "2ac11e4b1bb6c1f1e01ae5ae0a1d0b4e93b0f7f3ad1a50e2a0ab4a8e2f1c9d77".into(),
            hub_name: "HuggingFaceTB/SmolLM2-135M-Instruct".into(),
            license: "Apache-2.0".into(),
            path: "SmolLM2-135M-Instruct.Q4_1.gguf".into(),
            problem: String::new(),
        },
    ]
}

/// Every form of an adapter of the last model, none refused.
pub(super) fn export_options(models: &[ModelInfo]) -> Vec<ExportOption> {
    let base = models.last().cloned().unwrap_or_default();
    ExportFormat::ALL
        .into_iter()
        .map(|format| ExportOption {
            format,
            num_bytes: format.num_bytes(3_717_656, &base),
            refusal: String::new(),
        })
        .collect()
}

/// One on this computer, and one that somebody hosts.
pub(super) fn served_models() -> Vec<ServedInfo> {
    vec![
        ServedInfo {
            model: ServedModel {
                id: ModelId::served("llama-70b"),
                name: "Llama 70B".into(),
                address: "https://api.example.org/v1".into(),
                model: "llama-3.3-70b-instruct".into(),
                prices: Some(Prices {
                    prompt: 0.59,
                    completion: 0.79,
                }),
                has_key: true,
                ..ServedModel::default()
            },
            key: KeyPlace::Keychain,
        },
        ServedInfo {
            model: ServedModel {
                id: ModelId::served("qwen-at-home"),
                name: "Qwen at home".into(),
                address: "http://localhost:8000".into(),
                model: "qwen2.5-7b-instruct".into(),
                loads_adapters: true,
                ..ServedModel::default()
            },
            key: KeyPlace::Nowhere,
        },
    ]
}

impl Sample {
    pub(super) fn model(&self, request: &ModelRequest) -> Response {
        Response::Model(match request {
            ModelRequest::List => ModelResponse::List(self.models.clone()),
            ModelRequest::Fetch { .. } => ModelResponse::Job("fetch-1".into()),
            ModelRequest::Served | ModelRequest::SaveServed { .. } => {
                ModelResponse::Served(self.served_models.clone())
            }
            ModelRequest::TryServed { model, .. } => ModelResponse::Tried(ServedTrial {
                models: vec![
                    "llama-3.3-70b-instruct".into(),
                    "qwen2.5-7b-instruct".into(),
                ],
                word: (!model.model.is_empty()).then(|| ("Dogs".to_owned(), 412)),
            }),
            ModelRequest::Remove { .. } | ModelRequest::RemoveServed { .. } => {
                return Response::Done;
            }
        })
    }
}
