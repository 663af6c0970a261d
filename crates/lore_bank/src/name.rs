//! Names of banks: what people write, and what may be a folder.

use anyhow::{Result, bail};
use lore_core::{BankId, short_hash};

/// The longest name on disk; some file systems end at 255 bytes with what LanceDB appends.
const MAX_LEN: usize = 80;

/// A name on disk made from a name for people: lower-case letters, digits and dashes.
pub fn bank_id(name: &str) -> BankId {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches('-');
    let slug = slug[..slug.len().min(MAX_LEN)].trim_end_matches('-');
    if slug.is_empty() {
        // A name without a Latin letter still needs a folder of its own.
        return BankId(format!("bank-{}", short_hash([name])));
    }
    BankId(slug.to_owned())
}

/// Refuses identifiers that could leave their folder or that LanceDB refuses later.
pub(crate) fn check(id: &BankId) -> Result<()> {
    let name = id.as_str();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty()
        || name.len() > MAX_LEN
        || name.starts_with('.')
        || !name.chars().all(is_plain)
    {
        bail!("{name:?} is no name for a bank: use letters, digits, - and _.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_for_people_become_plain() {
        assert_eq!(bank_id("My Bank (2)").as_str(), "my-bank-2");
        assert_eq!(bank_id("../../x").as_str(), "x");
        assert!(bank_id("経験").as_str().starts_with("bank-"));
        assert_ne!(bank_id("経験"), bank_id("記憶"));
        let long = bank_id(&"a".repeat(300));
        assert!(check(&long).is_ok());
    }

    #[test]
    fn names_that_leave_their_folder_are_refused() {
        for name in ["", "..", "a/b", "a b", "a'b", &"x".repeat(99)] {
            assert!(check(&BankId::from(name)).is_err(), "{name:?}");
        }
    }
}
