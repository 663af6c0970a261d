//! `meeting.json`: where the worker that leads a training waits for those that assist it.
//!
//! The file stands in the job's folder as long as the training runs, and only its owner may read it: it holds
//! the token that lets one take part.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use lore_core::Secret;
use lore_train::Crew;

use crate::files::{read_json, write_private};
use crate::random::random_text;
use crate::{Job, LabOptions};

/// The file in the job's folder.
const FILE: &str = "meeting.json";

/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// Addresses that are tried: no leader has more.
const MAX_ADDRESSES: usize = 8;

/// How long an address may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// An address in a network that there is none of, set aside for examples (RFC 5737): the way there leads
/// through the network that others are in.
const ELSEWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);

/// Where to go, and what to show there.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Meeting {
    addresses: Vec<SocketAddr>,
    /// What lets one take part.
    pub(crate) token: Secret,
}

impl Meeting {
    /// Where the training of the job in `folder` is; `None` when it does not wait for anybody.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        // Half a file is as good as none: it is looked at again.
        read_json(&folder.join(FILE)).ok()
    }

    /// Goes there.
    pub(crate) fn connect(&self) -> Option<TcpStream> {
        let mut addresses = self.addresses.iter().take(MAX_ADDRESSES);
        addresses.find_map(|address| TcpStream::connect_timeout(address, PATIENCE).ok())
    }
}

/// A training that others can come to. Dropping it closes the door and takes the note away.
pub(crate) struct OpenMeeting {
    /// Those who came.
    pub(crate) crew: Crew,
    note: PathBuf,
}

impl OpenMeeting {
    /// Opens one when the job says that it has assistants. Where that is not possible, the work is done without
    /// them.
    pub(crate) fn of(job: &mut Job<'_>) -> Option<Self> {
        if !job.spec.is_shared_out() {
            return None;
        }
        let opened = Self::open(&job.folder(), job.options);
        opened
            .map_err(|error| {
                job.relay.warn(format!(
                    "Other workers cannot take part, so this one does it all: {error:#}"
                ));
            })
            .ok()
    }

    fn open(folder: &Path, options: &LabOptions) -> Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))
            .context("This computer does not let others call it.")?;
        let port = listener.local_addr()?.port();
        let token = Secret::new(random_text(TOKEN_BYTES)?);
        let meeting = Meeting {
            addresses: own_addresses(options.cluster)
                .into_iter()
                .map(|address| SocketAddr::new(address, port))
                .collect(),
            token: token.clone(),
        };
        let crew = Crew::open(listener, token)?;
        let note = folder.join(FILE);
        write_private(&note, &serde_json::to_vec(&meeting)?)?;
        Ok(Self { crew, note })
    }
}

impl Drop for OpenMeeting {
    fn drop(&mut self) {
        // The note first: who is sent home and finds none knows that it is over. One that cannot be taken away
        // leads to where nobody listens.
        std::fs::remove_file(&self.note).ok();
    }
}

/// By which addresses others reach this computer: by that which leads to `cluster`, where one is known, by that
/// which leads to the rest of the world, and on this computer itself.
fn own_addresses(cluster: Option<SocketAddr>) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    for target in cluster.into_iter().chain([ELSEWHERE]) {
        let address = address_towards(target).filter(|it| !it.is_loopback());
        addresses.extend(address.filter(|it| !addresses.contains(it)));
    }
    addresses.push(Ipv4Addr::LOCALHOST.into());
    addresses
}

/// The address from which this computer would send something to `target`. Nothing is sent.
fn address_towards(target: SocketAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))).ok()?;
    socket.connect(target).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_leads_to_the_meeting_and_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let open = OpenMeeting::open(folder.path(), &LabOptions::default()).unwrap();
        let meeting = Meeting::read(folder.path()).unwrap();
        assert!(meeting.connect().is_some());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let note = std::fs::metadata(folder.path().join(FILE)).unwrap();
            assert_eq!(note.permissions().mode() & 0o777, 0o600);
        }
        drop(open);
        assert!(Meeting::read(folder.path()).is_none());
        assert!(meeting.connect().is_none(), "nobody listens any more");
    }

    #[test]
    fn a_computer_is_known_by_the_way_to_the_others() {
        let cluster = SocketAddr::from((Ipv4Addr::LOCALHOST, 6379));
        for cluster in [None, Some(cluster)] {
            let addresses = own_addresses(cluster);
            assert_eq!(addresses.last(), Some(&IpAddr::V4(Ipv4Addr::LOCALHOST)));
            assert!(addresses.len() <= 2, "{addresses:?}");
            assert!(!addresses.contains(&Ipv4Addr::UNSPECIFIED.into()));
        }
    }
}
