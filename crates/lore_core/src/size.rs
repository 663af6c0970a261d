//! Sizes in words.

/// `94 MB`, `1.3 GB`, in powers of a thousand, as disks are sold.
pub fn size_in_words(num_bytes: u64) -> String {
    let n = num_bytes as f64;
    match num_bytes {
        0..1_000 => format!("{num_bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", three_digits(n / 1e3)),
        1_000_000..1_000_000_000 => format!("{} MB", three_digits(n / 1e6)),
        1_000_000_000..1_000_000_000_000 => format!("{} GB", three_digits(n / 1e9)),
        _ => format!("{} TB", three_digits(n / 1e12)),
    }
}

/// A number with no more than three digits that mean something, as far as it has a fraction.
pub fn three_digits(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.1 => 3,
        size if size >= 0.01 => 4,
        _ => 5,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_unit_of_their_size() {
        for (num_bytes, words) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_500, "1.5 kB"),
            (2_000_000, "2 MB"),
            (94_300_000, "94.3 MB"),
            (16_800_000_000, "16.8 GB"),
            (4_000_000_000_000, "4 TB"),
        ] {
            assert_eq!(size_in_words(num_bytes), words);
        }
    }
}
