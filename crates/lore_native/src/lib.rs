//! The interface in a native window, with the core in the same process.
//!
//! [`run`] opens the window. [`desktop`] holds what the system's desktop does for either window:
//! opening, revealing, and the words of dialogs.

pub mod desktop;
#[cfg(feature = "inspect")]
mod inspect;
mod shell_backend;
mod window;

pub use lore_ui::Start;
pub use window::{Ended, run};
