//! Texts that nobody can guess.

use anyhow::{Context as _, Result};

/// So many random bytes as hexadecimal digits.
pub(crate) fn random_text(num_bytes: usize) -> Result<String> {
    let mut bytes = vec![0; num_bytes];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow::anyhow!("{error}"))
        .context("This computer gave no random numbers for a token.")?;
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    Ok(digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect())
}
