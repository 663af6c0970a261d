//! The application: the two halves of a frame.

mod commands;
mod logic;
mod paint;
mod renderer;

use egui::{Context, Ui};
use lore_protocol::{Backend, JobRequest, Request, Settings, Theme as ThemeChoice};

use crate::command::CommandSender;
use crate::pages::Pages;
use crate::route::{History, Route};
use crate::shell::{Palette, Toasts, Tour, Welcome};
use crate::store::Store;
use crate::theme::Theme;

/// Under which name the way we came is kept between starts.
const STORAGE_KEY: &str = "lorekeeper.history";

/// The application without its window.
pub struct LoreApp {
    backend: Box<dyn Backend>,
    store: Store,
    theme: Theme,
    settings: Settings,
    /// The settings that egui was last told about.
    shown: Option<Settings>,
    /// The theme that the command line asked for, until someone chooses another.
    pub(crate) start_theme: Option<ThemeChoice>,
    history: History,
    /// The way we came was kept from an earlier start, maybe on another data folder.
    is_restored: bool,
    pages: Pages,
    commands: CommandSender,
    toasts: Toasts,
    palette: Palette,
    tour: Tour,
    welcome: Welcome,
    /// True once the core told the settings: until then nobody knows whether to welcome.
    settings_known: bool,
    /// The last pick that led to the page it belongs to.
    seen_pick: u64,
}

impl LoreApp {
    /// Dresses `ctx`: looks, keys, and what screen readers are told.
    pub fn prepare(ctx: &Context) {
        Theme::embedded().install(ctx);
        ctx.add_plugin(crate::dialog::Behind);
        // Zoom is a setting of ours, kept between starts.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
    }

    /// An application that talks to `backend` and paints into windows of `ctx`.
    pub fn new(ctx: &Context, mut backend: Box<dyn Backend>) -> Self {
        Self::prepare(ctx);
        // What a reloaded window missed arrives as events; the answer itself says nothing.
        backend.send(Request::Job(JobRequest::Replay { after_seq: 0 }));
        Self {
            backend,
            store: Store::default(),
            theme: Theme::embedded(),
            settings: Settings::default(),
            shown: None,
            start_theme: None,
            history: History::default(),
            is_restored: false,
            pages: Pages::default(),
            commands: CommandSender::default(),
            toasts: Toasts::default(),
            palette: Palette::default(),
            tour: Tour::default(),
            welcome: Welcome::default(),
            settings_known: false,
            seen_pick: 0,
        }
    }

    /// The application in a window, where it was when that was last closed.
    pub fn open(creation: &eframe::CreationContext<'_>, backend: Box<dyn Backend>) -> Self {
        renderer::spare_the_processor(creation);
        Self::new(&creation.egui_ctx, backend).restore(creation.storage)
    }

    /// Returns to where the window was when it was last closed or reloaded.
    pub fn restore(mut self, storage: Option<&dyn eframe::Storage>) -> Self {
        let kept = storage.and_then(|storage| storage.get_string(STORAGE_KEY));
        if let Some(history) = kept.and_then(|text| serde_json::from_str(&text).ok()) {
            self.history = history;
            self.is_restored = true;
        }
        self
    }

    /// Where we are.
    pub fn route(&self) -> &Route {
        self.history.here()
    }

    /// Shows a page.
    pub fn go(&mut self, route: Route) {
        self.is_restored = false;
        self.history.go(route);
    }

    /// What is known.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What the interface talks to.
    pub fn backend_mut(&mut self) -> &mut dyn Backend {
        self.backend.as_mut()
    }

    /// A whole frame: both halves. For tests, which have no window.
    pub fn draw(&mut self, ui: &mut Ui) {
        self.logic(&ui.ctx().clone());
        self.paint(ui);
        // What painting asked for is on its way before the frame ends.
        self.run_commands(&ui.ctx().clone());
    }
}

impl eframe::App for LoreApp {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.logic(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.paint(ui);
        self.run_commands(&ui.ctx().clone());
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        if let Ok(text) = serde_json::to_string(&self.history) {
            storage.set_string(STORAGE_KEY, text);
        }
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        // What could still be taken back is done now: nobody is left to take it back.
        for action in self.toasts.drain() {
            self.backend.send(action.request);
        }
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}
