//! Every page speaks the chosen language: what it says in English and still says in German is a name,
//! a number or what somebody wrote.

mod common;

use std::collections::BTreeSet;

use common::Window;
use egui_kittest::kittest::NodeT as _;
use lore_protocol::Language;
use lore_ui::PageId;
use lore_ui::backend::Sample;

/// Everything that is said on a page, by its label or as its text.
fn said(sample: Sample, page: PageId) -> BTreeSet<String> {
    let window = Window::open(sample, page.route());
    let root = window.harness.root();
    let mut said = BTreeSet::new();
    for node in root.children_recursive() {
        let node = node.accesskit_node();
        said.extend(node.label());
        said.extend(node.value());
    }
    said
}

/// True for what is the same in every language: names, numbers, units, short words.
fn needs_no_translation(text: &str, data: &str) -> bool {
    const SAME: &[&str] = &[
        "Name",
        "(quick look)",
        "System",
        "Export",
        "Experiment",
        "Adapter",
        "Training",
        "Form",
        "Text",
        "Alpha",
        "Normal",
        "Arm",
        "ExpRAG",
        "LoRA",
        "Laptop",
        "Lorekeeper",
        "Inter",
        "JetBrains",
        "English",
        "Deutsch",
        "MIT",
        "SIL",
        "Ctrl",
        "SmolLM2",
        "MiniLM",
        "GGUF",
        "Apache",
        "PEFT",
        "owner",
        "Trainings",
        "Episode",
    ];
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    letters < 4
        || SAME.iter().any(|word| text.contains(word))
        || data.contains(text)
        || text.contains(['_', '/'])
}

#[test]
fn every_page_speaks_german() {
    let mut missing = BTreeSet::new();
    let pages = PageId::ALL.map(|page| (Sample::busy(), page));
    let first = [
        (Sample::first_start(), PageId::Home),
        (Sample::fresh(), PageId::Datasets),
    ];
    for (sample, page) in pages.into_iter().chain(first) {
        // What somebody or something else wrote stands in the canned data.
        let data = format!("{sample:?}");
        let mut german = sample.clone();
        german.settings.language = Language::German;
        let english = said(sample, page);
        let german = said(german, page);
        missing.extend(
            english
                .intersection(&german)
                .filter(|text| !needs_no_translation(text, &data))
                .cloned(),
        );
    }
    assert!(
        missing.is_empty(),
        "assets/words_de.json lacks {} sentences:\n{}",
        missing.len(),
        missing.into_iter().collect::<Vec<_>>().join("\n")
    );
}
