//! Key-value caches of what was read before: prompts of an agent mostly begin alike.

use crate::KvCache;

/// An entry that has at most this many tokens too many is cut and used itself; of others the common
/// part is copied, so that an episode does not destroy the memory of another one that only shares
/// its system prompt.
const MAX_WASTE: usize = 64;

/// Prompts that share less are not worth a copy.
const MIN_SHARED: usize = 8;

/// Remembers what sequences had in common, up to a number of bytes.
#[derive(Debug)]
pub(super) struct PrefixCache {
    /// Least recently used first.
    entries: Vec<Entry>,
    max_bytes: usize,
}

#[derive(Debug)]
struct Entry {
    tokens: Vec<u32>,
    cache: KvCache,
}

impl PrefixCache {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            entries: Vec::new(),
            max_bytes,
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    /// A cache that holds the longest known beginning of `tokens`, at most `limit` of them.
    pub(super) fn take(&mut self, tokens: &[u32], limit: usize) -> Option<KvCache> {
        let (index, shared) = self
            .entries
            .iter()
            .enumerate()
            .map(|(index, entry)| (index, common_prefix(&entry.tokens, tokens).min(limit)))
            .max_by_key(|(_, shared)| *shared)?;
        if shared < MIN_SHARED {
            return None;
        }
        let entry = self.entries.remove(index);
        if entry.tokens.len() - shared <= MAX_WASTE {
            let mut cache = entry.cache;
            cache.truncate(shared);
            return Some(cache);
        }
        let cache = entry.cache.prefix(shared);
        self.entries.push(entry);
        Some(cache)
    }

    /// Remembers a cache and the tokens in it, and forgets the least recently used ones beyond the
    /// limit.
    pub(super) fn put(&mut self, tokens: Vec<u32>, cache: KvCache) {
        debug_assert_eq!(
            tokens.len(),
            cache.len(),
            "a key and a value for each token"
        );
        self.entries
            .retain(|entry| !tokens.starts_with(&entry.tokens));
        self.entries.push(Entry { tokens, cache });
        let mut bytes: usize = self.entries.iter().map(|e| e.cache.num_bytes()).sum();
        while bytes > self.max_bytes && !self.entries.is_empty() {
            bytes -= self.entries.remove(0).cache.num_bytes();
        }
    }
}

/// How many tokens two sequences begin with alike.
pub(super) fn common_prefix(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
