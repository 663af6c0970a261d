//! The model card: what the adapter is, how it was made, what it was seen to do, how to use it.

use std::fmt::Write as _;

use lore_core::{Adapter, ExperimentResults, Proportion, prompt};
use lore_protocol::TrainWork;

/// Everything a card is made of.
pub(super) struct Card<'a> {
    pub(super) adapter: &'a Adapter,
    /// The base model's name on the hub.
    pub(super) hub_name: &'a str,
    /// How it was trained, where the job is still there.
    pub(super) training: Option<&'a TrainWork>,
    /// What the experiment found, where it has.
    pub(super) results: Option<&'a ExperimentResults>,
}

impl Card<'_> {
    /// The card in Markdown, with the front matter the hub reads.
    pub(super) fn text(&self) -> String {
        let mut text = self.front_matter();
        self.introduction(&mut text);
        self.evidence(&mut text);
        self.recipe(&mut text);
        self.use_it(&mut text);
        text
    }

    fn front_matter(&self) -> String {
        let mut text = String::from("---\nlibrary_name: peft\npipeline_tag: text-generation\n");
        if !self.hub_name.is_empty() {
            push(
                &mut text,
                format_args!("base_model: {}\n", quoted(self.hub_name)),
            );
        }
        text.push_str("tags:\n- lora\n- text-agent\n");
        if self.adapter.with_retrieval {
            text.push_str("- retrieval-augmented\n- exprag-lora\n");
        }
        text.push_str("---\n\n");
        text
    }

    fn introduction(&self, text: &mut String) {
        push(text, format_args!("# {}\n\n", one_line(&self.adapter.name)));
        push(
            text,
            format_args!(
                "A LoRA adapter for `{}`. It was trained on recorded episodes of an agent that acts in text \
                 worlds: each message says what the agent sees, each answer is its next action.\n\n",
                self.hub_name
            ),
        );
        text.push_str(if self.adapter.with_retrieval {
            "Similar past episodes stood in its system prompt during training (ExpRAG-LoRA), and it should \
             be used that way: see below.\n\n"
        } else {
            "It was trained without past episodes in its prompt.\n\n"
        });
    }

    fn evidence(&self, text: &mut String) {
        text.push_str("## What it was seen to do\n\n");
        let Some(results) = self.results else {
            text.push_str(
                "It has not been played on test tasks, so nothing is known about its success.\n\n",
            );
            return;
        };
        text.push_str(
            "The experiment it was trained in, all arms; success with episodes and 95 % Wilson intervals. \
             Unseen types were never in training.\n\n\
             | Arm | Seen types | Unseen types | Seeds |\n|---|---|---|---|\n",
        );
        for arm in &results.arms {
            push(
                text,
                format_args!(
                    "| {} | {} | {} | {} |\n",
                    one_line(&arm.arm.name),
                    rate(&arm.seen),
                    rate(&arm.unseen),
                    arm.num_seeds
                ),
            );
        }
        text.push('\n');
    }

    fn recipe(&self, text: &mut String) {
        let adapter = self.adapter;
        let lora = &adapter.lora;
        let modules: Vec<&str> = lora
            .target_modules
            .iter()
            .map(|module| module.name())
            .collect();
        push(
            text,
            format_args!(
                "## How it was made\n\n\
                 * LoRA rank {}, alpha {}, dropout {}, on {}\n\
                 * {} optimiser steps, last loss {:.4}, seed {}\n\
                 * SHA-256 of the base model's weights: `{}`\n\
                 * Hash of the training episodes: `{}`\n",
                lora.rank,
                lora.alpha,
                lora.dropout,
                modules.join(", "),
                adapter.num_steps,
                adapter.final_loss,
                adapter.origin.seed,
                adapter.base_digest,
                adapter.origin.data_hash
            ),
        );
        if let Some(training) = self.training {
            let config = &training.config;
            push(
                text,
                format_args!(
                    "* AdamW, learning rate {} ({}), weight decay {}, batches of {}, at most {} tokens an \
                     example; loss on the agent's actions only\n\
                     * Task types kept out of training: {}\n",
                    config.learning_rate,
                    config.schedule.label(),
                    config.weight_decay,
                    config.batch_size,
                    config.max_tokens,
                    list(&training.unseen_types)
                ),
            );
        }
        let certificate = &adapter.certificate;
        push(
            text,
            format_args!(
                "* {} LoRA matrices, {}\n\n",
                certificate.num_matrices,
                if certificate.holds() {
                    "every one of which was seen to receive a gradient"
                } else {
                    "not all of which were seen to receive a gradient"
                }
            ),
        );
    }

    fn use_it(&self, text: &mut String) {
        push(
            text,
            format_args!(
                "## How to use it\n\n\
                 ```python\n\
                 from peft import PeftModel\n\
                 from transformers import AutoModelForCausalLM, AutoTokenizer\n\n\
                 base = \"{}\"\n\
                 tokenizer = AutoTokenizer.from_pretrained(base)\n\
                 model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), \".\")\n\
                 ```\n\n\
                 The chat is: a system turn, then observations as user turns and actions as assistant \
                 turns. The system turn begins with\n\n```\n{}\n```\n\n\
                 followed by the world's action templates, one a line as `- go to {{recep}}`, after an \
                 empty line and `Actions:`.\n\n",
                self.hub_name,
                prompt::instructions(&[])
            ),
        );
        let retrieval = self
            .training
            .and_then(|work| work.config.retrieval.as_ref());
        if let Some(retrieval) = retrieval {
            push(
                text,
                format_args!(
                    "With retrieval, the {} past episodes whose task description is nearest to the new \
                     one's are put behind that ({}). Successful ones stand under `# Past episodes that reached \
                     their goal`, others under `# Past episodes that failed`. Never show it an episode of \
                     the very task it is to do.\n",
                    retrieval.k,
                    retrieval.format.label()
                ),
            );
        }
    }
}

fn rate(proportion: &Proportion) -> String {
    match proportion.rate() {
        Some(rate) => format!(
            "{:.0} % ({} of {}, {:.0}–{:.0} %)",
            rate * 100.0,
            proportion.successes,
            proportion.n,
            proportion.low * 100.0,
            proportion.high * 100.0
        ),
        None => "–".to_owned(),
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// Names come from people; a line break would end a heading or a table row.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r', '|'], " ")
}

/// A string as YAML reads it whatever it holds.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn push(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more)
        .expect("writing to a String does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::{AdapterOrigin, GradientCertificate, LoraConfig};

    fn adapter(name: &str, with_retrieval: bool) -> Adapter {
        Adapter {
            id: "a".into(),
            name: name.to_owned(),
            base_model: "m".into(),
            base_digest: "abc".to_owned(),
            lora: LoraConfig::default(),
            origin: AdapterOrigin::default(),
            certificate: GradientCertificate::default(),
            num_steps: 24,
            final_loss: 0.5,
            with_retrieval,
            created_ms: 0,
        }
    }

    fn text(adapter: &Adapter, hub_name: &str) -> String {
        Card {
            adapter,
            hub_name,
            training: None,
            results: None,
        }
        .text()
    }

    #[test]
    fn names_cannot_break_the_front_matter() {
        let card = text(&adapter("two\nlines", false), "owner/\"odd\": name");
        assert!(
            card.contains("base_model: \"owner/\\\"odd\\\": name\"\n"),
            "{card}"
        );
        assert!(card.contains("# two lines\n"));
        assert_eq!(card.matches("---\n").count(), 2);
    }

    #[test]
    fn what_is_not_known_is_not_claimed() {
        let card = text(&adapter("plain", false), "owner/model");
        assert!(card.contains("It has not been played on test tasks"));
        assert!(card.contains("not all of which were seen to receive a gradient"));
        assert!(!card.contains("exprag-lora"));
        assert!(text(&adapter("with", true), "m").contains("- exprag-lora\n"));
    }
}
