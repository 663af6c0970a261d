//! The model card: what the adapter is, how it was made, what it was seen to do, how to use it.

mod front_matter;
mod origin;
mod usage;

use std::fmt::Write as _;

use lore_core::{Adapter, Proportion};
use lore_protocol::ExportFormat;

use super::Material;
use super::certificate::Certificate;
use crate::models;

pub(super) use origin::Origin;

/// Everything a card is made of.
pub(super) struct Card<'a> {
    pub(super) format: ExportFormat,
    pub(super) material: &'a Material,
    /// Where the adapter came from.
    pub(super) origin: &'a Origin,
    /// What the comparison with the trained model found.
    pub(super) certificate: &'a Certificate,
}

impl Card<'_> {
    /// The card in Markdown, with the front matter the hub reads.
    pub(super) fn text(&self) -> String {
        let mut text = self.front_matter();
        self.introduction(&mut text);
        self.evidence(&mut text);
        self.usage(&mut text);
        self.recipe(&mut text);
        self.exported(&mut text);
        self.licence(&mut text);
        text
    }

    fn adapter(&self) -> &Adapter {
        &self.material.adapter
    }

    /// The base model's name on the hub, as it can stand in commands that people copy: it comes from the
    /// model's own file, where anything may be written.
    fn hub_name(&self) -> String {
        as_word(models::hub_name(&self.material.base))
    }

    fn introduction(&self, text: &mut String) {
        let what = if self.format.is_merged() {
            "A model made by merging a LoRA adapter into"
        } else {
            "A LoRA adapter for"
        };
        push(
            text,
            format_args!("# {}\n\n", one_line(&self.adapter().name)),
        );
        push(
            text,
            format_args!(
                "{what} `{}`. It was trained on recorded episodes of an agent that acts in text \
                 worlds: each message says what the agent sees, each answer is its next action.\n\n",
                self.hub_name()
            ),
        );
        text.push_str(if self.adapter().with_retrieval {
            "Similar past episodes stood in its system prompt during training (ExpRAG-LoRA), and it should \
             be used that way: see below.\n\n"
        } else {
            "It was trained without past episodes in its prompt.\n\n"
        });
    }

    fn evidence(&self, text: &mut String) {
        text.push_str("## What it was seen to do\n\n");
        let Some(results) = &self.origin.results else {
            text.push_str(
                "It has not been played on test tasks, so nothing is known about its success.\n\n",
            );
            return;
        };
        text.push_str(
            "The experiment it was trained in, all arms; success with episodes and 95 % Wilson intervals. \
             Unseen types were never in training. The gap is seen minus unseen, in percentage points.\n\n\
             | Arm | Seen types | Unseen types | Gap | Seeds |\n|---|---|---|---|---|\n",
        );
        for arm in &results.arms {
            push(
                text,
                format_args!(
                    "| {} | {} | {} | {} | {} |\n",
                    one_line(&arm.arm.name),
                    rate(&arm.seen),
                    rate(&arm.unseen),
                    gap(&arm.seen, &arm.unseen),
                    arm.num_seeds
                ),
            );
        }
        text.push('\n');
    }

    fn recipe(&self, text: &mut String) {
        let adapter = self.adapter();
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
                 * {} rank {}, alpha {}, dropout {}, on {}\n\
                 * {} optimiser steps, last loss {:.4}, seed {}\n\
                 * SHA-256 of the base model's weights: `{}`\n\
                 * Hash of the training episodes: `{}`\n\
                 * Program: {}\n",
                lora.method(),
                lora.rank,
                lora.alpha,
                lora.dropout,
                modules.join(", "),
                adapter.num_steps,
                adapter.final_loss,
                adapter.origin.seed,
                adapter.base_digest,
                adapter.origin.data_hash,
                self.certificate.code_version()
            ),
        );
        if let Some(training) = self.origin.training() {
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
        self.memories(text);
        if let Some(bank) = &self.origin.bank {
            push(
                text,
                format_args!(
                    "* Experience bank: {}, version {}, {} episodes ({} successful), embedder `{}`\n",
                    one_line(&bank.name),
                    bank.version,
                    bank.num_experiences,
                    bank.num_successes,
                    bank.embedder
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

    /// What stood in the contexts it was trained in.
    fn memories(&self, text: &mut String) {
        let training = self.origin.training().map(|work| &work.config);
        if let Some(config) = training.filter(|config| config.retrieval.is_some()) {
            let mix = config.memory_mix.summary();
            push(text, format_args!("* Memories in training: {mix}\n"));
        }
    }

    /// What was written, and how it was checked.
    fn exported(&self, text: &mut String) {
        let certificate = self.certificate;
        push(
            text,
            format_args!(
                "## What was checked\n\n\
                 The files ({}, {:.1} MB) were read back after writing and asked the same as the trained \
                 model: logits differ by at most {}, {}. Allowed were {}. The whole comparison, with SHA-256 \
                 of every file, stands in `parity.json`.\n\n",
                self.format.label(),
                certificate.num_bytes() as f64 / 1e6,
                certificate.difference(),
                certificate.said(),
                certificate.allowed()
            ),
        );
    }

    fn licence(&self, text: &mut String) {
        text.push_str("## Licence\n\n");
        let licence = &self.material.base.license;
        if licence.is_empty() {
            text.push_str(
                "The base model's licence is not known to the program that wrote this card. It governs what \
                 is derived from the model, this included: look it up before you share this.\n",
            );
        } else {
            push(
                text,
                format_args!(
                    "The base model is under `{}`, which governs what is derived from it, this included. \
                     The training episodes may have terms of their own.\n",
                    one_line(licence)
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

/// Seen minus unseen with its interval, in percentage points.
fn gap(seen: &Proportion, unseen: &Proportion) -> String {
    match seen.minus(unseen) {
        Some(gap) => format!(
            "{:+.0} ({:+.0} to {:+.0})",
            gap.value * 100.0,
            gap.low * 100.0,
            gap.high * 100.0
        ),
        None => "–".to_owned(),
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        one_line(&names.join(", "))
    }
}

/// Names come from people and from files; a line break would end a heading or a table row, a backtick what
/// is quoted, and control characters do things to terminals.
fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '|' | '`' | '\u{2028}' | '\u{2029}');
    text.replace(breaks, " ")
}

/// A name that means nothing to a shell, Python or Markdown.
fn as_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    let word = text.replace(|c| !is_plain(c), "-");
    word.trim_start_matches('-').to_owned()
}

fn push(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more)
        .expect("writing to a String does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_files_start_nothing() {
        assert_eq!(as_word("owner/Name-1.5_b"), "owner/Name-1.5_b");
        for hostile in [
            "a/b\"; import os; os.system(\"rm -rf ~\")",
            "a/$(reboot)",
            "a/b --trust-remote-code",
            "--evil/x",
            "a/b`\n\n# Heading",
        ] {
            let word = as_word(hostile);
            assert!(
                !word.contains(['"', ' ', '$', '(', '`', '\n', ';']),
                "{word}"
            );
            assert!(!word.starts_with('-'), "{word}");
        }
    }

    #[test]
    fn a_name_stays_in_its_line() {
        let name = "A\nlicense: evil\r\n---\u{2028}|`\u{1b}[31m\u{85}";
        let line = one_line(name);
        assert!(!line.contains(|c: char| c.is_control() || "|`\u{2028}".contains(c)));
    }
}
