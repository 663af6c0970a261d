//! `cargo xtask licences`: what the libraries in the program are licensed under, for the window's About.
//!
//! The list is committed, so that building needs no further tool; `cargo xtask test` says when it is old.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::args::Args;
use crate::place::Place;
use crate::process;

/// The programs that people get.
const SHIPPED: [&str; 2] = ["lorekeeper", "lore_worker"];

/// Writes the list.
pub(crate) fn run(place: &Place, args: Args) -> Result<()> {
    args.finish()?;
    let path = path(place);
    fs::write(&path, text(place)?).with_context(|| format!("Could not write {}", path.display()))
}

/// True when the committed list is what would be written now.
pub(crate) fn is_current(place: &Place) -> Result<bool> {
    let path = path(place);
    let committed =
        fs::read_to_string(&path).with_context(|| format!("Could not read {}", path.display()))?;
    let current = committed.replace("\r\n", "\n") == text(place)?;
    if !current {
        eprintln!("The list of licences is old: `cargo xtask licences` writes it anew.");
    }
    Ok(current)
}

fn path(place: &Place) -> PathBuf {
    place.root.join("assets").join("licences.txt")
}

/// Every library on every system, by licence.
fn text(place: &Place) -> Result<String> {
    let mut command = Command::new("cargo");
    command
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(&place.root);
    let output = process::output(&mut command).context("cargo could not say what is built")?;
    let metadata: Value = serde_json::from_str(&output)?;
    let mut by_licence: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in libraries(&metadata) {
        let word = |field: &str| package[field].as_str().unwrap_or_default();
        let licence = match (word("license"), word("license_file")) {
            ("", "") => "unknown",
            ("", _) => "its own",
            (licence, _) => licence,
        };
        let entry = format!("{} {}", word("name"), word("version"));
        // Older packages part choices by a slash.
        let licence = licence.replace(" / ", " OR ").replace('/', " OR ");
        by_licence.entry(licence).or_default().insert(entry);
    }
    ensure!(!by_licence.is_empty(), "cargo named no libraries");
    let mut text = String::from(
        "Libraries that are part of Lorekeeper on one system or another, by their licences. Their \
         texts stand in the sources of each.\n",
    );
    for (licence, entries) in by_licence {
        let entries: Vec<String> = entries.into_iter().collect();
        write!(text, "\n{licence}\n{}\n", entries.join(", "))?;
    }
    Ok(text)
}

/// The packages of others that the shipped programs link, those of other systems included.
fn libraries(metadata: &Value) -> Vec<&Value> {
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let packages: BTreeMap<&str, &Value> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|package| Some((package["id"].as_str()?, package)))
        .collect();
    let mut links: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let id = node["id"].as_str().unwrap_or_default().to_owned();
        let is_linked = |link: &&Value| {
            list(&link["dep_kinds"])
                .iter()
                .any(|it| it["kind"].is_null())
        };
        let linked = list(&node["deps"]);
        let linked = linked.iter().filter(is_linked);
        links.insert(
            id,
            linked
                .filter_map(|link| Some(link["pkg"].as_str()?.to_owned()))
                .collect(),
        );
    }
    let is_shipped = |package: &Value| {
        package["name"]
            .as_str()
            .is_some_and(|it| SHIPPED.contains(&it))
    };
    let roots = packages.iter().filter(|(_, package)| is_shipped(package));
    let mut left: Vec<String> = roots.map(|(id, _)| (*id).to_owned()).collect();
    let mut reached = BTreeSet::new();
    while let Some(id) = left.pop() {
        if reached.insert(id.clone()) {
            left.extend(links.get(&id).into_iter().flatten().cloned());
        }
    }
    let of_others = |package: &&Value| !package["source"].is_null();
    let found = reached
        .iter()
        .filter_map(|id| packages.get(id.as_str()).copied());
    found.filter(of_others).collect()
}
