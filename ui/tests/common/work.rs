//! Pages on a busy program, and pictures of them: with `LOREKEEPER_SCREENS=folder` every test leaves a
//! picture of where it ended.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use lore_ui::Route;
use lore_ui::backend::Sample;

use super::Window;

pub(crate) fn open(route: Route) -> Window {
    let mut builder = Harness::builder().with_size([1280.0, 800.0]);
    if folder().is_some() {
        builder = builder.wgpu();
    }
    Window::build(builder, Sample::busy(), route)
}

fn folder() -> Option<String> {
    std::env::var("LOREKEEPER_SCREENS").ok()
}

pub(crate) fn picture(window: &mut Window, name: &str) {
    if let Some(folder) = folder() {
        let image = window
            .harness
            .render()
            .expect("a software renderer is installed");
        let path = format!("{folder}/work-{name}.png");
        image.save(path).expect("the folder is there");
    }
}

#[track_caller]
pub(crate) fn click(window: &mut Window, label: &str) {
    window.harness.get_by_label(label).click();
    window.settle();
}
