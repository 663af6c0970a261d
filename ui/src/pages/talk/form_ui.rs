//! The choice of who answers.

use egui::Ui;
use lore_core::{AdapterId, BankId, ModelId};
use lore_protocol::Speaker;

use super::form::{Compare, Form, models};
use crate::Route;
use crate::context::Ctx;
use crate::widgets::{
    Button, Card, Field, Icon, choice, field_with_help, number_field, segmented, slider, switch,
    text_area,
};

/// Experiences at most.
const MAX_K: usize = 16;

/// The longest answer one may ask for, in tokens.
const MAX_TOKENS: usize = 4096;

/// The card.
pub(super) fn show(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    let tokens = ctx.tokens;
    Card::titled("Who answers").show(ui, tokens, |ui| {
        model_ui(ctx, ui, form);
        adapter_ui(ctx, ui, form);
        bank_ui(ctx, ui, form);
        compare_ui(ctx, ui, form);
        switch(ui, tokens, &mut form.all_choices, "All choices");
        if form.all_choices {
            all_ui(ctx, ui, form);
        }
    });
}

fn model_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    let models: Vec<(Option<ModelId>, String)> = models(ctx)
        .into_iter()
        .map(|model| (Some(model.id.clone()), model.name.clone()))
        .collect();
    let about = Field {
        label: "Model",
        help: "",
        note: "",
    };
    field_with_help(ui, ctx.tokens, about, |ui| {
        choice(ui, ctx.tokens, &mut form.model, &models, "Model")
    });
}

fn adapter_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    let tokens = ctx.tokens;
    let adapters = form.adapters(ctx);
    if adapters.is_empty() {
        let text = "A training makes an adapter for this model.";
        if nothing_ui(ctx, ui, "Adapter", text, ("Train one", Icon::Flask)) {
            ctx.go(Route::Train(None));
        }
        return;
    }
    let mut choices: Vec<(Option<AdapterId>, String)> = vec![(None, "No adapter".to_owned())];
    choices.extend(
        adapters
            .iter()
            .map(|adapter| (Some(adapter.id.clone()), adapter.name.clone())),
    );
    let mut chosen = form.adapter(ctx).map(|adapter| adapter.id.clone());
    let about = Field {
        label: "Adapter",
        help: "What a training learned, on top of the model",
        note: "",
    };
    let picked = field_with_help(ui, tokens, about, |ui| {
        choice(ui, tokens, &mut chosen, &choices, "Adapter")
    });
    let has_adapter = chosen.is_some();
    if picked.changed() {
        form.adapter = Some(chosen);
    }
    if has_adapter {
        let about = Field {
            label: "Strength",
            help: "How much of the adapter is applied: 0 is the model as it was, 1 as trained, 2 twice as \
                   much",
            note: "",
        };
        field_with_help(ui, tokens, about, |ui| {
            let range = 0.0..=Speaker::MAX_STRENGTH;
            slider(ui, tokens, &mut form.strength, range, 0.05, "Strength")
        });
    }
}

fn bank_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    let tokens = ctx.tokens;
    let banks = ctx.banks().ready().unwrap_or_default();
    if banks.is_empty() {
        let text = "A bank holds past episodes that a model can be reminded of.";
        if nothing_ui(ctx, ui, "Memories from", text, ("Build a bank", Icon::Bank)) {
            ctx.go(Route::Datasets(None));
        }
        return;
    }
    let mut choices: Vec<(Option<BankId>, String)> = vec![(None, "No memories".to_owned())];
    choices.extend(
        banks
            .iter()
            .map(|it| (Some(it.id.clone()), it.name.clone())),
    );
    let mut chosen = form.bank(ctx).map(|bank| bank.id.clone());
    let about = Field {
        label: "Memories from",
        help: "The first message of a chat is looked up in the bank, and what it resembles is written \
               under the instructions",
        note: "",
    };
    let picked = field_with_help(ui, tokens, about, |ui| {
        choice(ui, tokens, &mut chosen, &choices, "Memories from")
    });
    let has_bank = chosen.is_some();
    if picked.changed() {
        form.bank = Some(chosen);
    }
    if has_bank {
        let about = Field {
            label: "How many",
            help: "How many past episodes are shown, the most similar first. The paper calls it K and \
                   uses 2",
            note: "",
        };
        field_with_help(ui, tokens, about, |ui| {
            number_field(ui, tokens, &mut form.k, 1..=MAX_K, "", "How many")
        });
    }
}

/// A field with nothing to choose from; true when somebody wants to do something about it.
fn nothing_ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    label: &str,
    text: &str,
    (action, icon): (&str, Icon),
) -> bool {
    let about = Field {
        label,
        help: "",
        note: text,
    };
    field_with_help(ui, ctx.tokens, about, |ui| {
        Button::secondary(action).icon(icon).show(ui, ctx.tokens)
    })
    .clicked()
}

fn compare_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    let note = match form.compare {
        Compare::Memories if form.bank(ctx).is_none() => "Choose a bank first",
        Compare::Adapter if form.adapter(ctx).is_none() => "Choose an adapter first",
        Compare::Nothing => "",
        Compare::Memories => "Each message is answered twice, with memories and without",
        Compare::Adapter => "Each message is answered twice, with the adapter and without",
    };
    let about = Field {
        label: "Side by side",
        help: "",
        note,
    };
    let choices = Compare::ALL.map(|it| (it, it.label()));
    field_with_help(ui, ctx.tokens, about, |ui| {
        segmented(ui, ctx.tokens, &mut form.compare, &choices, "Side by side")
    });
}

fn all_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    let tokens = ctx.tokens;
    let about = Field {
        label: "Chance",
        help: "0 takes the likeliest word every time; higher is more varied and more often wrong",
        note: "",
    };
    field_with_help(ui, tokens, about, |ui| {
        slider(ui, tokens, &mut form.temperature, 0.0..=2.0, 0.05, "Chance")
    });
    let about = Field {
        label: "Longest answer",
        help: "Tokens are pieces of words",
        note: "",
    };
    field_with_help(ui, tokens, about, |ui| {
        let range = 1..=MAX_TOKENS;
        number_field(
            ui,
            tokens,
            &mut form.max_tokens,
            range,
            "tokens",
            "Longest answer",
        )
    });
    let about = Field {
        label: "Instructions",
        help: "What stands before everything else. Adapters of this program were trained under these; \
               memories are written below",
        note: "",
    };
    field_with_help(ui, tokens, about, |ui| {
        let hint = "No instructions";
        text_area(ui, tokens, &mut form.instructions, "Instructions", hint, 4)
    });
}
