//! The way in for the webview.

use eframe::{WebOptions, WebRunner};
use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::HtmlCanvasElement;

use crate::backend::TauriBackend;
use crate::{LoreApp, Start};

/// Starts the application on a canvas; fails with a sentence when the canvas cannot draw.
#[wasm_bindgen]
pub async fn start(canvas: HtmlCanvasElement) -> Result<(), JsValue> {
    // A second start, after a reload of the script, finds the logger already there.
    drop(eframe::WebLogger::init(log::LevelFilter::Info));
    WebRunner::new()
        .start(
            canvas,
            WebOptions::default(),
            Box::new(|creation| {
                let backend = TauriBackend::new(creation.egui_ctx.clone());
                let start = Start::from_fragment(&creation.integration_info.web_info.location.hash);
                let app = LoreApp::open(creation, Box::new(backend));
                // They read what the application's own plugins leave.
                mirrored::install(&creation.egui_ctx);
                creation.egui_ctx.add_plugin(Frames);
                #[cfg(feature = "inspect")]
                inspect::install(&creation.egui_ctx);
                Ok(Box::new(app.starting(start)))
            }),
        )
        .await
}

/// Tells `web/frames.js` about every frame that is painted.
struct Frames;

impl egui::Plugin for Frames {
    fn debug_name(&self) -> &'static str {
        "frames"
    }

    fn output_hook(&mut self, _ctx: &egui::Context, _output: &mut egui::FullOutput) {
        let painted = Reflect::get(&js_sys::global(), &"lorekeeperPainted".into());
        let Some(painted) = painted.ok().and_then(|it| it.dyn_into::<Function>().ok()) else {
            return;
        };
        if let Err(error) = painted.call0(&JsValue::NULL) {
            log::error!("The page does not take frames: {error:?}");
        }
    }
}

/// Tells screen readers what the canvas shows.
pub mod mirrored {
    use std::cell::RefCell;

    use js_sys::{Function, Reflect};
    use wasm_bindgen::prelude::*;

    use crate::mirror::{Asked, Mirror};

    thread_local! {
        /// The way from the page to the next frame; the page has one thread and no other place.
        static ASKED: RefCell<Option<(egui::Context, Asked)>> = const { RefCell::new(None) };
    }

    pub(super) fn install(ctx: &egui::Context) {
        let asked = Asked::default();
        ctx.add_plugin(Mirror::new(Box::new(tell), asked.clone()));
        ASKED.set(Some((ctx.clone(), asked)));
    }

    /// What a screen reader did to an element: `click` or `focus`.
    #[wasm_bindgen]
    pub fn ask_mirrored(id: &str, action: &str) {
        ASKED.with_borrow(|asked| {
            if let (Some((ctx, asked)), Ok(id)) = (asked, id.parse()) {
                asked.ask(id, action);
                ctx.request_repaint();
            }
        });
    }

    /// Hands the list to `web/mirror.js`, if it is there.
    fn tell(list: &str) {
        let page = js_sys::global();
        let found = Reflect::get(&page, &"lorekeeperMirror".into());
        let Some(show) = found.ok().and_then(|it| it.dyn_into::<Function>().ok()) else {
            return;
        };
        if let Err(error) = show.call1(&JsValue::NULL, &list.into()) {
            log::error!("The mirror for screen readers broke: {error:?}");
        }
    }
}

/// Lets a test driver read the tree of widgets and act on it.
#[cfg(feature = "inspect")]
pub mod inspect {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use egui_inspection::{InspectionPlugin, Request};
    use js_sys::{Function, Promise};
    use wasm_bindgen::prelude::*;

    thread_local! {
        static CONTEXT: RefCell<Option<egui::Context>> = const { RefCell::new(None) };
        /// Promises that wait for an answer. They stay in the page's one thread; only their number
        /// goes into the callback, which must be `Send`.
        static WAITING: RefCell<BTreeMap<u64, Function>> = const { RefCell::new(BTreeMap::new()) };
    }

    pub(super) fn install(ctx: &egui::Context) {
        ctx.add_plugin(InspectionPlugin::new(Some("lorekeeper".into())));
        CONTEXT.set(Some(ctx.clone()));
    }

    /// `await egui_inspect('"GetTree"')` in JavaScript: a request and its answer, both JSON text.
    #[wasm_bindgen]
    pub fn egui_inspect(request: String) -> Promise {
        Promise::new(&mut |resolve, reject| {
            let ctx = CONTEXT.with_borrow(Clone::clone);
            let parsed = serde_json::from_str::<Request>(&request);
            let (Some(ctx), Ok(parsed)) = (ctx, parsed) else {
                call(&reject, "This is not a request, or nothing runs yet");
                return;
            };
            let number = WAITING.with_borrow_mut(|waiting| {
                let number = waiting.keys().next_back().map_or(0, |last| last + 1);
                waiting.insert(number, resolve);
                number
            });
            ctx.with_plugin(|plugin: &mut InspectionPlugin| {
                plugin.submit(parsed, move |response| {
                    let text = serde_json::to_string(&response).unwrap_or_default();
                    if let Some(resolve) =
                        WAITING.with_borrow_mut(|waiting| waiting.remove(&number))
                    {
                        call(&resolve, &text);
                    }
                });
            });
            ctx.request_repaint();
        })
    }

    fn call(function: &Function, text: &str) {
        if let Err(error) = function.call1(&JsValue::NULL, &text.into()) {
            log::error!("A promise could not be settled: {error:?}");
        }
    }
}
