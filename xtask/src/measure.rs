//! What Linux says of a process and of all that it started.

use std::fs;

/// The process and everything it started.
pub(crate) fn tree(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(pid) = found.get(next).copied() {
        next += 1;
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
            continue;
        };
        for task in tasks.flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            found.extend(
                children
                    .split_whitespace()
                    .filter_map(|pid| pid.parse::<u32>().ok()),
            );
        }
    }
    found
}

/// Processor time of the tree so far, in seconds.
pub(crate) fn processor_secs(root: u32) -> f64 {
    let ticks: u64 = tree(root)
        .into_iter()
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/stat")).ok())
        .filter_map(|stat| {
            // The name in parentheses may hold spaces; time in user mode is field 14, in the kernel 15.
            let (_, rest) = stat.rsplit_once(')')?;
            let mut fields = rest.split_whitespace().skip(11);
            let user: u64 = fields.next()?.parse().ok()?;
            let kernel: u64 = fields.next()?.parse().ok()?;
            Some(user + kernel)
        })
        .sum();
    // Linux counts in hundredths for programs, whatever it does inside.
    ticks as f64 / 100.0
}

/// Memory of these processes in bytes, what they share counted once.
pub(crate) fn memory_bytes(processes: &[u32]) -> u64 {
    processes
        .iter()
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok())
        .filter_map(|rollup| {
            let line = rollup.lines().find(|line| line.starts_with("Pss:"))?;
            let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
            Some(kib * 1024)
        })
        .sum()
}

/// What a process has open: files and the like, and sockets among them.
pub(crate) fn num_open(pid: u32) -> (usize, usize) {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return (0, 0);
    };
    let targets = entries
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok());
    targets.fold((0, 0), |(all, sockets), target| {
        let is_socket = target.to_string_lossy().starts_with("socket:");
        (all + 1, sockets + usize::from(is_socket))
    })
}
