//! How many tests passed, read from what the test runners print.

/// Tests so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// Passed.
    pub(super) passed: u64,
    /// Failed, timed out or crashed.
    pub(super) failed: u64,
}

impl Count {
    /// Adds what a line says, if it is a summary of `cargo test` or of nextest.
    pub(super) fn read(&mut self, line: &str) {
        let line = line.trim();
        let summary = if line.starts_with("test result:") {
            line
        } else if line.starts_with("Summary [") {
            line.split_once("tests run:").map_or("", |(_, rest)| rest)
        } else {
            return;
        };
        self.passed += number_before(summary, "passed");
        for word in ["failed", "timed out", "exec failed"] {
            self.failed += number_before(summary, word);
        }
    }
}

/// The number directly before the first `word`; 0 when there is none.
fn number_before(text: &str, word: &str) -> u64 {
    text.split([',', ';', '.'])
        .filter_map(|part| {
            part.trim().strip_suffix(word).or_else(|| {
                // `3 passed (1 slow)` in nextest
                part.trim().split_once(word).map(|(before, _)| before)
            })
        })
        .find_map(|before| before.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, passed: u64, failed: u64) {
        let mut count = Count::default();
        count.read(line);
        assert_eq!(count, Count { passed, failed }, "{line}");
    }

    #[test]
    fn both_runners_are_understood() {
        check(
            "test result: ok. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out",
            3,
            1,
        );
        check(
            "     Summary [   1.2s] 12 tests run: 12 passed, 2 skipped",
            12,
            0,
        );
        check(
            "     Summary [   1.2s] 12 tests run: 9 passed (1 slow), 2 failed, 1 timed out, 0 skipped",
            9,
            3,
        );
        check("running 12 tests", 0, 0);
    }
}
