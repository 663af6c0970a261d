//! A short stand-in for the set of word triples of a text.

use lore_core::mix;

/// Parts of a signature.
const NUM_BINS: usize = 128;

/// Parts of a band; two items are compared when they agree in all of one band.
const BAND_ROWS: usize = 8;

/// Words in a shingle.
const SHINGLE_WORDS: usize = 3;

/// Stands for a part that no shingle fell into.
const EMPTY: u16 = u16::MAX;

/// The smallest hash of each bin; equal parts are as likely as a common shingle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature([u16; NUM_BINS]);

impl Signature {
    /// Bands of a signature.
    pub(super) const NUM_BANDS: usize = NUM_BINS / BAND_ROWS;

    /// The signature of a text; case, punctuation and space do not count.
    pub(super) fn of(text: &str) -> Self {
        let text = text.to_lowercase();
        let words: Vec<u64> = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(hash)
            .collect();
        let mut bins = [EMPTY; NUM_BINS];
        let mut add = |shingle: &[u64]| {
            let hash = shingle.iter().fold(0, |hash, word| mix(hash ^ word));
            let bin = &mut bins[(hash >> 57) as usize];
            *bin = (*bin).min((hash & 0xffff) as u16);
        };
        if words.len() < SHINGLE_WORDS {
            add(&words);
        }
        words.windows(SHINGLE_WORDS).for_each(&mut add);
        Self(densified(bins))
    }

    /// The estimated share of common shingles, from 0 to 1.
    pub(super) fn similarity(&self, other: &Self) -> f32 {
        let pairs = self.0.iter().zip(&other.0);
        pairs.filter(|(a, b)| a == b).count() as f32 / NUM_BINS as f32
    }

    /// A hash of band `index`, which is less than [`Signature::NUM_BANDS`].
    pub(super) fn band(&self, index: usize) -> u64 {
        let parts = &self.0[index * BAND_ROWS..(index + 1) * BAND_ROWS];
        parts
            .iter()
            .fold(index as u64, |hash, part| mix(hash ^ u64::from(*part)))
    }
}

/// Fills empty bins with what the next filled one holds, marked by the distance to it. A text always
/// fills at least one.
fn densified(bins: [u16; NUM_BINS]) -> [u16; NUM_BINS] {
    let mut full = bins;
    for (index, part) in full.iter_mut().enumerate() {
        if *part != EMPTY {
            continue;
        }
        let distance = (1..NUM_BINS).find(|distance| bins[(index + distance) % NUM_BINS] != EMPTY);
        if let Some(distance) = distance {
            let borrowed = u64::from(bins[(index + distance) % NUM_BINS]);
            *part = (mix(borrowed ^ ((distance as u64) << 32)) & 0xffff) as u16;
        }
    }
    full
}

/// FNV-1a (Fowler, Noll, Vo): the same on every machine.
fn hash(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_estimate_is_near_the_truth() {
        for num_common in [100, 200, 280, 300] {
            let words = |tag: &str| -> Vec<String> {
                (0..300)
                    .map(|i| {
                        if i < num_common {
                            format!("w{i}")
                        } else {
                            format!("{tag}{i}")
                        }
                    })
                    .collect()
            };
            let (a, b) = (words("a"), words("b"));
            let shingles = |words: &[String]| -> BTreeSet<String> {
                words.windows(3).map(|triple| triple.join(" ")).collect()
            };
            let (of_a, of_b) = (shingles(&a), shingles(&b));
            let common = of_a.intersection(&of_b).count() as f32;
            let truth = common / of_a.union(&of_b).count() as f32;
            let estimate = Signature::of(&a.join(" ")).similarity(&Signature::of(&b.join(" ")));
            assert!((estimate - truth).abs() < 0.12, "{estimate} for {truth}");
        }
    }

    #[test]
    fn case_and_punctuation_do_not_count_and_no_text_is_too_short() {
        assert_eq!(
            Signature::of("Take the mug, now!"),
            Signature::of("take THE mug now")
        );
        assert_eq!(Signature::of(""), Signature::of(" .,; "));
        assert!(Signature::of("").similarity(&Signature::of("mug")) < 0.5);
    }
}
