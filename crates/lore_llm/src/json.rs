//! JSON files that may be absent.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// Bytes of a JSON file that belongs to a model. The largest are tokenizers of many languages, with half
/// of that.
pub(crate) const MAX_JSON: u64 = 64 << 20;

/// A text file of at most so many bytes.
pub(crate) fn read_text(path: &Path, max_bytes: u64) -> Result<String> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(max_bytes + 1).read_to_string(&mut text))
        .with_context(|| format!("Could not read {}", path.display()))?;
    ensure!(
        text.len() as u64 <= max_bytes,
        "{} is larger than the {} MiB such a file may have; it is damaged, or no model's",
        path.display(),
        max_bytes >> 20
    );
    Ok(text)
}

/// The content of a JSON file; null when there is no such file.
pub(crate) fn optional_json(path: &Path) -> Result<Value> {
    if !path.is_file() {
        return Ok(Value::Null);
    }
    let text = read_text(path, MAX_JSON)?;
    serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_absurd_size_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokenizer.json");
        // Takes no room on the disk.
        File::create(&path).unwrap().set_len(MAX_JSON + 1).unwrap();
        let error = optional_json(&path).unwrap_err().to_string();
        assert!(error.contains("larger than the 64 MiB"), "{error}");
        assert!(
            optional_json(&folder.path().join("none"))
                .unwrap()
                .is_null()
        );
    }
}
