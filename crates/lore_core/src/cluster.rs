//! Other computers that do jobs.

use serde::{Deserialize, Serialize};

use crate::{ClusterId, WorldSpec};

/// A Ray cluster of one or more computers, as a person described it. What opens it is not part of this.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cluster {
    /// Its name on disk.
    pub id: ClusterId,
    /// Its name for people.
    pub name: String,
    /// Where its dashboard is: `http://127.0.0.1:8265`.
    pub address: String,
    /// The data folder as the cluster sees it; empty when its path is the same there.
    pub folder: String,
    /// Processor cores that one job takes there; 0 as many as it would take on this computer.
    pub cores: usize,
    /// True when the system's keychain has the token that opens it.
    pub has_token: bool,
}

impl Cluster {
    /// The address with a scheme and without a slash at its end.
    pub fn base(&self) -> String {
        let address = self.address.trim();
        let whole = if address.contains("://") {
            address.to_owned()
        } else {
            format!("http://{address}")
        };
        whole.trim_end_matches('/').to_owned()
    }

    /// Why it cannot be used as it is written.
    pub fn problem(&self) -> Option<&'static str> {
        let base = self.base();
        let is_web = ["http://", "https://"]
            .iter()
            .any(|scheme| base.starts_with(scheme));
        if !is_web || host(&base).is_empty() || base.contains(char::is_whitespace) {
            return Some("Write the address of its dashboard, such as http://127.0.0.1:8265");
        }
        if base.contains('@') {
            return Some(
                "Leave names and passwords out of the address; there is a field for the token",
            );
        }
        if self.name.trim().is_empty() {
            return Some("Give it a name");
        }
        let folder = self.folder.trim();
        if !folder.is_empty() && !folder.starts_with('/') {
            return Some(
                "The folder on the other computer begins with a slash, such as /mnt/lorekeeper",
            );
        }
        None
    }

    /// True when what is sent there can be read and changed on the way.
    pub fn is_in_the_clear(&self) -> bool {
        let base = self.base();
        let host = host(&base);
        let is_own = host == "localhost" || host == "[::1]" || host.starts_with("127.");
        base.starts_with("http://") && !host.is_empty() && !is_own
    }
}

/// The host in an address that has a scheme; IPv6 addresses keep their brackets.
fn host(base: &str) -> &str {
    let behind = base.split_once("://").map_or(base, |(_, rest)| rest);
    let place = behind.split(['/', '?', '#']).next().unwrap_or_default();
    match place.find(']') {
        Some(end) => &place[..=end],
        None => place.split(':').next().unwrap_or_default(),
    }
}

impl WorldSpec {
    /// True when it needs nothing but the data folder: no Java, no server.
    pub fn is_in_the_data_folder(&self) -> bool {
        matches!(self, Self::Generated { .. } | Self::Games { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Cluster {
        Cluster {
            name: "Lab".into(),
            address: address.into(),
            ..Cluster::default()
        }
    }

    #[test]
    fn an_address_may_lack_its_scheme() {
        assert_eq!(at(" 10.0.0.7:8265/ ").base(), "http://10.0.0.7:8265");
        assert_eq!(at("https://ray.lab").base(), "https://ray.lab");
        for good in ["localhost:8265", "http://[::1]:8265", "https://ray.lab/x"] {
            assert_eq!(at(good).problem(), None, "{good}");
        }
        for bad in ["", "ftp://x", "http://", "http://me:secret@host", "a b"] {
            assert!(at(bad).problem().is_some(), "{bad:?}");
        }
    }

    #[test]
    fn only_this_computer_is_safe_without_encryption() {
        for safe in [
            "http://127.0.0.1:8265",
            "localhost:8265",
            "http://[::1]:8265",
            "https://10.0.0.7:8265",
        ] {
            assert!(!at(safe).is_in_the_clear(), "{safe}");
        }
        for open in ["10.0.0.7:8265", "http://ray.lab", "http://[fd00::1]:8265"] {
            assert!(at(open).is_in_the_clear(), "{open}");
        }
    }

    #[test]
    fn a_folder_over_there_is_a_whole_path() {
        let mut cluster = at("localhost");
        cluster.folder = "mnt/data".into();
        assert!(cluster.problem().is_some());
        cluster.folder = "/mnt/data".into();
        assert_eq!(cluster.problem(), None);
    }
}
