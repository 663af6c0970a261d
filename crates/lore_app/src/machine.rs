//! The machine: memory, disks, cores, and processes that outlived the program.

use std::path::Path;

use sysinfo::{
    Disks, MemoryRefreshKind, Pid, Process, ProcessRefreshKind, ProcessesToUpdate, RefreshKind,
    System, UpdateKind,
};

/// Memory in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// All of it.
    pub(crate) total: u64,
    /// Not in use.
    pub(crate) available: u64,
}

/// The machine's memory.
pub(crate) fn memory() -> Memory {
    let kind = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(kind);
    Memory {
        total: system.total_memory(),
        available: system.available_memory(),
    }
}

/// Free bytes on the disk that holds `path`; `None` when the system does not say.
pub(crate) fn free_bytes(path: &Path) -> Option<u64> {
    let path = path.canonicalize().ok()?;
    let disks = Disks::new_with_refreshed_list();
    holding(&disks, &path).map(sysinfo::Disk::available_space)
}

/// How a disk is, as far as it matters to a data folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DiskFacts {
    /// On another computer.
    pub(crate) is_remote: bool,
    /// May be taken away.
    pub(crate) is_removable: bool,
}

/// File systems whose disks stand in other computers.
const REMOTE: [&str; 9] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb",
    "smbfs",
    "smb3",
    "9p",
    "afpfs",
    "fuse.sshfs",
];

/// How the disk that holds `path` is; `None` when the system does not say.
pub(crate) fn disk_facts(path: &Path) -> Option<DiskFacts> {
    let path = path.canonicalize().ok()?;
    let disks = Disks::new_with_refreshed_list();
    let disk = holding(&disks, &path)?;
    let system = disk.file_system().to_string_lossy().to_lowercase();
    Some(DiskFacts {
        is_remote: REMOTE.contains(&system.as_str()),
        is_removable: disk.is_removable(),
    })
}

fn holding<'a>(disks: &'a Disks, path: &Path) -> Option<&'a sysinfo::Disk> {
    disks
        .iter()
        .filter(|disk| path.starts_with(disk.mount_point()))
        .max_by_key(|disk| disk.mount_point().as_os_str().len())
}

/// The instruction sets of this processor that computing uses, the fastest first.
pub(crate) fn instruction_sets() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        let has = [
            (
                "AVX-512 VNNI",
                std::arch::is_x86_feature_detected!("avx512vnni"),
            ),
            ("AVX-512", std::arch::is_x86_feature_detected!("avx512f")),
            ("AVX2", std::arch::is_x86_feature_detected!("avx2")),
            ("FMA", std::arch::is_x86_feature_detected!("fma")),
        ];
        has.into_iter()
            .filter(|(_, has)| *has)
            .map(|(name, _)| name)
            .collect()
    }
    #[cfg(target_arch = "aarch64")]
    {
        vec!["NEON"]
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        Vec::new()
    }
}

/// Processes of the program `worker` that work on the data folder `data` and belong to a start of the
/// application that is over.
pub(crate) fn stray_workers(worker: &Path, data: &Path) -> Vec<u32> {
    let mut system = System::new();
    system.refresh_processes_specifics(
        ProcessesToUpdate::All,
        false,
        ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always),
    );
    let own = Pid::from_u32(std::process::id());
    let is_stray = |process: &sysinfo::Process| {
        let mut words = process.cmd().iter().map(Path::new);
        let is_worker = words.next().and_then(Path::file_name) == worker.file_name();
        // Linux lists the threads of a process like processes below it.
        let is_process = process.thread_kind().is_none();
        // One of a cluster that runs on this computer belongs to the cluster.
        let is_away = process.cmd().iter().any(|word| word == "--events");
        is_worker
            && is_process
            && !is_away
            && process.parent() != Some(own)
            && words.any(|word| word == data)
    };
    let mut pids: Vec<u32> = system
        .processes()
        .values()
        .filter(|process| is_stray(process))
        .map(|process| process.pid().as_u32())
        .collect();
    pids.sort_unstable();
    pids
}

/// Processor cores.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Threads for workers: what was chosen, or all cores of a small machine (workers run at a lower
/// priority, so the window stays quick), or all but one of a larger one.
pub(crate) fn worker_threads(chosen: usize) -> usize {
    match (chosen, cores()) {
        (0, few @ 0..=4) => few.max(1),
        (0, many) => many - 1,
        (chosen, _) => chosen,
    }
}

/// Ends a worker of an earlier run of the program, and what it started. The number alone may belong to
/// someone else by now, so the process must also name the job's file.
pub(crate) fn end_stray_worker(pid: u32, job_file: &Path) {
    let pid = Pid::from_u32(pid);
    let mut system = System::new();
    let kind = ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, kind);
    let is_stray = |process: &Process| process.cmd().iter().any(|part| Path::new(part) == job_file);
    if !system.process(pid).is_some_and(is_stray) {
        return;
    }
    log::warn!("ending worker {pid}, which outlived the program");
    system.refresh_processes_specifics(ProcessesToUpdate::All, false, kind);
    let mut group = vec![pid];
    let mut next = 0;
    while let Some(parent) = group.get(next).copied() {
        next += 1;
        let all = system.processes().values();
        let children = all.filter(|process| process.parent() == Some(parent));
        group.extend(children.map(Process::pid));
    }
    for process in group.into_iter().filter_map(|pid| system.process(pid)) {
        process.kill();
    }
}
