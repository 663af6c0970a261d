//! Calls without a file: starting a process, and reading the clock.

use std::ffi::{c_char, c_int};

use libc::{clockid_t, pid_t, posix_spawn_file_actions_t, posix_spawnattr_t, timespec};

use crate::files::act;
use crate::path::named;
use crate::plan::{Verdict, die, judge};
use crate::real::real;

type Spawn = unsafe extern "C" fn(
    *mut pid_t,
    *const c_char,
    *const posix_spawn_file_actions_t,
    *const posix_spawnattr_t,
    *const *mut c_char,
    *const *mut c_char,
) -> c_int;

macro_rules! stand_in_for_spawn {
    ($name:ident) => {
        // SAFETY (of the name and of the call): the signature is the C library's, and everything
        // is passed on as it came.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(
            pid: *mut pid_t,
            path: *const c_char,
            actions: *const posix_spawn_file_actions_t,
            attributes: *const posix_spawnattr_t,
            args: *const *mut c_char,
            environment: *const *mut c_char,
        ) -> c_int {
            let real = real!($name as Spawn);
            // SAFETY: as above.
            let go = || unsafe { real(pid, path, actions, attributes, args, environment) };
            // SAFETY: the path is a C string.
            let path = unsafe { named(path) };
            match judge("spawn", &path) {
                Verdict::Go | Verdict::Shift(_) => go(),
                // This one returns its number.
                Verdict::Fail(errno) | Verdict::Half(errno) => errno,
                Verdict::DieAfter => {
                    go();
                    die()
                }
            }
        }
    };
}

stand_in_for_spawn!(posix_spawn);
stand_in_for_spawn!(posix_spawnp);

// SAFETY (of the name and of the call): the signature is the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn fork() -> pid_t {
    let real = real!(fork as unsafe extern "C" fn() -> pid_t);
    // SAFETY: as above.
    act("spawn", b"", || unsafe { real() })
}

// SAFETY (of the name and of the call): the signature is the C library's; the time is changed only
// where the C library has just written one.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    let real = real!(clock_gettime as unsafe extern "C" fn(clockid_t, *mut timespec) -> c_int);
    // SAFETY: as above.
    let result = unsafe { real(clock, time) };
    if clock == libc::CLOCK_REALTIME
        && result == 0
        && let Verdict::Shift(secs) = judge("clock", b"")
    {
        // SAFETY: the call succeeded, so the pointer is good.
        let time = unsafe { &mut *time };
        // Before 1970 there are no times that programs expect.
        time.tv_sec = time.tv_sec.saturating_add(secs).max(0);
    }
    result
}
