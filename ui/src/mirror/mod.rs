//! What screen readers are told in a webview.
//!
//! egui describes every frame as an `AccessKit` tree, which the native window hands to the system. A
//! webview has no such door, and to it the interface is one canvas without words. So the tree is
//! made into a short list of things with role, name and value, the list goes to the page when it
//! changed (`web/mirror.js` keeps invisible elements that say it), and what a screen reader does to
//! an element comes back as `AccessKit` actions.

mod thing;
mod tree;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use egui::accesskit::{Action, ActionRequest, NodeId, TreeId};
use egui::{Context, Event, FullOutput, Plugin, RawInput};

pub use thing::Thing;

/// Takes the list as JSON text whenever it changed.
pub type Listener = Box<dyn FnMut(&str) + Send + Sync>;

/// Actions that a screen reader asked for, on their way to the next frame.
#[derive(Clone, Debug, Default)]
pub struct Asked(Arc<Mutex<VecDeque<ActionRequest>>>);

impl Asked {
    /// Asks for `click` or `focus` on the thing with this number; anything else is ignored.
    pub fn ask(&self, id: u64, action: &str) {
        let action = match action {
            "click" => Action::Click,
            "focus" => Action::Focus,
            _ => return,
        };
        let request = ActionRequest {
            action,
            target_tree: TreeId::ROOT,
            target_node: NodeId(id),
            data: None,
        };
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_back(request);
    }

    fn take(&self) -> Vec<ActionRequest> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.drain(..).collect()
    }
}

/// The plugin that keeps the list.
pub struct Mirror {
    tell: Listener,
    asked: Asked,
    told: String,
}

impl Mirror {
    /// Tells `tell` about every change, and does what was `asked`.
    pub fn new(tell: Listener, asked: Asked) -> Self {
        Self {
            tell,
            asked,
            told: String::new(),
        }
    }
}

impl Plugin for Mirror {
    fn debug_name(&self) -> &'static str {
        "mirror for screen readers"
    }

    fn setup(&mut self, ctx: &Context) {
        ctx.enable_accesskit();
    }

    fn input_hook(&mut self, _ctx: &Context, input: &mut RawInput) {
        let asked = self.asked.take().into_iter();
        input
            .events
            .extend(asked.map(Event::AccessKitActionRequest));
    }

    fn output_hook(&mut self, _ctx: &Context, output: &mut FullOutput) {
        let Some(update) = &output.platform_output.accesskit_update else {
            return;
        };
        let things = tree::things(update);
        let Ok(text) = serde_json::to_string(&things) else {
            return;
        };
        if text != self.told {
            (self.tell)(&text);
            self.told = text;
        }
    }
}
