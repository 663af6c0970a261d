//! Cargo, for this machine and for wasm.

use std::path::PathBuf;
use std::process::Command;

use crate::place::Place;

/// The wasm target's name.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// How wasm is compiled here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WasmToolchain {
    /// rustup has the target.
    Rustup,
    /// Debian's compiler with a standard library built from its sources.
    Debian {
        /// The sysroot that holds that library.
        sysroot: PathBuf,
    },
}

/// Cargo for this machine.
pub(crate) fn native(place: &Place, command: &str) -> Command {
    let mut cargo = bare(place);
    cargo
        .arg(command)
        .env("CARGO_TARGET_DIR", &place.target)
        .env("CARGO_TERM_COLOR", "never");
    cargo
}

/// Cargo for wasm, in a target directory of its own: the compiler may be another one.
pub(crate) fn wasm(place: &Place, toolchain: &WasmToolchain, command: &str) -> Command {
    let mut cargo = bare(place);
    cargo
        .args([command, "--target", WASM])
        .env("CARGO_TARGET_DIR", place.target.join("wasm"))
        .env("CARGO_TERM_COLOR", "never");
    if let WasmToolchain::Debian { sysroot } = toolchain {
        cargo
            .env("RUSTC", "/usr/bin/rustc")
            .env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
                format!("--sysroot={}", sysroot.display()),
            )
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19");
    }
    cargo
}

/// The cargo that started this program, in the checkout.
fn bare(place: &Place) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(program);
    cargo.current_dir(&place.root);
    // Set by `cargo run` for this program and of no meaning to another build.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
        cargo.env_remove(name);
    }
    cargo
}
