//! Pictures of every page, for people who look at them: `LOREKEEPER_SCREENS=folder`.

mod common;

use common::Window;
use egui_kittest::Harness;
use lore_protocol::Theme;
use lore_ui::backend::Sample;
use lore_ui::{PageId, Route};

/// Name, what is known, where we are.
fn scenes() -> Vec<(String, Sample, Route)> {
    let mut scenes = vec![("home-first".to_owned(), Sample::fresh(), Route::Home)];
    for page in PageId::ALL {
        let name = page.label().to_lowercase().replace(' ', "-");
        scenes.push((name, Sample::busy(), page.route()));
    }
    scenes
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the folder for pictures is chosen by whoever runs the test"
)]
fn every_page_can_be_painted() {
    let folder = std::env::var("LOREKEEPER_SCREENS").ok();
    let only = std::env::var("LOREKEEPER_SCENE").unwrap_or_default();
    for (name, sample, route) in scenes() {
        if !name.contains(&only) {
            continue;
        }
        for (theme, label) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            for size in [[1280.0, 800.0], [900.0, 620.0]] {
                let mut sample = sample.clone();
                sample.settings.theme = theme;
                let mut builder = Harness::builder().with_size(size);
                if folder.is_some() {
                    builder = builder.wgpu();
                }
                let mut window = Window::build(builder, sample, route.clone());
                window.harness.run_steps(4);
                if let Some(folder) = &folder {
                    let image = window.harness.render().unwrap();
                    let path = format!("{folder}/{name}-{label}-{}.png", size[0]);
                    image.save(path).unwrap();
                }
            }
        }
    }
}
