//! What can go wrong with a system call.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Numbers of the errors, as Linux has them.
mod errno {
    pub(super) const EIO: u8 = 5;
    pub(super) const EAGAIN: u8 = 11;
    pub(super) const EACCES: u8 = 13;
    pub(super) const EMFILE: u8 = 24;
    pub(super) const ENOSPC: u8 = 28;
    pub(super) const EROFS: u8 = 30;
}

/// Calls that change what is on the disk.
const WRITES: &[&str] = &[
    "create", "write", "truncate", "sync", "rename", "link", "folder", "remove",
];

/// A fault.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    /// Its words in the table.
    pub(super) name: &'static str,
    deed: Deed,
    calls: &'static [&'static str],
    is_lasting: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Errno(u8),
    Half(u8),
    DieBefore,
    DieAfter,
    Clock(i64),
}

const DAY: i64 = 24 * 3600;

/// Every fault of a call.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "killed before the call",
        deed: Deed::DieBefore,
        calls: &[
            "create", "write", "truncate", "sync", "rename", "link", "folder", "remove", "spawn",
        ],
        is_lasting: false,
    },
    Fault {
        name: "killed after the call",
        deed: Deed::DieAfter,
        calls: &[
            "create", "write", "truncate", "sync", "rename", "link", "folder", "remove", "spawn",
        ],
        is_lasting: false,
    },
    Fault {
        name: "disk full from then on",
        deed: Deed::Errno(errno::ENOSPC),
        calls: &["create", "write", "sync", "rename", "link", "folder"],
        is_lasting: true,
    },
    Fault {
        name: "disk full in the middle of a write",
        deed: Deed::Half(errno::ENOSPC),
        calls: &["write"],
        is_lasting: true,
    },
    Fault {
        name: "one write cut short",
        deed: Deed::Half(errno::EIO),
        calls: &["write"],
        is_lasting: false,
    },
    Fault {
        name: "one failure of the disk",
        deed: Deed::Errno(errno::EIO),
        calls: WRITES,
        is_lasting: false,
    },
    Fault {
        name: "one failed read",
        deed: Deed::Errno(errno::EIO),
        calls: &["read"],
        is_lasting: false,
    },
    Fault {
        name: "permission denied once",
        deed: Deed::Errno(errno::EACCES),
        calls: &["create", "read", "rename", "link", "folder", "remove"],
        is_lasting: false,
    },
    Fault {
        name: "write-protected from then on",
        deed: Deed::Errno(errno::EROFS),
        calls: &[
            "create", "write", "truncate", "rename", "link", "folder", "remove",
        ],
        is_lasting: true,
    },
    Fault {
        name: "too many open files, once",
        deed: Deed::Errno(errno::EMFILE),
        calls: &["create", "read", "spawn"],
        is_lasting: false,
    },
    Fault {
        name: "no new process, once",
        deed: Deed::Errno(errno::EAGAIN),
        calls: &["spawn"],
        is_lasting: false,
    },
    Fault {
        name: "clock jumps ten years ahead",
        deed: Deed::Clock(3653 * DAY),
        calls: &["clock"],
        is_lasting: true,
    },
    Fault {
        name: "clock jumps ten years back",
        deed: Deed::Clock(-3653 * DAY),
        calls: &["clock"],
        is_lasting: true,
    },
];

/// Only counts: for the run that finds out which calls there are.
pub(super) const NONE: Fault = Fault {
    name: "none",
    deed: Deed::Errno(errno::EIO),
    calls: &[
        "create", "read", "write", "truncate", "sync", "rename", "link", "folder", "remove",
        "spawn", "clock",
    ],
    is_lasting: false,
};

/// Where a fault strikes.
#[derive(Clone, Debug)]
pub(super) struct Strike<'a> {
    pub(super) fault: &'a Fault,
    /// Which of the fault's calls, from 1; 0 only counts.
    pub(super) nth: u64,
    /// The program that is meant.
    pub(super) program: &'a str,
}

impl Fault {
    /// True when it can befall a call of this kind.
    pub(super) fn befalls(&self, call: &str) -> bool {
        self.calls.contains(&call)
    }

    /// True when the process does not survive it.
    pub(super) fn kills(&self) -> bool {
        matches!(self.deed, Deed::DieBefore | Deed::DieAfter)
    }

    fn deed(&self) -> String {
        match self.deed {
            Deed::Errno(number) => format!("errno:{number}"),
            Deed::Half(number) => format!("half:{number}"),
            Deed::DieBefore => "die-before".to_owned(),
            Deed::DieAfter => "die-after".to_owned(),
            Deed::Clock(secs) => format!("clock:{secs}"),
        }
    }
}

impl Strike<'_> {
    /// Tells the library in `shim`, which the command will load, what to do below `under`.
    pub(super) fn arm(&self, command: &mut Command, shim: &Path, under: &Path, notes: &Notes) {
        let mut set = |name: &str, value: &OsStr| {
            command.env(format!("LOREKEEPER_FAULT_{name}"), value);
        };
        set("PROGRAM", self.program.as_ref());
        set("UNDER", under.as_ref());
        set("CALLS", self.fault.calls.join(",").as_ref());
        set("NTH", self.nth.to_string().as_ref());
        set("DEED", self.fault.deed().as_ref());
        set(
            "LASTING",
            u8::from(self.fault.is_lasting).to_string().as_ref(),
        );
        set("COUNTER", notes.counter.as_ref());
        set("LOG", notes.log.as_ref());
        command.env("LD_PRELOAD", shim);
    }
}

/// The two files by which the library counts and tells.
#[derive(Clone, Debug)]
pub(super) struct Notes {
    pub(super) counter: PathBuf,
    pub(super) log: PathBuf,
}

/// A call that the library saw or spoiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SeenCall {
    pub(super) call: String,
    pub(super) path: String,
}

impl Notes {
    /// Fresh ones in a folder.
    ///
    /// # Panics
    /// When the folder cannot be written.
    pub(super) fn in_folder(folder: &Path) -> Self {
        let notes = Self {
            counter: folder.join("counter"),
            log: folder.join("calls"),
        };
        std::fs::write(&notes.counter, [0u8; 8]).expect("writes");
        std::fs::write(&notes.log, "").expect("writes");
        notes
    }

    /// The calls noted as `what` (`saw` or `did`), in order.
    pub(super) fn calls(&self, what: &str) -> Vec<SeenCall> {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let mut calls: Vec<(u64, SeenCall)> = String::from_utf8_lossy(&text)
            .lines()
            .filter_map(|line| {
                let mut parts = line.split('\t');
                let is_meant = parts.next()? == what;
                let number = parts.next()?.parse().ok()?;
                let call = parts.next()?.to_owned();
                let path = parts.next()?.to_owned();
                is_meant.then_some((number, SeenCall { call, path }))
            })
            .collect();
        calls.sort_by_key(|(number, _)| *number);
        calls.into_iter().map(|(_, call)| call).collect()
    }
}
