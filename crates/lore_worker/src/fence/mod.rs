//! The fence: a worker gets the least of the computer that its work needs.
//!
//! Workers read what strangers wrote: models, data sets, games, replies of servers. Whoever finds a hole
//! in one of those parsers stands in front of this. It goes up after the job was read and before any of
//! its inputs is touched, and cannot be taken down again; programs that a worker starts are inside, too.
//! What the work needs is written down in [`lore_lab::Needs`].
//!
//! | on Linux | allowed |
//! |---|---|
//! | reading | system libraries and settings, `/proc`, `/sys`, the data folder, models, what the job names |
//! | writing | the job's folder, the part of the data folder it adds to, the folder it exports into, temporary files |
//! | the network | nothing; calls for jobs that fetch or that play on a server, and only to the port of a
//! server whose model plays; Java worlds also listen; a training that is shared out listens, and those who
//! compute for it call |
//! | programs | none; Java for worlds in Java; Python for installing one |
//! | system calls | what no worker needs is refused: debugging, mounting, tracing, keys, kernel modules, clocks |
//! | signals | only to itself and to what it started |
//!
//! Memory is held to what the machine has ([`crate::os::limit_memory`]).
//!
//! **What is not fenced:** the processor; which computer a job calls once it may call; what the
//! long-lived worker and the installation of a Java world read, since nobody knows it beforehand; and
//! other systems than Linux, where workers have the rights of the person who started the program. Linux
//! before 5.13 refuses system calls only, before 6.7 does not tell TCP ports apart, and before 6.12 lets
//! signals through. What is missing stands in the worker's log, once.

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod calls;
#[cfg(target_os = "linux")]
mod files;
#[cfg(test)]
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod tests;

use lore_lab::Needs;

/// Puts the fence up around this thread and all that start from it. Where the system cannot, the work is
/// done without, and the log says so.
pub(crate) fn raise(needs: &Needs) {
    for gap in gaps(needs) {
        eprintln!("Not fenced: {gap}");
    }
}

/// Raises every part that the system has, and says what is missing.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
fn gaps(needs: &Needs) -> Vec<String> {
    // In this order: afterwards, places can still be looked up, but no calls be made for it.
    let parts = [files::raise(needs), calls::raise(needs)];
    parts.into_iter().filter_map(Result::err).collect()
}

#[cfg(all(
    target_os = "linux",
    not(any(target_arch = "x86_64", target_arch = "aarch64"))
))]
fn gaps(needs: &Needs) -> Vec<String> {
    let calls = "system calls; this processor's are not known.".to_owned();
    files::raise(needs)
        .err()
        .into_iter()
        .chain([calls])
        .collect()
}

#[cfg(not(target_os = "linux"))]
fn gaps(_needs: &Needs) -> Vec<String> {
    vec!["files, network and system calls; only Linux offers this to every program.".to_owned()]
}
