//! The native window.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use eframe::NativeOptions;
use lore_app::{App, Waker};
use lore_protocol::{Request, Response, SettingsRequest, SettingsResponse, ShellEvent};
use lore_ui::{LoreApp, Start};

use crate::shell_backend::ShellBackend;

/// How long workers may save when the window closes.
const PATIENCE: Duration = Duration::from_secs(20);

/// The icon, 256 pixels wide.
const ICON: &[u8] = include_bytes!("../../../icons/256x256.png");

/// How the window ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A person closed it.
    Closed,
    /// A person wants the program to start again.
    Restart,
}

/// Opens the window on files that were `opened` with the program, and returns when it is closed and the
/// core has ended. Must be called on the main thread.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the window owns the core until it is closed"
)]
pub fn run(app: Arc<App>, start: Start, opened: Vec<String>) -> Result<Ended> {
    let icon = eframe::icon_data::from_png_bytes(ICON).context("The icon is damaged")?;
    let options = NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Lorekeeper")
            .with_app_id("dev.lorekeeper.app")
            .with_icon(icon)
            .with_inner_size([1280.0, 860.0])
            .with_min_inner_size([720.0, 480.0])
            .with_drag_and_drop(true),
        persistence_path: state_file(&app),
        ..NativeOptions::default()
    };
    let core = Arc::clone(&app);
    let restarts = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&restarts);
    let result = eframe::run_native(
        "Lorekeeper",
        options,
        Box::new(move |creation| {
            let window = Window::new(creation, core, start, (opened, asked));
            Ok(Box::new(window))
        }),
    );
    app.shut_down(PATIENCE);
    // eframe's errors cannot cross threads, so only their words are kept.
    result.map_err(|error| {
        anyhow!("{error}").context("Could not open the window. Is there a screen, and is it free?")
    })?;
    Ok(if restarts.load(Ordering::Relaxed) {
        Ended::Restart
    } else {
        Ended::Closed
    })
}

/// Size, place and page of the window are kept with the data they belong to.
fn state_file(app: &App) -> Option<std::path::PathBuf> {
    match app.request(Request::Settings(SettingsRequest::Status)) {
        Ok(Response::Settings(SettingsResponse::Status(status))) => {
            Some(std::path::Path::new(&status.data_dir).join("window.ron"))
        }
        _ => None,
    }
}

/// The interface, and the files that are held over it.
struct Window {
    ui: LoreApp,
    core: Arc<App>,
    num_hovering: usize,
}

impl Window {
    fn new(
        creation: &eframe::CreationContext<'_>,
        core: Arc<App>,
        start: Start,
        (opened, restarts): (Vec<String>, Arc<AtomicBool>),
    ) -> Self {
        let context = creation.egui_ctx.clone();
        let wake: Waker = Arc::new(move || context.request_repaint());
        let context = creation.egui_ctx.clone();
        let restart = move || {
            restarts.store(true, Ordering::Relaxed);
            context.send_viewport_cmd(egui::ViewportCommand::Close);
        };
        let backend = ShellBackend::new(Arc::clone(&core), wake, Box::new(restart));
        let ui = LoreApp::open(creation, Box::new(backend)).starting(start);
        #[cfg(feature = "inspect")]
        if let Some(data) = state_file(&core).and_then(|file| Some(file.parent()?.to_owned()))
            && let Err(error) = crate::inspect::install(&creation.egui_ctx, &data)
        {
            log::error!("Test drivers cannot look in: {error:#}");
        }
        if !opened.is_empty() {
            core.notice(ShellEvent::Dropped { paths: opened });
        }
        Self {
            ui,
            core,
            num_hovering: 0,
        }
    }

    /// Tells the interface about files in the same words as the webview's shell does.
    fn notice_files(&mut self, context: &egui::Context) {
        let (num_hovering, dropped) = context.input(|input| {
            let dropped: Vec<String> = input
                .raw
                .dropped_files
                .iter()
                .filter_map(|file| file.path().to_str().map(str::to_owned))
                .collect();
            (input.raw.hovered_files.len(), dropped)
        });
        if num_hovering != self.num_hovering {
            self.num_hovering = num_hovering;
            self.core.notice(ShellEvent::Hover {
                count: num_hovering,
            });
        }
        if !dropped.is_empty() {
            self.core.notice(ShellEvent::Dropped { paths: dropped });
        }
    }
}

impl eframe::App for Window {
    fn logic(&mut self, context: &egui::Context, frame: &mut eframe::Frame) {
        self.notice_files(context);
        eframe::App::logic(&mut self.ui, context, frame);
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.ui.ui(ui, frame);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        self.ui.save(storage);
    }

    fn on_exit(&mut self, gl: Option<&eframe::glow::Context>) {
        self.ui.on_exit(gl);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        self.ui.clear_color(visuals)
    }

    fn persist_egui_memory(&self) -> bool {
        self.ui.persist_egui_memory()
    }
}
