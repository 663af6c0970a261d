//! The core behind Tauri's webview: one command that answers, one channel that tells.
//!
//! The wire is JSON text made and read by `serde_json` at both ends; JavaScript carries it as a
//! string and never parses it, so that large numbers survive.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use lore_protocol::{ApiError, Backend, Call, Incoming, Request, RequestId};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["window", "__TAURI__", "core"])]
    async fn invoke(command: &str, arguments: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["window", "__TAURI__", "core"])]
    type Channel;

    #[wasm_bindgen(constructor, js_namespace = ["window", "__TAURI__", "core"])]
    fn new() -> Channel;

    #[wasm_bindgen(method, setter, js_name = onmessage)]
    fn set_onmessage(this: &Channel, listener: &Closure<dyn FnMut(JsValue)>);
}

type Queue = Rc<RefCell<VecDeque<Incoming>>>;

/// The core behind Tauri's webview.
pub struct TauriBackend {
    ctx: egui::Context,
    incoming: Queue,
    next_id: RequestId,
    /// Kept alive as long as the channel may call it.
    _listener: Closure<dyn FnMut(JsValue)>,
}

impl TauriBackend {
    /// Subscribes to the core; what arrives wakes `ctx`.
    pub fn new(ctx: egui::Context) -> Self {
        let incoming = Queue::default();
        let listener = listener(ctx.clone(), Rc::clone(&incoming));
        let channel = Channel::new();
        channel.set_onmessage(&listener);
        wasm_bindgen_futures::spawn_local(async move {
            let arguments = object("channel", channel.into());
            if let Err(error) = invoke("subscribe", arguments).await {
                log::error!("Could not listen to the core: {}", text_of(&error));
            }
        });
        Self {
            ctx,
            incoming,
            next_id: 0,
            _listener: listener,
        }
    }
}

impl Backend for TauriBackend {
    fn send(&mut self, request: Request) -> RequestId {
        self.next_id += 1;
        let id = self.next_id;
        let (ctx, incoming) = (self.ctx.clone(), Rc::clone(&self.incoming));
        wasm_bindgen_futures::spawn_local(async move {
            let answer = ask(&Call { id, request }).await;
            let answer = answer.unwrap_or_else(|error| Incoming::Reply {
                id,
                result: Err(error),
            });
            incoming.borrow_mut().push_back(answer);
            ctx.request_repaint();
        });
        id
    }

    fn poll(&mut self) -> Vec<Incoming> {
        self.incoming.borrow_mut().drain(..).collect()
    }
}

/// A channel message is one JSON text: something that happened.
fn listener(ctx: egui::Context, incoming: Queue) -> Closure<dyn FnMut(JsValue)> {
    Closure::new(move |message: JsValue| {
        let text = message.as_string().unwrap_or_default();
        match serde_json::from_str(&text) {
            Ok(happened) => incoming.borrow_mut().push_back(happened),
            Err(error) => log::error!("Could not read what the core said: {error}"),
        }
        ctx.request_repaint();
    })
}

async fn ask(call: &Call) -> Result<Incoming, ApiError> {
    let text = serde_json::to_string(call).map_err(unreadable)?;
    let answer = invoke("rpc", object("request", text.into()))
        .await
        .map_err(|error| ApiError {
            details: text_of(&error),
            ..ApiError::new(
                "The core of the program does not answer. Close the window and open it again.",
            )
        })?;
    let text = answer.as_string().unwrap_or_default();
    serde_json::from_str(&text).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> ApiError {
    ApiError {
        details: error.to_string(),
        ..ApiError::new(
            "The window and the core of the program do not fit together. Install the program again.",
        )
    }
}

fn object(name: &str, value: JsValue) -> JsValue {
    let object = js_sys::Object::new();
    // Setting a property of a plain object cannot fail.
    js_sys::Reflect::set(&object, &name.into(), &value).unwrap_or_default();
    object.into()
}

fn text_of(error: &JsValue) -> String {
    error.as_string().unwrap_or_else(|| format!("{error:?}"))
}
