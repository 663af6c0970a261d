//! What the list of commands offers on this page, with its keys.

use egui::{Key, Modifiers};

use crate::Route;
use crate::command::Order;
use crate::shell::PaletteEntry;
use crate::widgets::Icon;

const AREA: &str = "Trajectories";

/// The entries for what is shown.
pub(super) fn of(route: &Route) -> Vec<PaletteEntry> {
    match route {
        Route::Trajectories { id: Some(_), .. } => {
            let mut entries = steps();
            entries.extend(episode());
            entries.extend(panels());
            entries
        }
        Route::Beside { .. } => {
            let mut entries = steps();
            let jump =
                PaletteEntry::order(AREA, "Show the first difference", Icon::Split, Order::Find);
            entries.push(jump.keys(Modifiers::NONE, Key::D));
            entries
        }
        _ => vec![
            entry("Search episodes", Icon::Search, Order::Find, Key::Slash),
            PaletteEntry::order(AREA, "Clear the filters", Icon::Close, Order::ClearFilters),
            PaletteEntry::order(AREA, "Export the episodes", Icon::Export, Order::Export)
                .keys(Modifiers::COMMAND, Key::E),
            PaletteEntry::order(AREA, "Show every episode", Icon::List, Order::View(0))
                .keys(Modifiers::ALT, Key::Num1),
            PaletteEntry::order(AREA, "Show bookmarks", Icon::Bookmark, Order::View(1))
                .keys(Modifiers::ALT, Key::Num2),
        ],
    }
}

fn entry(title: &str, icon: Icon, order: Order, key: Key) -> PaletteEntry {
    PaletteEntry::order(AREA, title, icon, order).keys(Modifiers::NONE, key)
}

fn steps() -> Vec<PaletteEntry> {
    vec![
        entry("Next step", Icon::Next, Order::Next, Key::J),
        entry("Previous step", Icon::Previous, Order::Previous, Key::K),
        entry("First step", Icon::ChevronUp, Order::First, Key::Home),
        entry("Last step", Icon::ChevronDown, Order::Last, Key::End),
    ]
}

fn episode() -> Vec<PaletteEntry> {
    vec![
        entry("Let the steps go by", Icon::Play, Order::Play, Key::P),
        entry("Faster", Icon::Plus, Order::Faster, Key::Period),
        entry("Slower", Icon::Clock, Order::Slower, Key::Comma),
        entry("More or less of each step", Icon::List, Order::Fold, Key::F),
        entry(
            "Find in this episode",
            Icon::Search,
            Order::Find,
            Key::Slash,
        ),
        entry("Mark this step", Icon::Bookmark, Order::Mark, Key::M),
        PaletteEntry::order(AREA, "Bookmark", Icon::Bookmark, Order::Bookmark)
            .keys(Modifiers::COMMAND, Key::D),
        PaletteEntry::order(AREA, "Copy as Markdown", Icon::Copy, Order::Copy)
            .keys(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::C),
    ]
}

fn panels() -> Vec<PaletteEntry> {
    [
        ("Show the prompt", Icon::File, Key::Num1),
        ("Show the memories", Icon::Bank, Key::Num2),
        ("Show the map", Icon::Map, Key::Num3),
        ("Show the notes", Icon::Bookmark, Key::Num4),
        (
            "Ask what it would have done otherwise",
            Icon::Split,
            Key::Num5,
        ),
    ]
    .into_iter()
    .enumerate()
    .map(|(view, (title, icon, key))| {
        PaletteEntry::order(AREA, title, icon, Order::View(view)).keys(Modifiers::ALT, key)
    })
    .collect()
}
