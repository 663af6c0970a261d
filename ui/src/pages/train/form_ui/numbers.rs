//! Every number of a recipe, each with a sentence.

use egui::Ui;
use lore_core::prompt::MemoryFormat;
use lore_core::{DatasetInfo, OutcomeFilter};

use crate::context::Ctx;
use crate::format;
use crate::pages::train::form::Form;
use crate::parts::{memory_mix_ui, number, train_numbers_ui};
use crate::widgets::{Card, Field, choice, field_with_help, number_field, segmented, switch};

/// The cards of all numbers, when they are wanted.
pub(super) fn show(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    if !form.advanced {
        return;
    }
    train_numbers_ui(ctx, ui, &mut form.config);
    Card::titled("Chance").show(ui, ctx.tokens, |ui| {
        number!(
            ctx,
            ui,
            form.config.seed,
            0..=u64::MAX / 2,
            "",
            "Seed",
            "The same seed gives the same adapter, byte for byte"
        );
    });
    if form.with_memory {
        memory_ui(ctx, ui, form);
        memory_mix_ui(ctx, ui, &mut form.config.memory_mix);
    }
    if let Some(dataset) = form.dataset_of(ctx) {
        types_ui(ctx, ui, form, dataset);
    }
    form.note_change();
}

fn memory_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    let tokens = ctx.tokens;
    let retrieval = &mut form.retrieval;
    Card::titled("Memories").show(ui, tokens, |ui| {
        number!(
            ctx,
            ui,
            retrieval.k,
            1..=16,
            "",
            "Memories per episode",
            "How many similar past episodes are shown"
        );
        number!(
            ctx,
            ui,
            retrieval.token_budget,
            0..=16_384,
            "tokens",
            "Room for memories",
            "Memories that do not fit are dropped, the worst first; 0 means no limit"
        );
        let about = Field {
            label: "Written",
            help: "Plain text costs fewer tokens than a chat",
            note: "",
        };
        field_with_help(ui, tokens, about, |ui| {
            let choices = MemoryFormat::ALL.map(|it| (it, it.label()));
            segmented(ui, tokens, &mut retrieval.format, &choices, "Written")
        });
        let about = Field {
            label: "Outcomes",
            help: "Failures can teach what not to do",
            note: "",
        };
        field_with_help(ui, tokens, about, |ui| {
            let choices = OutcomeFilter::ALL.map(|it| (it, it.label().to_owned()));
            choice(
                ui,
                tokens,
                &mut retrieval.filter.outcome,
                &choices,
                "Outcomes",
            )
        });
    });
}

fn types_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form, dataset: &DatasetInfo) {
    let tokens = ctx.tokens;
    let mut unseen = form.unseen_of(dataset);
    Card::titled("Task types that may be learned")
        .subtitle("Types switched off stay unseen, so that results on them show what generalises")
        .show(ui, tokens, |ui| {
            for kind in &dataset.types {
                let mut seen = !unseen.contains(&kind.name);
                let words = format!(
                    "{} ({})",
                    format::task_type(&kind.name),
                    format::counted(kind.successes, "success", "successes")
                );
                if switch(ui, tokens, &mut seen, &words).changed() {
                    unseen.retain(|name| *name != kind.name);
                    if !seen {
                        unseen.push(kind.name.clone());
                        unseen.sort();
                    }
                    form.unseen = Some(unseen.clone());
                }
            }
        });
}
