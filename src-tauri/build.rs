//! Tauri's build step, and a page to embed before the real one is built.

use std::fs;
use std::path::Path;

const PLACEHOLDER: &str = "<!doctype html><meta charset=\"utf-8\"><title>Lorekeeper</title>\
    <p>The page is not built yet. Run <code>cargo xtask run</code>.</p>\n";

fn main() {
    let dist = Path::new("../ui/dist");
    let page = dist.join("index.html");
    if !page.exists() {
        fs::create_dir_all(dist).expect("the checkout must be writable");
        fs::write(&page, PLACEHOLDER).expect("the checkout must be writable");
    }
    // A file that is new in the folder would otherwise not be embedded.
    println!("cargo:rerun-if-changed={}", dist.display());
    tauri_build::build();
}
