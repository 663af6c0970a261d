//! How memories are mixed while training, so that an adapter does not lean on good ones; wherever a
//! training that shows memories is described.

use egui::Ui;
use lore_core::{MemoryCount, MemoryMix};

use crate::context::Ctx;
use crate::widgets::{Card, Field, choice, explained_switch, field_with_help, number_field};

/// The card.
pub(crate) fn memory_mix_ui(ctx: &Ctx<'_>, ui: &mut Ui, mix: &mut MemoryMix) {
    let subtitle = "A model that always saw good memories fails where there are none. What an episode shows \
                    is drawn anew in every pass over the data";
    Card::titled("Memories while training")
        .subtitle(subtitle)
        .show(ui, ctx.tokens, |ui| {
            let about = Field {
                label: "Episodes without memories",
                help: "Known as memory dropout",
                note: "This share of episodes is learned without help, so that the model can do without, too",
            };
            share_ui(ctx, ui, &mut mix.without, about);
            count_ui(ctx, ui, &mut mix.count);
            explained_switch(
                ui,
                ctx.tokens,
                &mut mix.shuffled,
                "In random order",
                "Otherwise the best stands first, and a model may trust the place instead of reading",
            );
            let about = Field {
                label: "Unrelated memories",
                help: "Taken from what was found for other episodes. An episode is never shown itself, nor \
                       another of the same game, nor one with the same text",
                note: "This share of memories is replaced by ones of another kind of task, so that the model \
                       learns to ignore what does not help",
            };
            share_ui(ctx, ui, &mut mix.unrelated, about);
        });
}

/// A share, written as people say it: in per cent.
fn share_ui(ctx: &Ctx<'_>, ui: &mut Ui, share: &mut f64, about: Field<'_>) {
    let mut percent = *share * 100.0;
    let changed = field_with_help(ui, ctx.tokens, about, |ui| {
        number_field(ui, ctx.tokens, &mut percent, 0.0..=100.0, "%", about.label)
    })
    .changed();
    if changed {
        *share = percent / 100.0;
    }
}

fn count_ui(ctx: &Ctx<'_>, ui: &mut Ui, count: &mut MemoryCount) {
    let about = Field {
        label: "Memories shown",
        help: "A number drawn for each episode makes a model used to many memories and to few",
        note: match count {
            MemoryCount::All => "Every episode shows all that was found for it, as in the paper",
            MemoryCount::FromOne => "Each episode shows the best few, at least one",
            MemoryCount::FromNone => "Each episode shows the best few, and sometimes none",
        },
    };
    let choices = MemoryCount::ALL.map(|count| (count, count_words(count).to_owned()));
    field_with_help(ui, ctx.tokens, about, |ui| {
        choice(ui, ctx.tokens, count, &choices, about.label)
    });
}

fn count_words(count: MemoryCount) -> &'static str {
    match count {
        MemoryCount::All => "Always all of them",
        MemoryCount::FromOne => "From one to all, by chance",
        MemoryCount::FromNone => "From none to all, by chance",
    }
}
