//! The widgets this application is made of, one a file. They take data and tokens, never the store,
//! and each tells screen readers and tests its role, name and value.

mod badge;
mod bars;
mod button;
mod card;
mod choice;
mod empty;
mod field;
mod help;
mod icon;
mod layout;
mod list_row;
mod paint;
mod popup;
mod progress;
mod search;
mod segmented;
mod spinner;
mod stat;
mod switch;
mod table;
mod text_field;
mod tone;

pub use badge::Badge;
pub use bars::{CountBar, count_bar};
pub use button::Button;
pub use card::{Card, card_row};
pub use choice::choice;
pub use empty::EmptyState;
pub use field::{Field, field, field_with_help};
pub(crate) use help::term;
pub use help::{Explain, help, term_styled};
pub use icon::Icon;
pub use layout::{columns, divider, remaining_height, right_aligned, section_title, split_row};
pub use list_row::ListRow;
pub use popup::{Menu, confirm_popup, menu_item};
pub use progress::{progress_bar, progress_text, progress_ui};
pub use search::search_box;
pub use segmented::segmented;
pub use spinner::spinner;
use spinner::spinner_at;
pub use stat::stat_tile;
pub use switch::{explained_switch, switch};
pub use table::{Cell, Column, DataTable, Row, Sort, TableResponse, Width};
pub use text_field::{number_field, text_area, text_field};
pub use tone::Tone;
