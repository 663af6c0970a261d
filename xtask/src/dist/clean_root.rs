//! A Debian system with next to nothing in it, in a folder. What runs there sees neither a network nor
//! anything of this system.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::process;

/// The oldest Debian that packages are for: what is built on it runs on those after it.
const SUITE: &str = "bookworm";

/// Where programs are looked for, here and there.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The number and the name of the person who works there.
const PERSON: &str = "1000";
const NAME: &str = "ada";

/// What changes while packages come and go, and is none of theirs.
const RESTLESS: [&str; 5] = ["home", "tmp", "run", "var/cache", "var/log"];

/// See the module. The folder goes with the value.
pub(super) struct CleanRoot {
    folder: PathBuf,
}

impl CleanRoot {
    /// Makes one; takes a minute and a network.
    pub(super) fn make(folder: &Path) -> Result<Self> {
        let user = process::output(Command::new("id").arg("-u")).unwrap_or_default();
        ensure!(
            user == "0",
            "Only the administrator can make a Debian root and install packages in it"
        );
        let root = Self {
            folder: folder.to_owned(),
        };
        // One of a try that was killed.
        root.clear()?;
        fs::create_dir_all(folder)?;
        let debootstrap = ["--variant=minbase", SUITE];
        process::run(Command::new("debootstrap").args(debootstrap).arg(folder))?;
        let person = ["useradd", "--create-home", "--uid", PERSON, NAME];
        process::run(root.enter().args(person))?;
        Ok(root)
    }

    /// A program to be run there by its administrator, with a network.
    pub(super) fn enter(&self) -> Command {
        let mut command = self.sandbox();
        command.args(["--cap-add", "ALL", "--"]);
        command
    }

    /// The same without a network.
    pub(super) fn enter_alone(&self) -> Command {
        let mut command = self.sandbox();
        command.args(["--unshare-net", "--cap-add", "ALL", "--"]);
        command
    }

    /// A program to be run there by a person without a network, before the screens of this system.
    pub(super) fn work_alone(&self) -> Command {
        let mut command = self.sandbox();
        let home = format!("/home/{NAME}");
        command
            .args(["--unshare-net", "--unshare-ipc", "--cap-add", "ALL"])
            .args(["--bind-try", "/tmp/.X11-unix", "/tmp/.X11-unix"])
            .args(["--tmpfs", "/dev/shm", "--chmod", "1777", "/dev/shm"])
            .args(["--setenv", "HOME", &home, "--chdir", &home, "--"])
            .args(["setpriv", "--reuid", PERSON, "--regid", PERSON])
            .args(["--clear-groups", "--"]);
        command
    }

    fn sandbox(&self) -> Command {
        let mut command = Command::new("bwrap");
        command
            .env_clear()
            .envs([("PATH", PATH), ("LANG", "C.UTF-8"), ("HOME", "/root")])
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["--die-with-parent", "--unshare-pid", "--bind"])
            .arg(&self.folder)
            .args(["/", "--proc", "/proc", "--dev", "/dev"]);
        command
    }

    /// Puts a file there; the path is seen from there.
    pub(super) fn bring(&self, file: &Path, path: &str) -> Result<()> {
        fs::copy(file, self.path(path)).with_context(|| format!("Could not bring {path} there"))?;
        Ok(())
    }

    /// The text of a file there, none when there is no such file.
    pub(super) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }

    /// Everything that is installed there, without what changes by itself.
    pub(super) fn installed(&self) -> Result<BTreeSet<PathBuf>> {
        let mut found = BTreeSet::new();
        let mut open = vec![PathBuf::new()];
        while let Some(relative) = open.pop() {
            for entry in fs::read_dir(self.folder.join(&relative))? {
                let entry = entry?;
                let path = relative.join(entry.file_name());
                if RESTLESS.iter().any(|restless| path == Path::new(restless)) {
                    continue;
                }
                if entry.file_type()?.is_dir() {
                    open.push(path.clone());
                }
                found.insert(path);
            }
        }
        Ok(found)
    }

    /// The person's own files: each with its size in bytes.
    pub(super) fn kept(&self) -> Result<Vec<(PathBuf, u64)>> {
        let home = self.path(&format!("/home/{NAME}"));
        let mut found = Vec::new();
        let mut open = vec![home.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    open.push(entry.path());
                } else {
                    let name = entry.path().strip_prefix(&home)?.to_owned();
                    found.push((name, entry.metadata()?.len()));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path.trim_start_matches('/'))
    }

    fn clear(&self) -> Result<()> {
        // debootstrap mounts /proc there and takes it away again, unless it is killed.
        let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
        let folder = self.folder.to_string_lossy();
        ensure!(
            !mounts.contains(&format!(" {folder}/")),
            "Something is mounted in {folder}; unmount it and try again"
        );
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)
                .with_context(|| format!("Could not clear {folder}"))?;
        }
        Ok(())
    }
}

impl Drop for CleanRoot {
    fn drop(&mut self) {
        if let Err(error) = self.clear() {
            eprintln!("{error:#}");
        }
    }
}
