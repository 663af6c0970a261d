//! What is asked of the operating system: threads, priority, and the signal to end.

use std::num::NonZero;

/// No machine has more cores; a damaged job may name any number.
const MAX_THREADS: usize = 1024;

/// Lets the computing threads be `threads` many; 0 leaves it to the library.
pub(crate) fn use_threads(threads: usize) {
    let threads = if threads == 0 {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        cores.saturating_sub(1).max(1)
    } else {
        threads.min(MAX_THREADS)
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("compute {index}"))
        .build_global();
    if let Err(error) = pool {
        eprintln!("The number of threads could not be set: {error}");
    }
}

#[cfg(unix)]
pub(crate) use unix::{limit_memory, lower_priority, stop_on_terminate};

#[cfg(not(unix))]
pub(crate) fn lower_priority() {}

#[cfg(not(unix))]
pub(crate) fn limit_memory() {}

/// Other systems end processes without asking; closing standard input is the polite way there.
#[cfg(not(unix))]
pub(crate) fn stop_on_terminate(_stop: &lore_core::StopToken) {}

#[cfg(unix)]
#[expect(
    unsafe_code,
    reason = "priorities and signals are only reachable through libc"
)]
mod unix {
    use std::mem::MaybeUninit;
    use std::thread;

    use lore_core::StopToken;

    /// Between normal work (0) and what only runs when nothing else does (19).
    const NICE: libc::c_int = 10;

    /// Lets everything else on the machine go first, the window above all.
    pub(crate) fn lower_priority() {
        // SAFETY: setpriority reads three numbers and touches no memory of ours. Its failure is
        // harmless and therefore not looked at.
        unsafe {
            libc::setpriority(libc::PRIO_PROCESS, 0, NICE);
        }
    }

    /// Lets this process take no more memory than the machine has: what asks for more ends with an error of
    /// its own, before the system has to choose whom to end. Without effect where the system does not say
    /// how much there is.
    pub(crate) fn limit_memory() {
        // SAFETY: sysconf takes a number and gives one.
        let (pages, size) = unsafe {
            (
                libc::sysconf(libc::_SC_PHYS_PAGES),
                libc::sysconf(libc::_SC_PAGESIZE),
            )
        };
        let (Ok(pages), Ok(size)) = (u64::try_from(pages), u64::try_from(size)) else {
            return;
        };
        let bytes = pages.saturating_mul(size);
        let limit = libc::rlimit {
            rlim_cur: bytes,
            rlim_max: bytes,
        };
        // SAFETY: the pointer is to a value that lives until the call returns. Its failure leaves the
        // process as it was, and is therefore not looked at.
        unsafe {
            libc::setrlimit(libc::RLIMIT_DATA, &raw const limit);
        }
    }

    /// Turns the signal that asks a process to end into a request to save and stop. Must run before
    /// other threads start, since they inherit the mask, and after the fence is up, since the listener
    /// inherits that.
    pub(crate) fn stop_on_terminate(stop: &StopToken) {
        let mut signals = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: sigemptyset fills the set before it is read; the other two only read it. The last
        // argument may be null when the old mask is not wanted.
        let signals = unsafe {
            libc::sigemptyset(signals.as_mut_ptr());
            libc::sigaddset(signals.as_mut_ptr(), libc::SIGTERM);
            libc::pthread_sigmask(libc::SIG_BLOCK, signals.as_ptr(), std::ptr::null_mut());
            signals.assume_init()
        };
        let stop = stop.clone();
        let listener = thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                let mut signal = 0;
                // SAFETY: both pointers are to values that live until the call returns.
                while unsafe { libc::sigwait(&raw const signals, &raw mut signal) } == 0 {
                    stop.stop();
                }
            });
        if let Err(error) = listener {
            eprintln!("The signal to end cannot be heard: {error}");
        }
    }
}
