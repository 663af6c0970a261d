//! The list of commands: everything that can be done, found by a few letters, with its shortcut.

mod entries;
mod fuzzy;

use egui::{Id, Key, KeyboardShortcut, Modal, Modifiers, ScrollArea, Ui, vec2};

use crate::command::{Command, Order};
use crate::context::Ctx;
use crate::dialog;
use crate::widgets::Icon;

/// One thing that can be done.
#[derive(Clone, Debug)]
pub(crate) struct PaletteEntry {
    /// What, in words.
    pub(crate) title: String,
    /// Where it belongs: the name of a page.
    pub(crate) area: &'static str,
    /// Its picture.
    pub(crate) icon: Icon,
    /// Its keys.
    pub(crate) shortcut: Option<KeyboardShortcut>,
    /// The command.
    pub(crate) command: Command,
}

impl PaletteEntry {
    /// Something that changes what the page in view shows.
    pub(crate) fn order(area: &'static str, title: &str, icon: Icon, order: Order) -> Self {
        Self {
            title: title.to_owned(),
            area,
            icon,
            shortcut: None,
            command: Command::Order(order),
        }
    }

    /// With keys of its own.
    pub(crate) fn keys(mut self, modifiers: Modifiers, key: Key) -> Self {
        self.shortcut = Some(KeyboardShortcut::new(modifiers, key));
        self
    }
}

/// Whether the list is open, and what is searched for.
#[derive(Debug, Default)]
pub(crate) struct Palette {
    open: bool,
    text: String,
    chosen: usize,
}

impl Palette {
    /// Opens the list, empty; closes it when it is open.
    pub(crate) fn toggle(&mut self) {
        *self = Self {
            open: !self.open,
            ..Self::default()
        };
    }

    /// Shows the list if it is open. `page_entries` are the page's own.
    pub(crate) fn ui(&mut self, ctx: &Ctx<'_>, ui: &Ui, page_entries: Vec<PaletteEntry>) {
        if !self.open {
            return;
        }
        let entries = entries::all(ctx, page_entries);
        let mut picked = None;
        let window = ui.ctx().content_rect();
        let area = Modal::default_area(Id::unique("palette"))
            .accessible_name(ctx.tokens.say("Commands"))
            .anchor(egui::Align2::CENTER_TOP, vec2(0.0, window.height() * 0.12));
        let modal = Modal::new(Id::unique("palette"))
            .area(area)
            .backdrop_color(ctx.tokens.color.surface.backdrop);
        let modal = dialog::show(modal, ui.ctx(), |ui| {
            ui.set_width(560.0_f32.min(window.width() - 60.0));
            picked = self.list_ui(ctx, ui, &entries);
        });
        if let Some(command) = picked {
            self.open = false;
            ctx.send(command);
        } else if modal.should_close() {
            self.open = false;
        }
    }

    fn list_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, entries: &[PaletteEntry]) -> Option<Command> {
        let tokens = ctx.tokens;
        let (up, down, enter) = ui.input_mut(|input| {
            (
                input.consume_key(Modifiers::NONE, Key::ArrowUp),
                input.consume_key(Modifiers::NONE, Key::ArrowDown),
                input.consume_key(Modifiers::NONE, Key::Enter),
            )
        });
        let width = ui.available_width();
        let search = crate::widgets::search_box(
            ui,
            tokens,
            &mut self.text,
            "Find a page or a command",
            width,
        );
        search.request_focus();
        if search.changed() {
            self.chosen = 0;
        }
        let matches = fuzzy::matches(&self.text, entries, tokens);
        let last = matches.len().saturating_sub(1);
        if down {
            self.chosen = if self.chosen >= last {
                0
            } else {
                self.chosen + 1
            };
        }
        if up {
            self.chosen = self.chosen.checked_sub(1).unwrap_or(last);
        }
        self.chosen = self.chosen.min(last);
        ui.add_space(tokens.space.xs);
        if matches.is_empty() {
            ui.label(tokens.muted("Nothing is called like that"));
        }
        let mut picked = None;
        ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            for (place, index) in matches.iter().enumerate() {
                let entry = &entries[*index];
                let chosen = place == self.chosen;
                let response = entries::entry_ui(ctx, ui, entry, chosen);
                if chosen && (up || down) {
                    response.scroll_to_me(None);
                }
                if response.clicked() || (chosen && enter) {
                    picked = Some(entry.command.clone());
                }
            }
        });
        picked
    }
}
