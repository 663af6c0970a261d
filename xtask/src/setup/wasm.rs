//! The wasm target: from rustup where it can be had, else from Debian's compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::cargo::{WASM, WasmToolchain};
use crate::place::Place;
use crate::process;

use super::packages;

/// Debian's compiler with the sources of its standard library, and a linker for wasm.
const DEBIAN: &[&str] = &["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

/// Finds a way to compile for wasm, or makes one.
pub(super) fn toolchain(place: &Place) -> Result<WasmToolchain> {
    if rustup_has_target() {
        return Ok(WasmToolchain::Rustup);
    }
    if let Some(sysroot) = cached_sysroot(place) {
        return Ok(WasmToolchain::Debian { sysroot });
    }
    eprintln!("Getting the wasm target");
    let added = process::run(
        Command::new("rustup")
            .current_dir(&place.root)
            .args(["target", "add", WASM]),
    );
    match added {
        Ok(()) => Ok(WasmToolchain::Rustup),
        Err(error) if packages::is_debian() => {
            eprintln!("rustup could not get it ({error:#}); using Debian's compiler instead");
            packages::require(DEBIAN)?;
            let sysroot = build_sysroot(place).context(
                "Could not build the standard library for wasm; `rustup target add \
                 wasm32-unknown-unknown` is the other way",
            )?;
            Ok(WasmToolchain::Debian { sysroot })
        }
        Err(error) => Err(error).context(
            "The wasm target is missing; run `rustup target add wasm32-unknown-unknown` when \
             there is a network",
        ),
    }
}

fn rustup_has_target() -> bool {
    process::output(Command::new("rustc").args(["--print", "sysroot"]))
        .is_some_and(|sysroot| has_std(Path::new(&sysroot)))
}

/// True when a sysroot holds the standard library for wasm.
fn has_std(sysroot: &Path) -> bool {
    fs::read_dir(library(sysroot)).is_ok_and(|entries| {
        entries
            .filter_map(Result::ok)
            .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
    })
}

fn library(sysroot: &Path) -> PathBuf {
    sysroot.join("lib").join("rustlib").join(WASM).join("lib")
}

/// Sysroots are kept by compiler version, so that an update of the compiler makes a new one.
fn sysroot_path(place: &Place) -> Option<PathBuf> {
    let version = process::output(Command::new("/usr/bin/rustc").arg("--version"))?;
    let number = version.split_whitespace().nth(1)?;
    Some(place.cache.join(format!("wasm-sysroot-{number}")))
}

fn cached_sysroot(place: &Place) -> Option<PathBuf> {
    let linker = Path::new("/usr/bin/wasm-ld-19").exists();
    sysroot_path(place).filter(|sysroot| linker && has_std(sysroot))
}

/// Builds the standard library through an empty crate and keeps it.
fn build_sysroot(place: &Place) -> Result<PathBuf> {
    let sysroot = sysroot_path(place).context("Debian's compiler does not answer")?;
    let scratch = place.cache.join("wasm-std-build");
    write_empty_crate(&scratch)?;
    process::run(
        Command::new("/usr/bin/cargo")
            .current_dir(&scratch)
            .args([
                "build",
                "-Zbuild-std=std,panic_abort",
                "--release",
                "--target",
                WASM,
            ])
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC", "/usr/bin/rustc")
            .env("CARGO_TARGET_DIR", scratch.join("target"))
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19"),
    )?;
    let built = scratch
        .join("target")
        .join(WASM)
        .join("release")
        .join("deps");
    let unfinished = sysroot.with_extension("part");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    let target = library(&unfinished);
    fs::create_dir_all(&target)?;
    for entry in fs::read_dir(&built)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        // Our own empty crate makes a .wasm, the standard library makes the .rlib files.
        if path
            .extension()
            .is_some_and(|extension| extension == "rlib")
        {
            fs::copy(&path, target.join(name))?;
        }
    }
    link_host_library(&unfinished)?;
    if !has_std(&unfinished) {
        bail!("no standard library came out of the build");
    }
    fs::rename(&unfinished, &sysroot)?;
    fs::remove_dir_all(&scratch)?;
    Ok(sysroot)
}

fn write_empty_crate(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src").join("lib.rs"), "")?;
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n\
                    [lib]\ncrate-type = [\"cdylib\"]\n\n[workspace]\n";
    fs::write(folder.join("Cargo.toml"), manifest)?;
    Ok(())
}

/// Build scripts and macros run on this machine and look for its library in the same sysroot.
#[cfg(unix)]
fn link_host_library(sysroot: &Path) -> Result<()> {
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let library = Path::new("/usr/lib/rustlib").join(&host);
    let link = sysroot.join("lib").join("rustlib").join(&host);
    std::os::unix::fs::symlink(library, link)?;
    Ok(())
}

#[cfg(not(unix))]
fn link_host_library(_sysroot: &Path) -> Result<()> {
    Ok(())
}
