//! What is to fail. The environment variables, all with `LOREKEEPER_FAULT_` in front:
//!
//! * `PROGRAM`: the name of the program that is meant; others that it starts are left alone
//! * `UNDER`: the folder whose files are meant
//! * `CALLS`: the kinds of calls that count, with commas between them
//! * `NTH`: which of them fails, from 1; with 0 all are only written down
//! * `DEED`: `errno:N`, `half:N` (half a write, then the error), `die-before`, `die-after` or
//!   `clock:SECONDS`
//! * `LASTING`: `1` when every later call fails as well
//! * `COUNTER`: a file of eight bytes that counts for all processes together
//! * `LOG`: the file in which it is written down

use std::ffi::{CString, c_int};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::path;

/// A kind of call, by its name in `CALLS`.
pub(crate) type Call = &'static str;

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is made.
    Go,
    /// It fails with this number.
    Fail(c_int),
    /// A write takes half of what it was given; anything else fails with this number.
    Half(c_int),
    /// It is made, and the process ends.
    DieAfter,
    /// A clock is this many seconds off.
    Shift(i64),
}

#[derive(Clone, Copy)]
enum Deed {
    Errno(c_int),
    Half(c_int),
    DieBefore,
    DieAfter,
    Clock(i64),
}

struct Plan {
    under: Vec<u8>,
    calls: Vec<String>,
    nth: u64,
    deed: Deed,
    is_lasting: bool,
    counter: &'static AtomicU64,
    log: c_int,
}

static PLAN: OnceLock<Option<Plan>> = OnceLock::new();

/// Counts a call and says what becomes of it. `path` is empty where there is none.
pub(crate) fn judge(call: Call, path: &[u8]) -> Verdict {
    let Some(plan) = PLAN.get_or_init(Plan::read) else {
        return Verdict::Go;
    };
    let has_no_place = matches!(call, "spawn" | "clock");
    if !plan.calls.iter().any(|wanted| wanted == call)
        || !(has_no_place || path.starts_with(&plan.under))
    {
        return Verdict::Go;
    }
    let number = plan.counter.fetch_add(1, Ordering::SeqCst) + 1;
    if plan.nth == 0 {
        plan.note("saw", number, call, path);
        return Verdict::Go;
    }
    plan.verdict(number, call, path)
}

/// Ends the process as the system does when memory runs out.
pub(crate) fn die() -> ! {
    // SAFETY: the call takes numbers only; it does not return.
    unsafe {
        libc::kill(libc::getpid(), libc::SIGKILL);
    }
    loop {
        std::hint::spin_loop();
    }
}

impl Plan {
    fn read() -> Option<Self> {
        let get = |name: &str| std::env::var(format!("LOREKEEPER_FAULT_{name}")).ok();
        if get("PROGRAM")?.as_bytes() != path::program() {
            return None;
        }
        let deed = get("DEED")?;
        let (deed, number) = deed.split_once(':').unwrap_or((&deed, "0"));
        let number: i64 = number.parse().ok()?;
        let errno = c_int::try_from(number).unwrap_or(libc::EIO);
        Some(Self {
            under: get("UNDER")?.into_bytes(),
            calls: get("CALLS")?.split(',').map(str::to_owned).collect(),
            nth: get("NTH")?.parse().ok()?,
            deed: match deed {
                "errno" => Deed::Errno(errno),
                "half" => Deed::Half(errno),
                "die-before" => Deed::DieBefore,
                "die-after" => Deed::DieAfter,
                "clock" => Deed::Clock(number),
                _ => return None,
            },
            is_lasting: get("LASTING").is_some_and(|word| word == "1"),
            counter: shared_counter(&get("COUNTER")?)?,
            log: open(
                &get("LOG")?,
                libc::O_WRONLY | libc::O_APPEND | libc::O_CREAT,
            )?,
        })
    }

    fn verdict(&self, number: u64, call: Call, path: &[u8]) -> Verdict {
        // After half a write, the rest of it is what fails.
        let is_rest = matches!(self.deed, Deed::Half(_)) && number == self.nth + 1;
        let is_now = number == self.nth;
        if !(is_now || is_rest || (self.is_lasting && number > self.nth)) {
            return Verdict::Go;
        }
        if is_now {
            self.note("did", number, call, path);
        }
        match self.deed {
            Deed::Half(errno) if is_now => Verdict::Half(errno),
            Deed::Errno(errno) | Deed::Half(errno) => Verdict::Fail(errno),
            Deed::DieBefore => die(),
            Deed::DieAfter => Verdict::DieAfter,
            Deed::Clock(secs) => Verdict::Shift(secs),
        }
    }

    /// Writes a line down, in one call, so that those of several processes do not mix.
    fn note(&self, what: &str, number: u64, call: Call, path: &[u8]) {
        let mut line = format!("{what}\t{number}\t{call}\t").into_bytes();
        line.extend(path);
        line.push(b'\n');
        // SAFETY: the buffer is as long as is said. A lost line makes the trial one that was not
        // reached, which is reported.
        unsafe {
            libc::syscall(libc::SYS_write, self.log, line.as_ptr(), line.len());
        }
    }
}

fn open(path: &str, flags: c_int) -> Option<c_int> {
    let path = CString::new(path).ok()?;
    let flags = flags | libc::O_CLOEXEC;
    // SAFETY: the path is a C string; the rest are numbers.
    let file = unsafe {
        libc::syscall(
            libc::SYS_openat,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            0o644,
        )
    };
    c_int::try_from(file).ok().filter(|file| *file >= 0)
}

fn shared_counter(path: &str) -> Option<&'static AtomicU64> {
    let file = open(path, libc::O_RDWR)?;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping of eight bytes of a file that is at least as long; it is never unmapped.
    let place = unsafe { libc::mmap(std::ptr::null_mut(), 8, access, libc::MAP_SHARED, file, 0) };
    if place == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: the mapping starts at a page, so it is aligned, and it stays for the process's life.
    Some(unsafe { AtomicU64::from_ptr(place.cast()) })
}
