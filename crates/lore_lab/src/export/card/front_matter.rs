//! The card's front matter: what the hub reads by machine.
//!
//! Source: the hub's model card specification (`modelcard.md`); evaluation results follow Papers with
//! Code's `model-index`.

use lore_core::{ArmSummary, Proportion, Variation};
use lore_protocol::ExportFormat;

use super::{Card, one_line, push};

impl Card<'_> {
    pub(super) fn front_matter(&self) -> String {
        let mut text = String::from("---\n");
        let library = match self.format {
            ExportFormat::Peft | ExportFormat::Bundle => "peft",
            ExportFormat::SafetensorsF16 | ExportFormat::SafetensorsBf16 => "transformers",
            ExportFormat::Mlx => "mlx",
            _ => "gguf",
        };
        push(
            &mut text,
            format_args!("library_name: {library}\npipeline_tag: text-generation\n"),
        );
        let base = &self.material.base;
        if !base.license.is_empty() {
            push(
                &mut text,
                format_args!("license: {}\n", quoted(&base.license.to_lowercase())),
            );
        }
        let hub_name = self.hub_name();
        if hub_name.contains('/') {
            let relation = if self.format.is_merged() {
                "finetune"
            } else {
                "adapter"
            };
            push(
                &mut text,
                format_args!(
                    "base_model: {}\nbase_model_relation: {relation}\n",
                    quoted(&hub_name)
                ),
            );
        }
        text.push_str("tags:\n- lora\n- text-agent\n");
        if self.material.adapter.with_retrieval {
            text.push_str("- retrieval-augmented\n- exprag-lora\n");
        }
        self.model_index(&mut text);
        text.push_str("---\n\n");
        text
    }

    /// The success rates of the arm that acts as this adapter was trained.
    fn model_index(&self, text: &mut String) {
        let Some(arm) = self.own_arm() else {
            return;
        };
        let rates = [
            ("task types in training", &arm.seen),
            ("task types never in training", &arm.unseen),
        ];
        if rates.iter().all(|(_, rate)| rate.n == 0) {
            return;
        }
        let name = quoted(&one_line(&self.material.adapter.name));
        push(
            text,
            format_args!("model-index:\n- name: {name}\n  results:\n"),
        );
        for (kind, rate) in rates {
            if let Some(value) = rate.rate() {
                result(text, kind, rate, value);
            }
        }
    }

    /// The arm of the experiment that plays with this adapter, with memories if it was trained with them.
    pub(super) fn own_arm(&self) -> Option<&ArmSummary> {
        let with_retrieval = self.material.adapter.with_retrieval;
        let arms = &self.origin.results.as_ref()?.arms;
        let with = |memory_mix| {
            let variation = Variation {
                memory_mix,
                ..Variation::default()
            };
            arms.iter().find(|ArmSummary { arm, .. }| {
                let recipe = arm.lora_with_memory == Some(with_retrieval);
                recipe && arm.retrieval == with_retrieval && arm.variation == variation
            })
        };
        // Only an arm that mixes memories in its own way names the mix.
        let mix = self.origin.training().map(|work| work.config.memory_mix);
        mix.and_then(|mix| with(Some(mix))).or_else(|| with(None))
    }
}

fn result(text: &mut String, kind: &str, rate: &Proportion, value: f64) {
    push(
        text,
        format_args!(
            "  - task:\n      type: text-generation\n      name: Acting in a text world\n    \
             dataset:\n      type: text-world\n      name: {}\n    \
             metrics:\n    - type: success_rate\n      name: {}\n      value: {value:.4}\n",
            quoted(&format!("Test tasks, {kind}")),
            quoted(&format!(
                "Success rate (n = {}, 95 % interval {:.2} to {:.2})",
                rate.n, rate.low, rate.high
            )),
        ),
    );
}

/// A string as YAML reads it whatever it holds.
pub(super) fn quoted(text: &str) -> String {
    let text = one_line(text);
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
