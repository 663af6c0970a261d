//! Calls about files.

use std::ffi::{c_char, c_int, c_uint, c_void};

use libc::{iovec, mode_t, off_t, size_t, ssize_t};

use crate::path::{named, named_at, opened};
use crate::plan::{Call, Verdict, die, judge};
use crate::real::real;

/// Makes a call, or what is to become of it.
pub(crate) fn act<T: From<i8>>(call: Call, path: &[u8], go: impl FnOnce() -> T) -> T {
    match judge(call, path) {
        Verdict::Go | Verdict::Shift(_) => go(),
        Verdict::Fail(errno) | Verdict::Half(errno) => fail(errno),
        Verdict::DieAfter => {
            go();
            die()
        }
    }
}

/// What a failed call returns.
pub(crate) fn fail<T: From<i8>>(errno: c_int) -> T {
    // SAFETY: the C library hands out a valid pointer to this thread's number.
    unsafe { *libc::__errno_location() = errno };
    T::from(-1)
}

fn opens(flags: c_int) -> Call {
    let writes = libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC;
    if flags & writes == 0 {
        "read"
    } else {
        "create"
    }
}

/// Defines one stand-in.
macro_rules! stand_in {
    ($name:ident($($arg:ident: $type:ty),*) -> $result:ty, $call:expr, $path:expr) => {
        // SAFETY (of the name and of the calls): the signature is the C library's. `open` and its
        // kin are variadic there; on Linux's 64-bit targets a fourth word is passed in the same
        // register either way, and is passed on unread. Callers keep the C library's promises,
        // above all that paths are C strings.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($arg: $type),*) -> $result {
            let real = real!($name as unsafe extern "C" fn($($type),*) -> $result);
            // SAFETY: as above.
            let path = unsafe { $path };
            // SAFETY: as above.
            act($call, &path, || unsafe { real($($arg),*) })
        }
    };
}

stand_in!(open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int, opens(flags), named(path));
stand_in!(open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int, opens(flags), named(path));
stand_in!(openat(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int,
    opens(flags), named_at(folder, path));
stand_in!(openat64(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int,
    opens(flags), named_at(folder, path));
stand_in!(ftruncate(file: c_int, length: off_t) -> c_int, "truncate", safe(opened(file)));
stand_in!(ftruncate64(file: c_int, length: off_t) -> c_int, "truncate", safe(opened(file)));
stand_in!(fsync(file: c_int) -> c_int, "sync", safe(opened(file)));
stand_in!(fdatasync(file: c_int) -> c_int, "sync", safe(opened(file)));
stand_in!(rename(from: *const c_char, to: *const c_char) -> c_int, "rename", named(to));
stand_in!(renameat(from_folder: c_int, from: *const c_char, folder: c_int, to: *const c_char) -> c_int,
    "rename", named_at(folder, to));
stand_in!(renameat2(from_folder: c_int, from: *const c_char, folder: c_int, to: *const c_char,
    flags: c_uint) -> c_int, "rename", named_at(folder, to));
stand_in!(link(from: *const c_char, to: *const c_char) -> c_int, "link", named(to));
stand_in!(linkat(from_folder: c_int, from: *const c_char, folder: c_int, to: *const c_char,
    flags: c_int) -> c_int, "link", named_at(folder, to));
stand_in!(mkdir(path: *const c_char, mode: mode_t) -> c_int, "folder", named(path));
stand_in!(unlink(path: *const c_char) -> c_int, "remove", named(path));
stand_in!(unlinkat(folder: c_int, path: *const c_char, flags: c_int) -> c_int,
    "remove", named_at(folder, path));
stand_in!(rmdir(path: *const c_char) -> c_int, "remove", named(path));
stand_in!(copy_file_range(from: c_int, from_offset: *mut off_t, to: c_int, offset: *mut off_t,
    length: size_t, flags: c_uint) -> ssize_t, "write", safe(opened(to)));
stand_in!(writev(file: c_int, parts: *const iovec, num_parts: c_int) -> ssize_t,
    "write", safe(opened(file)));

/// Marks a path that needs no promise.
///
/// # Safety
/// None is needed.
unsafe fn safe(path: Vec<u8>) -> Vec<u8> {
    path
}

/// Defines a stand-in for a write, which may take half of what it was given.
macro_rules! stand_in_for_write {
    ($name:ident($($more:ident: $type:ty),*)) => {
        // SAFETY (of the name and of the calls): the signature is the C library's; the buffer is
        // passed on unread, with the length given or a smaller one.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(
            file: c_int,
            bytes: *const c_void,
            length: size_t,
            $($more: $type),*
        ) -> ssize_t {
            type Real = unsafe extern "C" fn(c_int, *const c_void, size_t, $($type),*) -> ssize_t;
            let real = real!($name as Real);
            // SAFETY: as above.
            let write = |length| unsafe { real(file, bytes, length, $($more),*) };
            match judge("write", &opened(file)) {
                Verdict::Go | Verdict::Shift(_) => write(length),
                Verdict::Fail(errno) => fail(errno),
                Verdict::Half(errno) if length < 2 => fail(errno),
                Verdict::Half(_) => write(length / 2),
                Verdict::DieAfter => {
                    write(length);
                    die()
                }
            }
        }
    };
}

stand_in_for_write!(write());
stand_in_for_write!(pwrite(offset: off_t));
stand_in_for_write!(pwrite64(offset: off_t));
