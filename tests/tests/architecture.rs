//! The shape of the house: who may use whom, and what must not stand where.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Every workspace crate and the workspace crates it may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("lore_core", &[]),
    ("lore_protocol", &["lore_core"]),
    ("lore_env", &["lore_core"]),
    ("lore_llm", &["lore_core"]),
    ("lore_bank", &["lore_core"]),
    ("lore_agent", &["lore_core"]),
    ("lore_data", &["lore_core"]),
    ("lore_train", &["lore_core", "lore_llm"]),
    (
        "lore_lab",
        &[
            "lore_core",
            "lore_protocol",
            "lore_env",
            "lore_llm",
            "lore_bank",
            "lore_agent",
            "lore_data",
            "lore_train",
        ],
    ),
    ("lore_worker", &["lore_core", "lore_protocol", "lore_lab"]),
    (
        "lore_app",
        &["lore_core", "lore_protocol", "lore_bank", "lore_data"],
    ),
    ("lore_ui", &["lore_core", "lore_protocol"]),
    (
        "lore_native",
        &["lore_core", "lore_protocol", "lore_ui", "lore_app"],
    ),
    (
        "lorekeeper",
        &[
            "lore_core",
            "lore_protocol",
            "lore_ui",
            "lore_app",
            "lore_native",
        ],
    ),
];

/// Crates that may use anything: they look at the system from outside.
const OUTSIDE: &[&str] = &["lore_tests", "xtask"];

/// Heavy crates and the only workspace crates that may name them.
const OWNERS: &[(&str, &[&str])] = &[
    ("candle-", &["lore_llm", "lore_train"]),
    ("lancedb", &["lore_bank"]),
    ("arrow", &["lore_bank"]),
    ("lance", &["lore_bank"]),
    ("tauri", &["lorekeeper"]),
    ("egui", &["lore_ui", "lore_native"]),
    ("eframe", &["lore_ui", "lore_native"]),
    ("plotters", &["lore_lab"]),
];

/// What the crates that compile to wasm32 must not call.
const NOT_IN_WASM: &[&str] = &[
    "std::fs",
    "Instant",
    "std::thread",
    "thread::spawn",
    "tokio",
];

/// The longest source file, tests not counted.
const MAX_LINES: usize = 500;

struct Crate {
    name: String,
    folder: PathBuf,
    manifest: String,
    /// Names of what it uses, tests included only where they are the point.
    uses: BTreeSet<String>,
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .expect("tests/ stands in the workspace")
        .into()
}

/// The workspace as cargo sees it.
fn crates() -> Vec<Crate> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {errors}");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("is JSON");
    let text = |value: &Value| value.as_str().expect("is text").to_owned();
    let list = |value: &Value| value.as_array().expect("is a list").clone();
    list(&metadata["packages"])
        .iter()
        .map(|package| {
            let manifest_path = PathBuf::from(text(&package["manifest_path"]));
            Crate {
                name: text(&package["name"]),
                folder: manifest_path.parent().expect("in a folder").into(),
                manifest: fs::read_to_string(&manifest_path).expect("reads"),
                uses: list(&package["dependencies"])
                    .iter()
                    .filter(|dependency| dependency["kind"] != "dev")
                    .map(|dependency| text(&dependency["name"]))
                    .collect(),
            }
        })
        .collect()
}

/// Rust files below `folder`, with their text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.map(|entry| entry.expect("is listed").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = fs::read_to_string(&path).expect("is text");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The part of a file that ships: everything before its tests, comments left out.
fn shipped(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .enumerate()
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
}

#[track_caller]
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn crates_use_only_what_stands_below_them() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut faults = Vec::new();
    let crates = crates();
    let ours: BTreeSet<&str> = crates.iter().map(|krate| krate.name.as_str()).collect();
    for krate in &crates {
        if OUTSIDE.contains(&krate.name.as_str()) {
            continue;
        }
        let Some(may) = allowed.get(krate.name.as_str()) else {
            faults.push(format!("{} is not in the table", krate.name));
            continue;
        };
        let ours_used = krate
            .uses
            .iter()
            .filter(|used| ours.contains(used.as_str()));
        for used in ours_used.filter(|used| !may.contains(&used.as_str())) {
            faults.push(format!("{} must not use {used}", krate.name));
        }
    }
    none(&faults);
}

#[test]
fn heavy_crates_have_one_owner() {
    let mut faults = Vec::new();
    for krate in crates() {
        for (heavy, owners) in OWNERS {
            let is_owner = owners.contains(&krate.name.as_str());
            let is_outside = OUTSIDE.contains(&krate.name.as_str());
            if is_owner || is_outside {
                continue;
            }
            for used in krate.uses.iter().filter(|used| used.starts_with(heavy)) {
                faults.push(format!("{} must not name {used}", krate.name));
            }
        }
    }
    none(&faults);
}

#[test]
fn no_window_links_candle() {
    let crates = crates();
    let uses: BTreeMap<&str, &BTreeSet<String>> = crates
        .iter()
        .map(|krate| (krate.name.as_str(), &krate.uses))
        .collect();
    for start in ["lore_app", "lore_ui", "lore_native", "lorekeeper"] {
        let mut reached = BTreeSet::from([start]);
        let mut left = vec![start];
        while let Some(name) = left.pop() {
            for used in uses.get(name).into_iter().copied().flatten() {
                if uses.contains_key(used.as_str()) && reached.insert(used) {
                    left.push(used);
                }
                assert!(
                    !used.starts_with("candle"),
                    "{start} links candle by {name}"
                );
            }
        }
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let without: Vec<String> = crates()
        .into_iter()
        .filter(|krate| !krate.manifest.contains("[lints]\nworkspace = true"))
        .map(|krate| format!("{} lacks [lints] workspace = true", krate.name))
        .collect();
    none(&without);
}

#[test]
fn every_crate_has_its_row_in_the_architecture() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page is there");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with('|')).collect();
    let missing: Vec<String> = crates()
        .into_iter()
        .map(|krate| format!("`{}`", krate.name))
        .filter(|name| !rows.iter().any(|row| row.contains(name)))
        .collect();
    none(&missing);
}

#[test]
fn no_file_is_too_long() {
    let mut faults = Vec::new();
    for krate in crates() {
        for (path, text) in sources(&krate.folder) {
            let num_lines = shipped(&text).count();
            if num_lines > MAX_LINES {
                faults.push(format!("{} has {num_lines} lines", path.display()));
            }
        }
    }
    none(&faults);
}

#[test]
fn what_compiles_to_wasm_touches_no_system() {
    let mut faults = Vec::new();
    for folder in ["crates/lore_core/src", "crates/lore_protocol/src", "ui/src"] {
        for (path, text) in sources(&root().join(folder)) {
            for (number, line) in shipped(&text) {
                for word in NOT_IN_WASM.iter().filter(|word| line.contains(**word)) {
                    faults.push(format!("{}:{number} names {word}", path.display()));
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn colours_have_names() {
    let theme = root().join("ui/src/theme");
    let literal = [
        "Color32::from_",
        "Color32::RED",
        "Color32::WHITE",
        "Color32::BLACK",
    ];
    let mut faults = Vec::new();
    for (path, text) in sources(&root().join("ui/src")) {
        if path.starts_with(&theme) || path == theme.with_extension("rs") {
            continue;
        }
        for (number, line) in shipped(&text) {
            if literal.iter().any(|word| line.contains(word)) {
                faults.push(format!(
                    "{}:{number} has a colour of its own",
                    path.display()
                ));
            }
        }
    }
    none(&faults);
}

#[test]
fn libraries_do_not_print() {
    let mut faults = Vec::new();
    for (path, text) in sources(&root().join("crates")) {
        if path
            .components()
            .any(|part| part.as_os_str() == "lore_worker")
        {
            continue;
        }
        for (number, line) in shipped(&text) {
            if line.trim_start().starts_with("println!") || line.contains("dbg!(") {
                faults.push(format!("{}:{number} prints", path.display()));
            }
        }
    }
    none(&faults);
}
