//! What surrounds every page: navigation, the bar above, the list of commands, toasts.

mod drop_overlay;
mod job_indicator;
mod nav;
mod palette;
mod shortcuts;
mod toasts;
mod top_bar;
mod tour;
mod welcome;

pub(crate) use drop_overlay::drop_overlay_ui;
pub(crate) use nav::nav_ui;
pub(crate) use palette::{Palette, PaletteEntry};
pub(crate) use shortcuts::{follow_keys, from_keys, page_shortcut};
pub(crate) use toasts::{Toast, Toasts, Undo};
pub(crate) use top_bar::top_bar_ui;
pub(crate) use tour::Tour;
pub(crate) use welcome::Welcome;
