//! Models on servers: what is known about one, and what it is called here.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::{Address, ModelId};

/// What the names of models on servers begin with. No folder can be called so, which keeps them apart from
/// the models on this computer.
const PREFIX: &str = "server:";

impl ModelId {
    /// The name of a model on a server, from its short name.
    pub fn served(short: &str) -> Self {
        Self(format!("{PREFIX}{short}"))
    }

    /// True for a model on a server.
    pub fn is_served(&self) -> bool {
        self.0.starts_with(PREFIX)
    }
}

/// A model on a server that speaks OpenAI's chat completions: vLLM, `SGLang`, llama.cpp, Ollama, or one that
/// somebody hosts. All of them stand in one file ([`crate::DataDir::served_models`]); their keys do not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServedModel {
    /// Its name in this program ([`ModelId::served`]); empty until it is saved.
    pub id: ModelId,
    /// Its name for people.
    pub name: String,
    /// Where the server is: `http://localhost:8000`, or with the path before `/chat/completions` where that
    /// is not `/v1`.
    pub address: String,
    /// What the server calls it.
    pub model: String,
    /// Episodes that it is asked about at once.
    pub at_once: usize,
    /// Seconds it may take for one answer.
    pub timeout_secs: u32,
    /// Tokens that it may spend on thinking before it answers; 0 for models that answer at once.
    pub thinking_tokens: usize,
    /// What its tokens cost, where they do.
    pub prices: Option<Prices>,
    /// It loads adapters while it runs, as vLLM can.
    pub loads_adapters: bool,
    /// The system's keychain has a key for the address.
    pub has_key: bool,
}

impl Default for ServedModel {
    fn default() -> Self {
        Self {
            id: ModelId::default(),
            name: String::new(),
            address: String::new(),
            model: String::new(),
            at_once: 8,
            timeout_secs: 120,
            thinking_tokens: 0,
            prices: None,
            loads_adapters: false,
            has_key: false,
        }
    }
}

impl ServedModel {
    /// Its name without what all names of models on servers begin with.
    pub fn short_id(&self) -> &str {
        let id = self.id.as_str();
        id.strip_prefix(PREFIX).unwrap_or(id)
    }

    /// Where it is, with the path that the API's own paths are added to: [`Address::http`].
    ///
    /// # Errors
    /// When what was typed is no address, in a sentence for people.
    pub fn base(&self) -> Result<Address> {
        let mut address = Address::read(&self.address)?;
        let has_path = address
            .http
            .split_once("://")
            .is_some_and(|(_, rest)| rest.contains('/'));
        if !has_path {
            address.http.push_str("/v1");
        }
        Ok(address)
    }
}

/// What tokens cost, in US dollars a million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// Tokens that are read.
    pub prompt: f64,
    /// Tokens that are written.
    pub completion: f64,
}

impl Prices {
    /// What so many tokens cost, in US dollars.
    pub fn cost(&self, prompt_tokens: u64, completion_tokens: u64) -> f64 {
        (self.prompt * prompt_tokens as f64 + self.completion * completion_tokens as f64) / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_on_servers_are_no_folders() {
        let id = ModelId::served("gpt");
        assert!(id.is_served() && id.as_str().contains(':'));
        assert!(!ModelId::from("gpt").is_served());
        let model = ServedModel {
            id,
            ..ServedModel::default()
        };
        assert_eq!(model.short_id(), "gpt");
    }

    #[test]
    fn the_usual_path_need_not_be_typed() {
        for (typed, base) in [
            ("localhost:8000", "http://localhost:8000/v1"),
            ("http://localhost:11434/v1/", "http://localhost:11434/v1"),
            (
                "https://openrouter.ai/api/v1",
                "https://openrouter.ai/api/v1",
            ),
        ] {
            let model = ServedModel {
                address: typed.into(),
                ..ServedModel::default()
            };
            assert_eq!(model.base().unwrap().http, base);
        }
    }

    #[test]
    fn costs_are_by_the_million() {
        let prices = Prices {
            prompt: 0.5,
            completion: 2.0,
        };
        assert!((prices.cost(2_000_000, 500_000) - 2.0).abs() < 1e-12);
    }
}
