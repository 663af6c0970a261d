//! Names on disk, where they come from a job's file: a forged one must not lead out of the data folder.

use anyhow::{Result, ensure};

/// The longest name; leaves room for extensions below every file system's limit.
const MAX_LEN: usize = 240;

/// Refuses names that could leave their folder.
pub(crate) fn check(what: &str, name: &str) -> Result<()> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    ensure!(
        !name.is_empty()
            && name.len() <= MAX_LEN
            && !name.starts_with('.')
            && name.chars().all(is_plain),
        "{name:?} cannot be the name of {what}: use letters, digits, - and _."
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names_stay_in_their_folder() {
        for good in ["sample.lora_exprag-seed2025", "smollm2-135m-instruct", "ä"] {
            assert!(check("a job", good).is_ok(), "{good:?}");
        }
        for bad in [
            "", ".", "..", "../x", "a/b", "a\\b", "C:x", ".hidden", "a\0b",
        ] {
            assert!(check("a job", bad).is_err(), "{bad:?}");
        }
        assert!(check("a job", &"a".repeat(300)).is_err());
    }
}
