//! What must fail behind the fence, tried for real. A fence cannot be taken down again, so that every
//! try runs in a process of its own: this test program, started once more.

use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;

use lore_core::{DataDir, TrainConfig};
use lore_lab::{Calls, LabOptions, Needs, Network, Programs, Reads};
use lore_protocol::{JobSpec, PROTOCOL_VERSION, TrainWork, Work};

/// Names the folder that a try plays in, for the process that tries.
const FOLDER: &str = "LOREKEEPER_FENCE_FOLDER";

/// Names a port that somebody listens on.
const PORT: &str = "LOREKEEPER_FENCE_PORT";

/// A data folder, a stranger's folder beside it, and somebody who listens.
struct Scene {
    folder: tempfile::TempDir,
    listener: TcpListener,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for part in ["data/jobs/j", "data/models", "outside", "temporary"] {
            fs::create_dir_all(folder.path().join(part)).unwrap();
        }
        fs::write(folder.path().join("data/models/weights"), "numbers").unwrap();
        fs::write(folder.path().join("outside/secret"), "a key").unwrap();
        let link = folder.path().join("data/models/link");
        std::os::unix::fs::symlink(folder.path().join("outside/secret"), link).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self { folder, listener }
    }

    /// Has the test called `name` run behind a fence of its own.
    #[track_caller]
    fn run(&self, name: &str) {
        let port = self.listener.local_addr().unwrap().port();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", "--nocapture", "--test-threads", "1"])
            .arg(format!("fence::tests::{name}"))
            .env(FOLDER, self.folder.path())
            .env(PORT, port.to_string())
            // What lies there may be read and written by all; the stranger's folder must not.
            .env("TMPDIR", self.folder.path().join("temporary"))
            .output()
            .unwrap();
        let (said, errors) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{said}\n{errors}");
        assert!(said.contains("1 passed"), "{said}");
        for line in errors.lines().filter(|line| line.starts_with("skipped")) {
            eprintln!("{line}");
        }
    }
}

/// The folder, in a process that tries; `None` in any other.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os(FOLDER).map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: this runs in a process that another test starts");
    }
    folder
}

/// What a job of no special kind needs in that folder.
fn plain(folder: &Path) -> Needs {
    let data = DataDir::new(folder.join("data"));
    Needs {
        reads: Reads::Only(vec![data.root().to_owned()]),
        writes: vec![data.jobs().join("j")],
        ..Needs::default()
    }
}

/// Raises the fence; true when it holds files and ports as well. System calls must be held wherever these
/// tests are compiled.
fn raise(needs: &Needs) -> bool {
    let gaps = super::gaps(needs);
    for gap in &gaps {
        assert!(!gap.starts_with("system calls"), "{gap}");
        eprintln!("skipped: not fenced here are {gap}");
    }
    gaps.is_empty()
}

#[track_caller]
fn refused<T>(tried: io::Result<T>) {
    let Err(error) = tried else {
        panic!("it was allowed");
    };
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}");
}

fn port() -> u16 {
    std::env::var(PORT).unwrap().parse().unwrap()
}

#[expect(
    unsafe_code,
    reason = "calls that no library offers are made by number"
)]
fn call(number: libc::c_long) -> io::Result<()> {
    // SAFETY: every argument is zero, which none of the calls tried here takes for an address that it
    // writes to; each of them is refused before it does anything, or fails on its arguments.
    let result = unsafe { libc::syscall(number, 0, 0, 0, 0, 0, 0) };
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

#[test]
fn a_plain_job_reaches_nothing_else() {
    Scene::new().run("behind_a_plain_fence");
}

#[test]
#[ignore = "runs in a process that another test starts"]
fn behind_a_plain_fence() {
    let Some(folder) = folder() else { return };
    let holds_files = raise(&plain(&folder));
    for number in [
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_mount,
        libc::SYS_unshare,
        libc::SYS_bpf,
        libc::SYS_keyctl,
        libc::SYS_perf_event_open,
        libc::SYS_io_uring_setup,
        libc::SYS_userfaultfd,
        libc::SYS_kexec_load,
    ] {
        let error = call(number).expect_err("no worker needs it");
        assert_eq!(error.raw_os_error(), Some(libc::EPERM), "call {number}");
    }
    refused(TcpStream::connect(("127.0.0.1", port())));
    refused(TcpListener::bind("127.0.0.1:0"));
    refused(std::net::UdpSocket::bind("127.0.0.1:0"));
    refused(UnixDatagram::unbound());
    refused(Command::new("/bin/true").status());
    if !holds_files {
        return;
    }
    let read = fs::read_to_string(folder.join("data/models/weights"));
    assert_eq!(read.unwrap(), "numbers");
    fs::write(folder.join("data/jobs/j/mine"), "kept").unwrap();
    fs::write(std::env::temp_dir().join("mine"), "for now").unwrap();
    fs::read_to_string("/proc/meminfo").unwrap();

    refused(fs::read_to_string(folder.join("outside/secret")));
    refused(fs::read_to_string(folder.join("data/models/link")));
    refused(fs::read_dir(folder.join("outside")));
    refused(fs::read_dir("/root"));
    refused(fs::write(folder.join("outside/stolen"), "numbers"));
    refused(fs::write(folder.join("data/models/weights"), "others"));
    refused(fs::remove_file(folder.join("data/models/weights")));
    let (mine, outside) = (folder.join("data/jobs/j/mine"), folder.join("outside/x"));
    assert!(
        fs::rename(&mine, &outside).is_err(),
        "nothing is carried out"
    );
    assert!(fs::hard_link(folder.join("outside/secret"), folder.join("data/jobs/j/in")).is_err());
}

#[test]
fn a_job_that_fetches_calls_but_does_not_listen() {
    Scene::new().run("behind_a_fence_with_calls");
}

#[test]
#[ignore = "runs in a process that another test starts"]
fn behind_a_fence_with_calls() {
    let Some(folder) = folder() else { return };
    let mut needs = plain(&folder);
    needs.network = Network {
        calls: Calls::Anybody,
        listens: false,
    };
    let holds_ports = raise(&needs);
    TcpStream::connect(("127.0.0.1", port())).unwrap();
    // Doors of other programs on this computer: the desktop's, the key keeper's.
    refused(UnixDatagram::unbound());
    if holds_ports {
        refused(TcpListener::bind("127.0.0.1:0"));
    }
}

#[test]
fn a_job_with_a_server_s_model_calls_that_server_only() {
    Scene::new().run("behind_a_fence_with_a_server");
}

#[test]
#[ignore = "runs in a process that another test starts"]
fn behind_a_fence_with_a_server() {
    let Some(folder) = folder() else { return };
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut needs = plain(&folder);
    needs.network.calls = Calls::Port(port());
    let holds_ports = raise(&needs);
    TcpStream::connect(("127.0.0.1", port())).unwrap();
    refused(UnixDatagram::unbound());
    if holds_ports {
        refused(TcpStream::connect(stranger.local_addr().unwrap()));
        refused(TcpListener::bind("127.0.0.1:0"));
    }
}

/// A training, with further workers that compute for it.
fn training(assistants: usize) -> JobSpec {
    let work = Work::Train(TrainWork {
        adapter: "a".into(),
        name: "A".into(),
        model: "m".into(),
        config: TrainConfig::default(),
        dataset: "d".into(),
        unseen_types: Vec::new(),
        bank: None,
        trials: None,
    });
    JobSpec {
        version: PROTOCOL_VERSION,
        id: "j".into(),
        title: "Train".into(),
        experiment: None,
        resources: work.resources(),
        work,
        cluster: None,
        after: Vec::new(),
        created_ms: 1,
        code_version: "test".into(),
        threads: 1,
        assistants,
    }
}

#[test]
fn a_training_is_reached_only_when_it_is_shared_out() {
    Scene::new().run("behind_the_fence_of_a_training");
    Scene::new().run("behind_the_fence_of_a_shared_training");
}

#[test]
#[ignore = "runs in a process that another test starts"]
fn behind_the_fence_of_a_training() {
    let Some(folder) = folder() else { return };
    let data = DataDir::new(folder.join("data"));
    raise(&Needs::of_job(&training(0), &data, &LabOptions::default()).unwrap());
    refused(TcpStream::connect(("127.0.0.1", port())));
    refused(TcpListener::bind("0.0.0.0:0"));
    refused(std::net::UdpSocket::bind("0.0.0.0:0"));
}

#[test]
#[ignore = "runs in a process that another test starts"]
fn behind_the_fence_of_a_shared_training() {
    let Some(folder) = folder() else { return };
    let data = DataDir::new(folder.join("data"));
    let holds_ports = raise(&Needs::of_job(&training(1), &data, &LabOptions::default()).unwrap());
    TcpListener::bind("0.0.0.0:0").unwrap();
    // It asks the system by which way others come.
    std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    refused(UnixDatagram::unbound());
    if holds_ports {
        refused(TcpStream::connect(("127.0.0.1", port())));
    }
}

#[test]
fn whoever_computes_for_a_training_calls_it_and_writes_nothing() {
    Scene::new().run("behind_the_fence_of_an_assistant");
}

#[test]
#[ignore = "runs in a process that another test starts"]
fn behind_the_fence_of_an_assistant() {
    let Some(folder) = folder() else { return };
    let data = DataDir::new(folder.join("data"));
    let needs = Needs::of_assistant(&training(1), &data, &LabOptions::default()).unwrap();
    let holds_files = raise(&needs);
    TcpStream::connect(("127.0.0.1", port())).unwrap();
    refused(UnixDatagram::unbound());
    refused(Command::new("/bin/true").status());
    if !holds_files {
        return;
    }
    refused(TcpListener::bind("127.0.0.1:0"));
    fs::read_to_string(folder.join("data/models/weights")).unwrap();
    refused(fs::read_dir(folder.join("outside")));
    refused(fs::write(folder.join("data/jobs/j/mine"), "kept"));
}

#[test]
fn a_world_in_java_starts_java_and_nothing_else() {
    if lore_env_has_java() {
        Scene::new().run("behind_a_fence_with_java");
    } else {
        eprintln!("skipped: there is no Java here");
    }
}

/// What the worker finds itself; the tests do not link the worlds.
fn lore_env_has_java() -> bool {
    let data = DataDir::new("/nowhere");
    let needs = Needs::of_questions(&data, &LabOptions::default());
    matches!(needs.programs, Programs::Below(_))
}

#[test]
#[ignore = "runs in a process that another test starts"]
fn behind_a_fence_with_java() {
    let Some(folder) = folder() else { return };
    let asked = Needs::of_questions(&DataDir::new(folder.join("data")), &LabOptions::default());
    let Programs::Below(homes) = &asked.programs else {
        panic!("Java was there a moment ago");
    };
    let java = homes[0].join("bin/java");
    let mut needs = plain(&folder);
    needs.programs = asked.programs.clone();
    needs.network = asked.network;
    let holds_files = raise(&needs);
    let status = Command::new(java).arg("-version").status();
    assert!(status.unwrap().success(), "Java runs behind the fence");
    TcpListener::bind("127.0.0.1:0").unwrap();
    if holds_files {
        refused(Command::new("/usr/bin/env").status());
    }
}

#[test]
fn nobody_else_is_signalled() {
    Scene::new().run("behind_a_fence_with_signals");
}

#[test]
#[ignore = "runs in a process that another test starts"]
#[expect(unsafe_code, reason = "signals are only reachable through libc")]
fn behind_a_fence_with_signals() {
    let Some(folder) = folder() else { return };
    if !raise(&plain(&folder)) {
        return;
    }
    // SAFETY: signal 0 is no signal; it is only asked whether one could be sent.
    let asked = unsafe { libc::kill(libc::getppid(), 0) };
    assert_eq!(asked, -1, "the window is no business of a worker");
}
