//! What the program is, and the licences of what it is made of.

use egui::{ScrollArea, Ui};

use crate::context::Ctx;
use crate::widgets::{Card, Explain as _, Icon, ListRow, card_row};

struct Part {
    name: &'static str,
    what: &'static str,
    licence: &'static str,
    text: &'static str,
}

const OFL: &str = "SIL Open Font License 1.1";

/// Things shipped with the program. The list of libraries is made by `cargo xtask licences`.
const PARTS: [Part; 4] = [
    Part {
        name: "Lorekeeper",
        what: "This program",
        licence: "MIT or Apache 2.0",
        text: "You may use, copy, change and pass on this program under the MIT licence or the \
               Apache licence 2.0, as you like. It comes without any warranty.",
    },
    Part {
        name: "Inter",
        what: "The typeface of the window",
        licence: OFL,
        text: include_str!("../../../../assets/fonts/Inter-LICENSE.txt"),
    },
    Part {
        name: "JetBrains Mono",
        what: "The typeface of what worlds and models say",
        licence: OFL,
        text: include_str!("../../../../assets/fonts/JetBrainsMono-LICENSE.txt"),
    },
    Part {
        name: "Libraries",
        what: "What others wrote and this program is built on",
        licence: "Each its own",
        text: include_str!("../../../../assets/licences.txt"),
    },
];

/// Version and licences; `open` is the licence that is shown in full.
pub(super) fn about_ui(ctx: &Ctx<'_>, ui: &mut Ui, open: &mut Option<usize>) {
    let tokens = ctx.tokens;
    let version = ctx.status().map_or("", |status| status.version.as_str());
    Card::titled("About").tight().show(ui, tokens, |ui| {
        let about = format!(
            "Lorekeeper {version} turns records of past agent episodes into better agents, on your \
             own computer. It sends nothing anywhere."
        );
        card_row(ui, tokens, |ui| ui.label(tokens.muted(about)));
        for (index, part) in PARTS.iter().enumerate() {
            let is_open = *open == Some(index);
            let row = ListRow::new(part.name)
                .subtitle(part.what)
                .icon(Icon::File)
                .note(part.licence)
                .selected(is_open)
                .show(ui, tokens)
                .explain(tokens, "Show the licence");
            if row.clicked() {
                *open = (!is_open).then_some(index);
            }
            if is_open {
                card_row(ui, tokens, |ui| {
                    ScrollArea::vertical()
                        .id_salt(part.name)
                        .max_height(220.0)
                        .show(ui, |ui| ui.label(tokens.small(part.text)));
                });
            }
        }
    });
}
