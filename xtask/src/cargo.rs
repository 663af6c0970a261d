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
    // `cargo run` says what program this is. Build scripts that read it (ring's does) would run again
    // whenever cargo is called from elsewhere, and the whole database would be compiled anew.
    for (name, _) in std::env::vars_os() {
        let told = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if told {
            cargo.env_remove(name);
        }
    }
    cargo
}
