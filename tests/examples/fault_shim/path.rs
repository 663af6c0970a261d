//! Which file a call is about.

use std::ffi::{CStr, c_char, c_int};

/// The path as the program wrote it; empty for none.
///
/// # Safety
/// `path` is null or a C string.
pub(crate) unsafe fn named(path: *const c_char) -> Vec<u8> {
    if path.is_null() {
        return Vec::new();
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(path) }.to_bytes().to_vec()
}

/// The path below an open folder.
///
/// # Safety
/// `path` is null or a C string.
pub(crate) unsafe fn named_at(folder: c_int, path: *const c_char) -> Vec<u8> {
    // SAFETY: as the caller promises.
    let name = unsafe { named(path) };
    if folder == libc::AT_FDCWD || name.first() == Some(&b'/') {
        return name;
    }
    let mut whole = opened(folder);
    whole.push(b'/');
    whole.extend(name);
    whole
}

/// The path of an open file, as the kernel knows it; empty for none.
pub(crate) fn opened(file: c_int) -> Vec<u8> {
    link(format!("/proc/self/fd/{file}\0").as_bytes())
}

/// The program of this process.
pub(crate) fn program() -> Vec<u8> {
    let mut path = link(b"/proc/self/exe\0");
    let start = path.iter().rposition(|byte| *byte == b'/');
    path.split_off(start.map_or(0, |slash| slash + 1))
}

/// Where a link points; `name` ends with a zero.
fn link(name: &[u8]) -> Vec<u8> {
    let mut place = vec![0u8; 4096];
    // SAFETY: the name ends with a zero, and the buffer is as long as is said.
    let length =
        unsafe { libc::readlink(name.as_ptr().cast(), place.as_mut_ptr().cast(), place.len()) };
    place.truncate(usize::try_from(length).unwrap_or(0));
    place
}
