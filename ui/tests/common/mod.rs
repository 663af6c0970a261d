//! A window without a display.

#![expect(dead_code, reason = "every test file uses a part of it")]

use egui::vec2;
use egui_kittest::{Harness, HarnessBuilder};
use lore_ui::backend::{Sample, ScriptedBackend};
use lore_ui::{LoreApp, Route};

/// The application in a window of 1280 × 800, and the core behind it.
pub struct Window {
    pub harness: Harness<'static, LoreApp>,
    pub core: ScriptedBackend,
}

impl Window {
    /// Opens a page.
    pub fn open(sample: Sample, route: Route) -> Self {
        Self::open_sized(sample, route, [1280.0, 800.0])
    }

    /// Opens a page in a window of a size.
    pub fn open_sized(sample: Sample, route: Route, size: [f32; 2]) -> Self {
        let builder = Harness::builder().with_size(vec2(size[0], size[1]));
        Self::build(builder, sample, route)
    }

    /// Opens a page in a window that is made by `builder`.
    pub fn build(builder: HarnessBuilder<LoreApp>, mut sample: Sample, route: Route) -> Self {
        // Nothing turns or slides in a test.
        sample.settings.reduced_motion = true;
        let core = ScriptedBackend::new(sample);
        let ctx = egui::Context::default();
        let mut app = LoreApp::new(&ctx, Box::new(core.clone()));
        app.go(route);
        // The harness brings a context of its own.
        let harness = builder
            .with_context_setup(|ctx| lore_ui::theme::Theme::embedded().install(ctx))
            .build_ui_state(|ui, app: &mut LoreApp| app.draw(ui), app);
        let mut window = Self { harness, core };
        window.settle();
        window
    }

    /// Lets frames pass until answers are in and nothing moves.
    pub fn settle(&mut self) {
        self.harness.run_steps(6);
    }
}
