//! Who paints the window: a graphics processor, or the one that also does the work.

use eframe::CreationContext;
use eframe::glow::{HasContext as _, RENDERER};

use crate::widgets::motion;

/// Has what turns take less of the processor when it is the processor that paints.
pub(super) fn spare_the_processor(creation: &CreationContext<'_>) {
    if name(creation).is_some_and(|name| motion::is_processor(&name)) {
        motion::spare_the_processor(&creation.egui_ctx);
    }
}

/// The name that the renderer gives itself.
#[expect(unsafe_code, reason = "OpenGL is only reachable so")]
fn name(creation: &CreationContext<'_>) -> Option<String> {
    let gl = creation.gl.as_ref()?;
    // SAFETY: the context is the window's own and current while its application is made, and every version of
    // OpenGL and WebGL answers to RENDERER with a text.
    Some(unsafe { gl.get_parameter_string(RENDERER) })
}
