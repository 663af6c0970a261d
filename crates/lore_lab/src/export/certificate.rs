//! The proof that an exported file behaves like the trained model, stored beside it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use lore_protocol::ExportFormat;

use super::Material;
use super::parity::Parity;
use crate::files::now_ms;
use crate::{Job, models};

/// `parity.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Certificate {
    /// The form that was written.
    format: ExportFormat,
    /// The adapter's name in this program.
    adapter: String,
    /// The base model's name on the hub.
    base_model: String,
    /// SHA-256 of the base model's weights.
    base_digest: String,
    /// The program that made it.
    code_version: String,
    /// When it was made, in milliseconds since 1970.
    created_ms: u64,
    /// What was allowed.
    tolerance: Tolerance,
    /// What was found.
    pub(super) parity: Parity,
    /// The files it speaks of.
    pub(super) files: Vec<FileDigest>,
}

/// How far a copy may be from the trained model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tolerance {
    /// Largest difference between two logits.
    max_logit_difference: f64,
    /// Mean Kullback-Leibler divergence, in nats.
    mean_kl_divergence: f64,
    /// True when the greedy continuations must be the same.
    same_text: bool,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileDigest {
    /// Its path within the folder.
    pub(super) path: String,
    /// Its size.
    pub(super) num_bytes: u64,
    /// SHA-256 of its bytes.
    pub(super) sha256: String,
}

impl Tolerance {
    /// Adapters keep every bit, so only the order of additions may differ. Half precision rounds each
    /// weight to 11 bits, brain floats to 8. Quantised weights change what a model says here and there;
    /// their bound is on the whole distribution and tells rounding from a file that was written wrongly:
    /// rows in the wrong order diverge by several nats.
    pub(super) fn of(format: ExportFormat) -> Self {
        let bound = |max_logit_difference, mean_kl_divergence, same_text| Self {
            max_logit_difference,
            mean_kl_divergence,
            same_text,
        };
        match format {
            ExportFormat::Peft
            | ExportFormat::Bundle
            | ExportFormat::GgufLora
            | ExportFormat::Mlx => bound(1e-3, 1e-6, true),
            ExportFormat::SafetensorsF16 | ExportFormat::GgufF16 => bound(0.25, 1e-3, true),
            ExportFormat::SafetensorsBf16 => bound(2.0, 0.02, false),
            ExportFormat::GgufQ8_0 | ExportFormat::Ollama => bound(3.0, 0.05, false),
            ExportFormat::GgufQ6K => bound(5.0, 0.1, false),
            ExportFormat::GgufQ4KM | ExportFormat::GgufQ4_0 => bound(20.0, 0.5, false),
        }
    }

    fn is_kept_by(&self, parity: &Parity) -> bool {
        parity.max_logit_difference <= self.max_logit_difference
            && parity.mean_kl_divergence <= self.mean_kl_divergence
            && (parity.same_text || !self.same_text)
    }
}

impl Certificate {
    /// The certificate for what stands in `folder`.
    pub(super) fn new(
        job: &Job<'_>,
        format: ExportFormat,
        material: &Material,
        parity: Parity,
        folder: &Path,
    ) -> Result<Self> {
        let mut files = Vec::new();
        collect(folder, "", &mut files)?;
        Ok(Self {
            format,
            adapter: material.adapter.id.to_string(),
            base_model: models::hub_name(&material.base).to_owned(),
            base_digest: material.base.digest.clone(),
            code_version: job.spec.code_version.clone(),
            created_ms: now_ms(),
            tolerance: Tolerance::of(format),
            parity,
            files,
        })
    }

    /// An error when the copy is further from the trained model than its form allows.
    pub(super) fn check(&self) -> Result<()> {
        let parity = &self.parity;
        ensure!(
            self.tolerance.is_kept_by(parity),
            "The exported files do not behave like the trained model, so they were thrown away: their \
             logits differ by up to {:.3} (allowed: {}), their distributions by {:.4} nats (allowed: {}){}. \
             Choose a more exact form.",
            parity.max_logit_difference,
            self.tolerance.max_logit_difference,
            parity.mean_kl_divergence,
            self.tolerance.mean_kl_divergence,
            if parity.same_text {
                ""
            } else {
                ", and they say something else"
            }
        );
        Ok(())
    }

    /// One sentence about what came out.
    pub(super) fn summary(&self, destination: &Path) -> String {
        let numbers = if self.parity.max_logit_difference > 0.0 {
            format!("logits differ by at most {}", self.difference())
        } else {
            "its numbers are exactly the trained model's".to_owned()
        };
        let (destination, said) = (destination.display(), self.said());
        format!("Written to {destination} and read back: {numbers}, {said}.")
    }

    /// The largest difference, as people read it.
    pub(super) fn difference(&self) -> String {
        let difference = self.parity.max_logit_difference;
        if difference < 1e-4 {
            format!("{difference:.1e}")
        } else {
            format!("{difference:.4}")
        }
    }

    /// Whether both say the same, in words.
    pub(super) fn said(&self) -> String {
        let prompts = &self.parity.prompts;
        let same = prompts
            .iter()
            .filter(|prompt| prompt.trained_text == prompt.exported_text)
            .count();
        if same == prompts.len() {
            format!("and it says the same on all {same} held-out prompts")
        } else {
            format!(
                "and it says the same on {same} of {} held-out prompts",
                prompts.len()
            )
        }
    }

    /// Bytes of all files together.
    pub(super) fn num_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.num_bytes).sum()
    }

    /// The program that made it.
    pub(super) fn code_version(&self) -> &str {
        &self.code_version
    }

    /// What was allowed, in words.
    pub(super) fn allowed(&self) -> String {
        let Tolerance {
            max_logit_difference,
            mean_kl_divergence,
            same_text,
        } = self.tolerance;
        let text = if same_text { " and the same text" } else { "" };
        format!("{max_logit_difference} in a logit, {mean_kl_divergence} nats of divergence{text}")
    }
}

/// Every file below `folder`, in order of name.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<FileDigest>) -> Result<()> {
    let unreadable = || format!("Could not read {}.", folder.display());
    let entries = fs::read_dir(folder).with_context(unreadable)?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.with_context(unreadable)?.path());
    }
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
            continue;
        }
        let mut file = fs::File::open(&path).with_context(unreadable)?;
        let mut hasher = Sha256::new();
        let num_bytes = std::io::copy(&mut file, &mut hasher).with_context(unreadable)?;
        files.push(FileDigest {
            path: name,
            num_bytes,
            sha256: format!("{:x}", hasher.finalize()),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_forms_must_say_the_same() {
        let other = Parity {
            max_logit_difference: 1e-5,
            ..Parity::default()
        };
        assert!(!Tolerance::of(ExportFormat::Peft).is_kept_by(&other));
        assert!(Tolerance::of(ExportFormat::GgufQ4_0).is_kept_by(&other));
        let wrong = Parity {
            max_logit_difference: 15.0,
            mean_kl_divergence: 2.0,
            ..Parity::default()
        };
        for format in ExportFormat::ALL {
            assert!(!Tolerance::of(format).is_kept_by(&wrong), "{format:?}");
        }
    }

    #[test]
    fn files_are_found_in_folders() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("adapter")).unwrap();
        fs::write(root.path().join("adapter/b"), b"abc").unwrap();
        fs::write(root.path().join("a"), b"").unwrap();
        let mut files = Vec::new();
        collect(root.path(), "", &mut files).unwrap();
        let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(names, ["a", "adapter/b"]);
        assert!(files[1].sha256.starts_with("ba7816bf"));
    }
}
