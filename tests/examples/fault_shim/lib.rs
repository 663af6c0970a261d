//! Makes the system calls of a program fail. `LD_PRELOAD` puts this library before the C library;
//! the environment says which call of which program is to fail, and how (see [`plan`]).
//!
//! Only what is below one folder is touched, and the starts of processes and the clock, which have
//! no folder. Everything here talks to the kernel directly: a call of the C library would come back
//! to us.

#![cfg(target_os = "linux")]
#![expect(
    unsafe_code,
    reason = "standing in for the C library is only possible with raw pointers"
)]

mod files;
mod others;
mod path;
mod plan;
mod real;
