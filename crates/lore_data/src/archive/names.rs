//! Names of files in an archive that somebody else may have made.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

/// The longest path; every file system holds it below a folder of sensible length.
const MAX_LEN: usize = 1000;

/// Names that Windows keeps for itself, whatever their ending.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Refuses paths that could lead out of a folder, or mean another file on some system.
pub(super) fn check(path: &str) -> Result<()> {
    let is_good = !path.is_empty() && path.len() <= MAX_LEN && path.split('/').all(is_name);
    if !is_good {
        bail!("The file is not a backup of Lorekeeper, or was tampered with: it holds {path:?}.");
    }
    Ok(())
}

/// True for a name that means itself on every system.
fn is_name(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).to_ascii_lowercase();
    let is_port = stem.len() == 4
        && (stem.starts_with("com") || stem.starts_with("lpt"))
        && stem.ends_with(|c: char| c.is_ascii_digit());
    let is_plain = |c: char| !c.is_control() && !r#"\:*?"<>|"#.contains(c);
    !part.is_empty()
        && !part.starts_with('.')
        && !part.ends_with(['.', ' '])
        && part.chars().all(is_plain)
        && !is_port
        && !RESERVED.contains(&stem.as_str())
}

/// Refuses names that are there twice, on systems too that do not tell large letters from small ones.
pub(super) fn check_all<'a>(paths: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut known = BTreeSet::new();
    for path in paths {
        check(path)?;
        if !known.insert(path.to_lowercase()) {
            bail!(
                "The file is not a backup of Lorekeeper, or was tampered with: {path:?} is in it twice."
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_anywhere_else() {
        for bad in [
            "",
            "/etc/passwd",
            "..",
            "../x",
            "a/../b",
            "a//b",
            "./a",
            "a/.",
            "C:/x",
            "a\\b",
            "a/\0",
            "a\n",
            ".ssh/x",
            "a/CON",
            "nul.txt",
            "com1",
            "a ",
            "a.",
            "a/b?",
            "\\\\host\\x",
        ] {
            assert!(check(bad).is_err(), "{bad:?} must be refused");
        }
        for good in [
            "settings.json",
            "bank.lance/b.lance/data/1-2_x.lance",
            "é/ü.txt",
            "com/x",
        ] {
            assert!(check(good).is_ok(), "{good:?} is a good name");
        }
    }

    #[test]
    fn no_file_is_there_twice() {
        assert!(check_all(["a/b", "a/c"].into_iter()).is_ok());
        assert!(check_all(["a/b", "A/B"].into_iter()).is_err());
    }
}
