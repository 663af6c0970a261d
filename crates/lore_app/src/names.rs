//! Names on disk. Every name that came from outside passes [`check`] before it becomes a path.

use lore_protocol::ApiError;

/// The longest name; leaves room for extensions below every file system's limit.
const MAX_LEN: usize = 160;

/// Refuses names that could leave their folder or that some file system cannot hold.
pub(crate) fn check(what: &str, name: &str) -> Result<(), ApiError> {
    let plain = name
        .bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'));
    if plain && !name.is_empty() && !name.starts_with('.') && name.len() <= MAX_LEN {
        return Ok(());
    }
    Err(ApiError::new(format!(
        "{name:?} cannot be the name of {what}; choose it from the list instead"
    )))
}

/// A name for people as a name on disk: `My file (2).jsonl` becomes `my-file-2-jsonl`.
pub(crate) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
        if slug.len() >= 40 {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// `base`, or `base-2`, `base-3`, … until nobody has the name.
pub(crate) fn free(base: &str, fallback: &str, taken: impl Fn(&str) -> bool) -> String {
    let base = if base.is_empty() { fallback } else { base };
    if !taken(base) {
        return base.to_owned();
    }
    let mut number = 2u64;
    loop {
        let name = format!("{base}-{number}");
        if !taken(&name) {
            return name;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_folder() {
        for bad in [
            "", ".", "..", "../x", "a/b", "a\\b", ".hidden", "C:", "ä", "A",
        ] {
            assert!(check("a model", bad).is_err(), "{bad:?} must be refused");
        }
        for good in ["smollm2-135m-instruct", "sample.lora_exprag-seed2025"] {
            assert!(check("a model", good).is_ok(), "{good:?} is a good name");
        }
    }

    #[test]
    fn slugs_are_good_names() {
        assert_eq!(slug("My file (2).jsonl"), "my-file-2-jsonl");
        assert_eq!(slug("…"), "");
        assert_eq!(free(&slug("日本"), "data", |name| name == "data"), "data-2");
        assert!(check("a data set", &slug("--Ünïcode & Co--")).is_ok());
    }
}
