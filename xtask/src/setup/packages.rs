//! Packages of the system.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process;

/// Needed to build and to open the window.
pub(crate) const BUILD: &[&str] = &[
    "build-essential",
    "pkg-config",
    "protobuf-compiler",
    "libprotobuf-dev",
    "cmake",
    "mold",
    "libwebkit2gtk-4.1-dev",
    "libgtk-3-dev",
    "librsvg2-dev",
    "libxdo-dev",
    "libssl-dev",
    "python3-pip",
];

/// Needed by the tests on top: page tests draw with a software Vulkan.
pub(crate) const TESTS: &[&str] = &["mesa-vulkan-drivers"];

/// Needed to take pictures of the windows without a screen.
pub(crate) const SCREENS: &[&str] = &[
    "xvfb",
    "xauth",
    "openbox",
    "imagemagick",
    "libgl1-mesa-dri",
    "fonts-dejavu-core",
    "dbus",
    "at-spi2-core",
    "xdotool",
];

/// Needed to read the webview's page from outside, on top of those for pictures.
pub(crate) const JOURNEYS: &[&str] = &["webkit2gtk-driver"];

/// Needed to try a package in a clean root, on top of those for pictures.
pub(crate) const PACKAGES: &[&str] = &["bubblewrap", "debootstrap"];

/// Installs those of `wanted` that are missing on Debian and its relatives. Elsewhere nothing is
/// installed; the build itself then says what it misses.
pub(crate) fn require(wanted: &[&str]) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    if !is_debian() {
        eprintln!(
            "This is not Debian or Ubuntu: if the build stops, install what these packages hold: {}",
            wanted.join(" ")
        );
        return Ok(());
    }
    let missing: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|package| !is_installed(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("Installing packages of the system: {}", missing.join(" "));
    install(&missing).with_context(|| {
        format!(
            "Could not install packages; run `apt-get install {}` as administrator and try again",
            missing.join(" ")
        )
    })
}

/// Where apt is.
pub(crate) fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists() && Path::new("/usr/bin/apt-get").exists()
}

fn is_installed(package: &str) -> bool {
    // A pip that came with another Python does as well.
    if package == "python3-pip" && process::output(&mut pip_probe()).is_some() {
        return true;
    }
    let query = ["-W", "-f=${db:Status-Abbrev}", package];
    process::output(Command::new("dpkg-query").args(query))
        .is_some_and(|status| status.starts_with("ii"))
}

fn pip_probe() -> Command {
    let mut probe = Command::new("python3");
    probe.args(["-m", "pip", "--version"]);
    probe
}

fn install(packages: &[&str]) -> Result<()> {
    process::run(apt()?.arg("update"))?;
    process::run(
        apt()?
            .args(["install", "--yes", "--no-install-recommends"])
            .args(packages),
    )
}

/// `apt-get`, through sudo when we are not the administrator.
fn apt() -> Result<Command> {
    let user = process::output(Command::new("id").arg("-u")).unwrap_or_default();
    let mut command = if user == "0" {
        Command::new("apt-get")
    } else if process::exists("sudo", "--version") {
        let mut sudo = Command::new("sudo");
        sudo.args(["--preserve-env=DEBIAN_FRONTEND", "apt-get"]);
        sudo
    } else {
        bail!("packages can be installed by the administrator only");
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    Ok(command)
}
