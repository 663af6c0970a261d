//! What must not be written down.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

/// A text that only those it is for may read: a token, a key. It does not show in what is written for
/// people or logs, and its memory is overwritten when it is let go.
///
/// It can be sent ([`Serialize`]), since those it is for may be in another process; who keeps it out of
/// files does so by not writing what holds it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a text over.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for where it is needed.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Says only that there is something.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shows_only_where_it_is_asked_for() {
        let secret = Secret::from("lore-0a1b2c");
        let shown = format!("{secret:?} {:#?}", Some((&secret, 1)));
        assert!(!shown.contains("0a1b2c"), "{shown}");
        assert_eq!(secret.reveal(), "lore-0a1b2c");
        let sent = serde_json::to_string(&secret).unwrap();
        assert_eq!(serde_json::from_str::<Secret>(&sent).unwrap(), secret);
    }
}
