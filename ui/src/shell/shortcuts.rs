//! Keys that work on every page.

use egui::{Context, Key, KeyboardShortcut, Modifiers};

use super::PaletteEntry;
use crate::PageId;
use crate::command::{Command, ZoomStep};
use crate::context::Ctx;

/// Opens the list of commands.
pub(crate) const PALETTE: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::K);
/// Goes back.
pub(crate) const BACK: KeyboardShortcut = KeyboardShortcut::new(Modifiers::ALT, Key::ArrowLeft);
/// Goes forward.
pub(crate) const FORWARD: KeyboardShortcut = KeyboardShortcut::new(Modifiers::ALT, Key::ArrowRight);
/// Takes back the newest change.
pub(crate) const UNDO: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Z);
/// Makes everything larger.
pub(crate) const ZOOM_IN: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Plus);
/// The same key without Shift on most keyboards.
const ZOOM_IN_UNSHIFTED: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Equals);
/// Makes everything smaller.
pub(crate) const ZOOM_OUT: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Minus);

/// Makes everything as large as it was.
pub(crate) const ZOOM_RESET: KeyboardShortcut =
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Num0);

/// The keys of the pages, in the order of the navigation.
const PAGE_KEYS: [Key; 12] = [
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::Num4,
    Key::Num5,
    Key::Num6,
    Key::T,
    Key::Num7,
    Key::Num8,
    Key::Num9,
    Key::Num0,
    Key::Comma,
];

/// The shortcut that shows a page.
pub(crate) fn page_shortcut(page: PageId) -> KeyboardShortcut {
    let index = PageId::ALL
        .iter()
        .position(|candidate| *candidate == page)
        .expect("ALL holds every page");
    KeyboardShortcut::new(Modifiers::COMMAND, PAGE_KEYS[index])
}

/// Sends what the page's own keys ask for. They belong to the text while someone is writing.
pub(crate) fn follow_keys(ctx: &Ctx<'_>, egui: &Context, entries: &[PaletteEntry]) {
    if egui.text_edit_focused() {
        return;
    }
    for entry in entries {
        let pressed = entry
            .shortcut
            .is_some_and(|keys| egui.input_mut(|input| input.consume_shortcut(&keys)));
        if pressed {
            ctx.send(entry.command.clone());
        }
    }
}

/// The commands whose keys were pressed since the last frame.
pub(crate) fn from_keys(ctx: &Context) -> Vec<Command> {
    let writing = ctx.text_edit_focused();
    let mut commands = Vec::new();
    ctx.input_mut(|input| {
        // Before the same key without Shift.
        if input.consume_shortcut(&ZOOM_RESET) {
            commands.push(Command::Zoom(ZoomStep::Reset));
        }
        for page in PageId::ALL {
            if input.consume_shortcut(&page_shortcut(page)) {
                commands.push(Command::Go(page.route()));
            }
        }
        for (shortcut, command) in [
            (PALETTE, Command::OpenPalette),
            (ZOOM_IN, Command::Zoom(ZoomStep::In)),
            (ZOOM_IN_UNSHIFTED, Command::Zoom(ZoomStep::In)),
            (ZOOM_OUT, Command::Zoom(ZoomStep::Out)),
        ] {
            if input.consume_shortcut(&shortcut) {
                commands.push(command);
            }
        }
        // While someone is writing, these keys belong to the text.
        if writing {
            return;
        }
        for (shortcut, command) in [
            (BACK, Command::Back),
            (FORWARD, Command::Forward),
            (UNDO, Command::Undo),
        ] {
            if input.consume_shortcut(&shortcut) {
                commands.push(command);
            }
        }
    });
    commands
}
