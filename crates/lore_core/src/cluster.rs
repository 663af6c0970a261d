//! Other computers that do jobs.

use serde::{Deserialize, Serialize};

use crate::{Address, ClusterId, WorldSpec};

/// A Ray cluster of one or more computers, as a person described it. What opens it is not part of this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Workers that compute for one training there; each takes as many cores as a job.
    pub workers: usize,
    /// True when the system's keychain has the token that opens it.
    pub has_token: bool,
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            id: ClusterId::default(),
            name: String::new(),
            address: String::new(),
            folder: String::new(),
            cores: 0,
            workers: 1,
            has_token: false,
        }
    }
}

impl Cluster {
    /// The most workers for one training.
    pub const MAX_WORKERS: usize = 64;

    /// The address with a scheme and without a slash at its end; as it was typed while it is none.
    pub fn base(&self) -> String {
        let typed = self.address.trim();
        Address::read(typed).map_or_else(|_none| typed.to_owned(), |address| address.http)
    }

    /// Why it cannot be used as it is written.
    pub fn problem(&self) -> Option<&'static str> {
        let typed = self.address.trim();
        if typed.contains('@') {
            return Some(
                "Leave names and passwords out of the address; there is a field for the token",
            );
        }
        if Address::read(typed).is_err() || typed.contains(char::is_whitespace) {
            return Some("Write the address of its dashboard, such as http://127.0.0.1:8265");
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
        if !(1..=Self::MAX_WORKERS).contains(&self.workers) {
            return Some("A training takes at least 1 worker and at most 64");
        }
        None
    }

    /// True when what is sent there can be read and changed on the way.
    pub fn is_in_the_clear(&self) -> bool {
        Address::read(&self.address).is_ok_and(|address| address.is_open())
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
        for open in [
            "10.0.0.7:8265",
            "http://ray.lab",
            "http://[fd00::1]:8265",
            "http://127.0.0.1.example.org",
        ] {
            assert!(at(open).is_in_the_clear(), "{open}");
        }
    }

    #[test]
    fn one_worker_trains_until_someone_says_otherwise() {
        let old: Cluster =
            serde_json::from_str(r#"{"name": "Lab", "address": "localhost"}"#).unwrap();
        assert_eq!((old.workers, old.problem()), (1, None));
        for (workers, is_good) in [(0, false), (1, true), (64, true), (65, false)] {
            let cluster = Cluster {
                workers,
                ..at("localhost")
            };
            assert_eq!(cluster.problem().is_none(), is_good, "{workers}");
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
