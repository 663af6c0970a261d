//! Files, TCP ports and signals: Landlock.

use std::fs;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, NetPort, Ruleset, RulesetAttr as _,
    RulesetCreated, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope, make_bitflags,
    path_beneath_rules,
};

use lore_lab::{Calls, Needs, Programs, Reads};

/// What was tried out; kernels that know less hold less.
const KNOWN: ABI = ABI::V6;

/// Where programs find the system's settings, libraries and figures about the machine.
const SYSTEM: [&str; 12] = [
    "/app",
    "/etc",
    // Often a link to a file that stands elsewhere.
    "/etc/resolv.conf",
    "/gnu/store",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/proc",
    "/run/current-system",
    "/sys",
    "/usr",
];

/// Where programs that are started find what loads them.
const LOADERS: [&str; 7] = [
    "/gnu/store",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/usr/lib",
    "/usr/lib64",
];

/// Devices that are no hardware.
const SOURCES: [&str; 3] = ["/dev/random", "/dev/urandom", "/dev/zero"];
const SINK: &str = "/dev/null";

/// Holds this thread, and all that start from it, to what is needed.
///
/// # Errors
/// What is missing, in words.
pub(super) fn raise(needs: &Needs) -> Result<(), String> {
    let status = restrict(needs).map_err(|error| format!("files and ports: {error}."))?;
    match status {
        RulesetStatus::FullyEnforced => Ok(()),
        RulesetStatus::PartiallyEnforced => {
            Err("some uses of files, ports and signals, which need a newer Linux.".to_owned())
        }
        RulesetStatus::NotEnforced => {
            Err("files, ports and signals; this Linux has no Landlock.".to_owned())
        }
    }
}

fn restrict(needs: &Needs) -> Result<RulesetStatus, RulesetError> {
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(KNOWN))?
        .scope(Scope::from_all(KNOWN))?;
    if needs.network.calls != Calls::Anybody {
        rules = rules.handle_access(AccessNet::ConnectTcp)?;
    }
    if !needs.network.listens {
        rules = rules.handle_access(AccessNet::BindTcp)?;
    }
    let mut rules = rules.create()?;
    if let Calls::Port(port) = needs.network.calls {
        rules = rules.add_rule(NetPort::new(port, AccessNet::ConnectTcp))?;
    }
    let rules = add_places(rules, needs)?;
    Ok(rules.restrict_self()?.ruleset)
}

fn add_places(rules: RulesetCreated, needs: &Needs) -> Result<RulesetCreated, RulesetError> {
    let read = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    let run = read | AccessFs::Execute;
    let use_device = make_bitflags!(AccessFs::{ReadFile | WriteFile});
    let temporary = std::env::temp_dir();
    let folders = needs.writes.iter().chain([&temporary]);
    // The program itself is read for the names in a backtrace.
    let rules = rules
        .add_rules(path_beneath_rules(SYSTEM, read))?
        .add_rules(path_beneath_rules(std::env::current_exe(), read))?
        .add_rules(path_beneath_rules(SOURCES, read))?
        .add_rules(path_beneath_rules([SINK], use_device))?
        .add_rules(path_beneath_rules(folders.map(made), write()))?;
    let rules = match &needs.reads {
        Reads::Only(paths) => rules.add_rules(path_beneath_rules(paths, read))?,
        Reads::Anything => rules.add_rules(path_beneath_rules(["/"], read))?,
    };
    match &needs.programs {
        Programs::None => Ok(rules),
        Programs::Below(folders) => rules
            .add_rules(path_beneath_rules(LOADERS, run))?
            .add_rules(path_beneath_rules(folders, run)),
        Programs::Any => rules.add_rules(path_beneath_rules(["/"], run)),
    }
}

/// Everything one does with files and folders of one's own; no devices, sockets, pipes, links or
/// programs.
fn write() -> BitFlags<AccessFs> {
    make_bitflags!(AccessFs::{
        ReadFile | ReadDir | WriteFile | Truncate | MakeReg | MakeDir | RemoveFile | RemoveDir | Refer
    })
}

/// A folder can only be opened to the work when it is there. Where it cannot be made, the work will say
/// so itself.
fn made(folder: &PathBuf) -> &Path {
    fs::create_dir_all(folder).ok();
    folder
}
