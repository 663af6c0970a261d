//! Ways to the core: through Tauri in the webview, and from a script in tests. The native window
//! brings its own.

mod sample;
mod scripted;

#[cfg(target_arch = "wasm32")]
mod tauri;

pub use sample::Sample;
pub use scripted::{Answerer, ScriptedBackend};
#[cfg(target_arch = "wasm32")]
pub use tauri::TauriBackend;
