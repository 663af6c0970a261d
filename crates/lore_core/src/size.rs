//! Sizes in words.

/// `1.2 GB`, in powers of a thousand, as disks are sold.
pub fn size_in_words(num_bytes: u64) -> String {
    let (unit, divisor) = match num_bytes {
        0..1_000_000 => ("kB", 1e3),
        1_000_000..1_000_000_000 => ("MB", 1e6),
        1_000_000_000..1_000_000_000_000 => ("GB", 1e9),
        _ => ("TB", 1e12),
    };
    format!("{:.1} {unit}", num_bytes as f64 / divisor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_unit_of_their_size() {
        for (num_bytes, words) in [
            (0, "0.0 kB"),
            (1_500, "1.5 kB"),
            (2_000_000, "2.0 MB"),
            (16_800_000_000, "16.8 GB"),
            (4_000_000_000_000, "4.0 TB"),
        ] {
            assert_eq!(size_in_words(num_bytes), words);
        }
    }
}
