//! System calls: a seccomp filter.
//!
//! Everything is allowed but what no worker has a use for. A call that is refused fails as one does that
//! the person has no right to, and nothing is killed, so that libraries take their other way.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch,
};

use lore_lab::{Calls, Needs, Network, Programs};

/// The filter's rules by the number of the call; a call without rules is refused whatever its arguments.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Other processes: looking into them, and taking over what they opened.
const OTHERS: [libc::c_long; 5] = [
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
];

/// The tree of folders, and other views of the system.
const TREE: [libc::c_long; 15] = [
    libc::SYS_chroot,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_pivot_root,
    libc::SYS_quotactl,
    libc::SYS_setns,
    libc::SYS_umount2,
    libc::SYS_unshare,
];

/// The kernel itself. The rings of `io_uring` would go around this filter.
const KERNEL: [libc::c_long; 15] = [
    libc::SYS_bpf,
    libc::SYS_delete_module,
    libc::SYS_fanotify_init,
    libc::SYS_finit_module,
    libc::SYS_init_module,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_kexec_load,
    libc::SYS_lookup_dcookie,
    libc::SYS_perf_event_open,
    libc::SYS_reboot,
    libc::SYS_syslog,
    libc::SYS_userfaultfd,
    libc::SYS_vhangup,
];

/// The machine: its names, clocks, keys and swap space.
const MACHINE: [libc::c_long; 12] = [
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_keyctl,
    libc::SYS_request_key,
    libc::SYS_setdomainname,
    libc::SYS_sethostname,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
];

/// What only this processor has.
#[cfg(target_arch = "x86_64")]
const OWN: [libc::c_long; 4] = [
    libc::SYS_ioperm,
    libc::SYS_iopl,
    libc::SYS_kexec_file_load,
    libc::SYS_modify_ldt,
];
#[cfg(not(target_arch = "x86_64"))]
const OWN: [libc::c_long; 0] = [];

/// Starting a program in the place of this one.
const PROGRAMS: [libc::c_long; 2] = [libc::SYS_execve, libc::SYS_execveat];

/// Set in the numbers by which old programs make the same calls (x32), where the kernel has them.
#[cfg(target_arch = "x86_64")]
const ALIAS: Option<i64> = Some(0x4000_0000);
#[cfg(not(target_arch = "x86_64"))]
const ALIAS: Option<i64> = None;

/// Refuses calls of this thread, and of all that start from it.
///
/// # Errors
/// What is missing, in words.
pub(super) fn raise(needs: &Needs) -> Result<(), String> {
    let apply = || seccompiler::apply_filter(&filter(needs)?);
    apply().map_err(|error| format!("system calls: {error}."))
}

fn filter(needs: &Needs) -> Result<BpfProgram, Error> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules(needs)?, SeccompAction::Allow, refuse, arch)?;
    Ok(filter.try_into()?)
}

fn rules(needs: &Needs) -> Result<Rules, Error> {
    let never = [&OTHERS[..], &TREE, &KERNEL, &MACHINE, &OWN].concat();
    let mut rules: Rules = never.into_iter().map(|call| (call, Vec::new())).collect();
    if needs.programs == Programs::None {
        rules.extend(PROGRAMS.map(|call| (call, Vec::new())));
    }
    rules.insert(libc::SYS_socket, sockets(needs.network)?);
    rules.insert(libc::SYS_ioctl, vec![typing()?]);
    if let Some(alias) = ALIAS {
        let aliases: Rules = rules
            .iter()
            .map(|(call, rules)| (call | alias, rules.clone()))
            .collect();
        rules.extend(aliases);
    }
    Ok(rules)
}

/// Which sockets are refused: all, or all but those of the internet and those that tell which addresses
/// this computer has.
fn sockets(network: Network) -> Result<Vec<SeccompRule>, Error> {
    if network.calls == Calls::Nobody && !network.listens {
        return Ok(Vec::new());
    }
    let others = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK]
        .map(|family| argument(0, SeccompCmpOp::Ne, family.unsigned_abs().into()))
        .into_iter()
        .collect::<Result<_, _>>()?;
    Ok(vec![SeccompRule::new(others)?])
}

/// Typing for the person into the terminal that the program was started from.
fn typing() -> Result<SeccompRule, Error> {
    let into = argument(1, SeccompCmpOp::Eq, libc::TIOCSTI)?;
    Ok(SeccompRule::new(vec![into])?)
}

fn argument(index: u8, compare: SeccompCmpOp, value: u64) -> Result<SeccompCondition, Error> {
    let condition = SeccompCondition::new(index, SeccompCmpArgLen::Dword, compare, value);
    Ok(condition?)
}
