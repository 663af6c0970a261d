//! Adapters that a server loads while it runs, as vLLM does: it reads the PEFT folder itself, so that folder
//! must stand where the server finds it under the same path.

use anyhow::{Result, bail, ensure};

use lore_core::{AdapterId, DataDir, ServedModel};
use lore_protocol::ApiError;
use serde_json::json;

use super::client::Client;
use super::fault::Fault;
use crate::models;

/// Digits of the weights' hash in the name, so that another adapter of the same name is another one to the
/// server.
const NUM_DIGITS: usize = 8;

/// An adapter in a server; unloaded when it is let go.
pub(super) struct LoadedAdapter {
    name: String,
    client: Client,
}

impl LoadedAdapter {
    pub(super) fn load(
        data: &DataDir,
        server: &ServedModel,
        client: &Client,
        id: &AdapterId,
    ) -> Result<Self> {
        let adapter = models::adapter_info(data, id)?;
        ensure!(
            server.loads_adapters,
            "{} is not marked as a server that loads adapters, so {} cannot play there. Mark it on the Models \
             page if the server can.",
            server.name,
            adapter.name
        );
        let digest = adapter.weights_digest.get(..NUM_DIGITS).unwrap_or_default();
        let name = format!("{id}-{digest}");
        let folder = std::path::absolute(data.adapter(id))?;
        let question = json!({"lora_name": name, "lora_path": folder.to_string_lossy()});
        let answered = client.persist(|| client.post("/load_lora_adapter", &question));
        let loaded = || Self {
            name,
            client: client.clone(),
        };
        match &answered {
            Ok(_) => Ok(loaded()),
            // By a run that was ended before it could unload it.
            Err((Fault::Refused(refusal), _)) if refusal.said.contains("already") => Ok(loaded()),
            Err((Fault::Refused(refusal), _)) if refusal.status == 404 => {
                bail!(ApiError::new(format!(
                    "The server {} does not load adapters. vLLM does when it is started with --enable-lora and \
                 VLLM_ALLOW_RUNTIME_LORA_UPDATING=True.",
                    client.base
                )))
            }
            Err((Fault::Refused(refusal), _)) => bail!(ApiError::new(format!(
                "The server {} did not take the adapter {} and said {:?}. It must be able to read {}, and \
                 allow its rank (--max-lora-rank).",
                client.base,
                adapter.name,
                refusal.said,
                folder.display()
            ))),
            Err(failed) => Err(client.tell(failed).into()),
        }
    }

    /// What the server calls the model with the adapter.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for LoadedAdapter {
    fn drop(&mut self) {
        let question = json!({"lora_name": self.name});
        // A server that keeps it has room for it.
        self.client.post("/unload_lora_adapter", &question).ok();
    }
}
