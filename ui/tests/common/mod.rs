//! A window without a display.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "every test file uses a part of it"
)]

pub(crate) mod work;

use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, HarnessBuilder};
use lore_ui::backend::{Sample, ScriptedBackend};
use lore_ui::{LoreApp, Route};

/// The application in a window, and the core behind it.
pub(crate) struct Window {
    pub(crate) harness: Harness<'static, LoreApp>,
    pub(crate) core: ScriptedBackend,
}

impl Window {
    /// Opens a page in a window of 1280 × 800.
    pub(crate) fn open(sample: Sample, route: Route) -> Self {
        Self::build(work::builder(), sample, route)
    }

    /// Opens a page in a window that is made by `builder`.
    pub(crate) fn build(builder: HarnessBuilder<LoreApp>, sample: Sample, route: Route) -> Self {
        Self::build_on(builder, ScriptedBackend::new(sample), route)
    }

    /// Opens a page in front of a core that may have been told more than the sample.
    pub(crate) fn open_on(core: ScriptedBackend, route: Route) -> Self {
        Self::build_on(work::builder(), core, route)
    }

    fn build_on(builder: HarnessBuilder<LoreApp>, core: ScriptedBackend, route: Route) -> Self {
        // Nothing turns or slides in a test.
        core.change(|sample| sample.settings.reduced_motion = true);
        let ctx = egui::Context::default();
        let mut app = LoreApp::new(&ctx, Box::new(core.clone()));
        app.go(route);
        // The harness brings a context of its own.
        let harness = builder
            .with_context_setup(LoreApp::prepare)
            .build_ui_state(|ui, app: &mut LoreApp| app.draw(ui), app);
        let mut window = Self { harness, core };
        window.settle();
        window
    }

    /// Lets frames pass until answers are in and nothing moves.
    pub(crate) fn settle(&mut self) {
        self.harness.run_steps(6);
    }

    /// Clicks the one widget called `label`.
    pub(crate) fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.settle();
    }

    /// Clicks the first widget whose name contains `label`.
    pub(crate) fn click_first(&mut self, label: &str) {
        let found = self.harness.get_all_by_label_contains(label).next();
        found.expect("asked for by label").click();
        self.settle();
    }

    /// Writes into the field called `label`.
    pub(crate) fn write(&mut self, label: &str, text: &str) {
        self.harness.get_by_label(label).focus();
        self.settle();
        self.harness.get_by_label(label).type_text(text);
        self.settle();
    }

    /// True when a widget is called `label`, or says it.
    pub(crate) fn shows(&self, label: &str) -> bool {
        self.harness
            .query_all_by_label_contains(label)
            .next()
            .is_some()
    }

    /// The page that is shown.
    pub(crate) fn route(&self) -> Route {
        self.harness.state().route().clone()
    }
}
