//! How often what turns or slides is painted anew.

use std::time::Duration;

use egui::{Context, Id, Ui};

/// A quarter of a display's rate is enough for what is small.
const USUAL: Duration = Duration::from_millis(60);

/// Where the processor paints the whole window, each picture is taken from the work that people wait for.
const SPARING: Duration = Duration::from_secs(1);

fn key() -> Id {
    Id::unique("lorekeeper motion")
}

/// From now on what turns takes as little of the processor as it can.
pub(crate) fn spare_the_processor(ctx: &Context) {
    ctx.data_mut(|data| data.insert_temp(key(), SPARING));
}

/// Has what turns painted again soon.
pub(super) fn go_on(ui: &Ui) {
    let step = ui.data(|data| data.get_temp(key()));
    ui.ctx().request_repaint_after(step.unwrap_or(USUAL));
}

/// True when the processor paints, by the name that a renderer of OpenGL gives itself.
pub(crate) fn is_processor(renderer: &str) -> bool {
    let renderer = renderer.to_lowercase();
    [
        "llvmpipe",
        "softpipe",
        "swiftshader",
        "software",
        "swrast",
        "basic render",
    ]
    .iter()
    .any(|name| renderer.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renderers_are_told_apart() {
        for name in [
            "llvmpipe (LLVM 15.0.6, 256 bits)",
            "Google SwiftShader",
            "Microsoft Basic Render Driver",
            "Apple Software Renderer",
        ] {
            assert!(is_processor(name), "{name}");
        }
        for name in [
            "Mesa Intel(R) UHD Graphics 620",
            "Apple M2",
            "NVIDIA GeForce RTX 4060/PCIe/SSE2",
        ] {
            assert!(!is_processor(name), "{name}");
        }
    }
}
