//! Key-value caches of what was read before: prompts of an agent mostly begin alike. Copies share
//! their pages, so episodes with the same system prompt or memories hold these once.

use std::collections::BTreeMap;

use crate::KvCache;

/// Prompts that share less are not worth the trouble.
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
        // Used just now: it is forgotten last.
        self.entries[index..].rotate_left(1);
        let entry = self.entries.last()?;
        Some(entry.cache.prefix(shared))
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
        while self.num_bytes() > self.max_bytes && !self.entries.is_empty() {
            self.entries.remove(0);
        }
    }

    /// Bytes of all entries, shared pages counted once.
    fn num_bytes(&self) -> usize {
        let pages = self.entries.iter().flat_map(|entry| entry.cache.pages());
        pages.collect::<BTreeMap<_, _>>().into_values().sum()
    }
}

/// How many tokens two sequences begin with alike.
pub(super) fn common_prefix(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
