//! Content hashes: what makes "the same trajectory" and "the same split" checkable.

use sha2::{Digest, Sha256};

/// SHA-256 of the parts, each preceded by its length so that moving a boundary changes the hash.
/// Returned as 64 lower-case hexadecimal digits.
pub fn content_hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut digits = String::with_capacity(64);
    for byte in hasher.finalize() {
        for nibble in [byte >> 4, byte & 15] {
            digits.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
        }
    }
    digits
}

/// The first twelve digits of [`content_hash`], for names that people read.
pub fn short_hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = content_hash(parts);
    hash.truncate(12);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_count() {
        assert_ne!(content_hash(["ab", "c"]), content_hash(["a", "bc"]));
        assert_eq!(short_hash(["x"]).len(), 12);
    }
}
