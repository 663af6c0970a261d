//! The programs of a trial, and how they are run.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    /// `fault_driver`.
    pub driver: PathBuf,
    /// The library that makes calls fail.
    pub shim: PathBuf,
    /// The worker that pretends.
    pub fake_worker: PathBuf,
    /// The real worker, when it is built.
    pub worker: Option<PathBuf>,
    /// The starter models, when they are on this machine.
    pub models: Option<PathBuf>,
}

impl Programs {
    /// As cargo lays them into the folder of a profile.
    ///
    /// # Errors
    /// A sentence about what is missing.
    pub fn in_folder(folder: &Path, models: Option<PathBuf>) -> Result<Self, String> {
        let there = |name: &str| {
            let path = folder.join(name);
            path.exists().then_some(path)
        };
        let must = |name: &str| {
            there(name).ok_or_else(|| {
                format!("{name} is not built; run: cargo build --workspace --bins --examples")
            })
        };
        Ok(Self {
            driver: must("fault_driver")?,
            shim: must("examples/libfault_shim.so")?,
            fake_worker: must("fake_worker")?,
            worker: there("lore_worker"),
            models: models.filter(|folder| folder.is_dir()),
        })
    }

    /// The driver on a data folder, with a worker.
    pub(super) fn drive(&self, what: &str, data: &Path, worker: &Path) -> Command {
        let mut command = Command::new(&self.driver);
        command.arg(what).arg("--data").arg(data);
        command.arg("--worker").arg(worker);
        if worker != self.fake_worker
            && let Some(models) = &self.models
        {
            command.arg("--models").arg(models);
        }
        command
    }
}

/// What came of a program.
pub(super) struct Ended {
    /// `None` when it did not end in time and was ended.
    pub(super) status: Option<ExitStatus>,
    /// What it said.
    pub(super) output: String,
    /// Its other words.
    pub(super) errors: String,
}

/// A program that runs, its words going into two files.
pub(super) struct Running {
    pub(super) child: Child,
    folder: PathBuf,
}

impl Running {
    /// Starts the command; its words go into files in `folder`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub(super) fn start(mut command: Command, folder: &Path) -> Self {
        let file = |name: &str| File::create(folder.join(name)).expect("a file");
        command
            .stdin(Stdio::null())
            .stdout(file("output"))
            .stderr(file("errors"));
        Self {
            child: command.spawn().expect("the program starts"),
            folder: folder.to_owned(),
        }
    }

    /// What it said so far.
    pub(super) fn output(&self) -> String {
        fs::read_to_string(self.folder.join("output")).unwrap_or_default()
    }

    /// Waits for it, at most `patience`.
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub(super) fn wait(mut self, patience: Duration) -> Ended {
        let deadline = Instant::now() + patience;
        let mut status = None;
        while status.is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
            status = self.child.try_wait().expect("it can be waited for");
        }
        if status.is_none() {
            self.child.kill().expect("it can be ended");
            self.child.wait().expect("it can be waited for");
        }
        let errors = fs::read(self.folder.join("errors")).unwrap_or_default();
        Ended {
            status,
            output: self.output(),
            errors: String::from_utf8_lossy(&errors).into_owned(),
        }
    }
}

/// Processes that name `data` in their command line.
pub(super) fn processes_of(data: &Path) -> Vec<u32> {
    let is_own = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let wanted = data.as_os_str().as_encoded_bytes();
        line.windows(wanted.len()).any(|part| part == wanted)
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(is_own).collect()
}

/// Sends a signal to one process.
pub(super) fn signal(pid: u32, name: &str) {
    let mut kill = Command::new("kill");
    kill.args([name, &pid.to_string()]).stderr(Stdio::null());
    // It may have ended by itself.
    kill.status().ok();
}

/// Copies a folder with everything in it.
///
/// # Panics
/// When it cannot be read or written.
pub(super) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("makes a folder");
    for entry in fs::read_dir(from).expect("can be read").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copies");
        }
    }
}
