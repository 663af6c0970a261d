//! Every number of a training, each with a sentence; wherever trainings are described.

use egui::Ui;
use lore_core::{BaseForm, LoraConfig, MomentFormat, Schedule, TargetModule, TrainConfig};

use crate::context::Ctx;
use crate::format;
use crate::widgets::{
    Card, Field, explained_switch, field_with_help, number_field, segmented, switch,
};

macro_rules! number {
    ($ctx:expr, $ui:expr, $value:expr, $range:expr, $unit:literal, $label:literal, $help:literal) => {{
        let about = Field {
            label: $label,
            help: $help,
            note: "",
        };
        field_with_help($ui, $ctx.tokens, about, |ui| {
            number_field(ui, $ctx.tokens, &mut $value, $range, $unit, $label)
        });
    }};
}
pub(crate) use number;

/// The cards: all but the seed, which experiments take from their own list.
pub(crate) fn train_numbers_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut TrainConfig) {
    course_ui(ctx, ui, config);
    limits_ui(ctx, ui, config);
    memory_ui(ctx, ui, config);
    lora_ui(ctx, ui, &mut config.lora);
}

fn course_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut TrainConfig) {
    let tokens = ctx.tokens;
    Card::titled("Course of the training").show(ui, tokens, |ui| {
        number!(
            ctx,
            ui,
            config.epochs,
            0.1..=50.0,
            "",
            "Passes over the data",
            "How often every episode is shown"
        );
        number!(
            ctx,
            ui,
            config.max_steps,
            0..=100_000,
            "",
            "At most this many steps",
            "Ends earlier than the passes would; 0 means no limit"
        );
        learning_rate_ui(ctx, ui, &mut config.learning_rate);
        let about = Field {
            label: "Schedule",
            help: "Whether the learning rate stays or falls to zero towards the end",
            note: "",
        };
        field_with_help(ui, tokens, about, |ui| {
            let choices = [Schedule::Constant, Schedule::Cosine].map(|it| (it, it.label()));
            segmented(ui, tokens, &mut config.schedule, &choices, "Schedule")
        });
        number!(
            ctx,
            ui,
            config.warmup_steps,
            0..=1000,
            "steps",
            "Warm-up",
            "Steps over which the learning rate rises from zero"
        );
        number!(
            ctx,
            ui,
            config.batch_size,
            1..=64,
            "episodes",
            "Batch size",
            "Episodes whose lessons are averaged into one step"
        );
    });
}

fn limits_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut TrainConfig) {
    Card::titled("Limits and safety").show(ui, ctx.tokens, |ui| {
        number!(
            ctx,
            ui,
            config.max_tokens,
            256..=32_768,
            "tokens",
            "Longest example",
            "Longer examples lose memories first and are then left out"
        );
        number!(
            ctx,
            ui,
            config.weight_decay,
            0.0..=1.0,
            "",
            "Weight decay",
            "Pulls the adapter towards zero"
        );
        number!(
            ctx,
            ui,
            config.max_grad_norm,
            0.0..=100.0,
            "",
            "Gradient limit",
            "Larger gradients are scaled down to this; 0 switches it off"
        );
        number!(
            ctx,
            ui,
            config.checkpoint_every,
            1..=1000,
            "steps",
            "Save every",
            "A training that ends early goes on from here"
        );
    });
}

fn memory_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut TrainConfig) {
    Card::titled("Memory and speed").show(ui, ctx.tokens, |ui| {
        base_ui(ctx, ui, &mut config.base);
        moments_ui(ctx, ui, &mut config.moments);
        explained_switch(
            ui,
            ctx.tokens,
            &mut config.packing,
            "Several short episodes at once (packing)",
            "Episodes of a batch that together are no longer than the longest example may be are computed \
             together. None sees another; faster, and the same result but for rounding",
        );
    });
}

fn base_ui(ctx: &Ctx<'_>, ui: &mut Ui, base: &mut BaseForm) {
    let about = Field {
        label: "Base model in memory",
        help: "As in its file it takes a fraction of the memory, and every step longer (QLoRA). Automatic \
               unpacks it where there is room. The result is the same",
        note: "",
    };
    field_with_help(ui, ctx.tokens, about, |ui| {
        let choices = [BaseForm::Automatic, BaseForm::Unpacked, BaseForm::Stored];
        let choices = choices.map(|it| (it, it.label()));
        segmented(ui, ctx.tokens, base, &choices, "Base model in memory")
    });
}

fn moments_ui(ctx: &Ctx<'_>, ui: &mut Ui, moments: &mut MomentFormat) {
    let about = Field {
        label: "Optimiser's memory",
        help: "Numbers that the optimiser remembers of every trained number. With 8 bits they take a quarter \
               of the memory, which counts at high ranks; the result differs slightly",
        note: "",
    };
    field_with_help(ui, ctx.tokens, about, |ui| {
        let choices = [MomentFormat::Single, MomentFormat::EightBit].map(|it| (it, it.label()));
        segmented(ui, ctx.tokens, moments, &choices, "Optimiser's memory")
    });
}

/// A rate is best changed by factors, so it is written in units of a hundred-thousandth.
fn learning_rate_ui(ctx: &Ctx<'_>, ui: &mut Ui, rate: &mut f64) {
    let note = format!("= {}", format::number(*rate));
    let about = Field {
        label: "Learning rate",
        help: "How large a step is. Too low learns nothing, too high becomes unstable",
        note: &note,
    };
    let mut units = *rate * 1e5;
    let changed = field_with_help(ui, ctx.tokens, about, |ui| {
        number_field(
            ui,
            ctx.tokens,
            &mut units,
            0.01..=1000.0,
            "× 10⁻⁵",
            "Learning rate",
        )
    })
    .changed();
    if changed {
        *rate = units * 1e-5;
    }
}

fn lora_ui(ctx: &Ctx<'_>, ui: &mut Ui, lora: &mut LoraConfig) {
    let tokens = ctx.tokens;
    Card::titled("Adapter").show(ui, tokens, |ui| {
        number!(
            ctx,
            ui,
            lora.rank,
            1..=256,
            "",
            "Rank",
            "How much an adapter can hold; more needs more memory"
        );
        number!(
            ctx,
            ui,
            lora.alpha,
            1.0..=512.0,
            "",
            "Alpha",
            "The adapter counts alpha divided by rank times"
        );
        explained_switch(
            ui,
            tokens,
            &mut lora.use_rslora,
            "Keep the strength at high ranks (rsLoRA)",
            "The adapter counts alpha divided by the square root of the rank times. Otherwise a high rank \
             learns ever more weakly",
        );
        explained_switch(
            ui,
            tokens,
            &mut lora.use_dora,
            "Learn the strength of every output as well (DoRA)",
            "Often better at low ranks, and slower. GGUF and MLX adapters cannot carry it, whole models can",
        );
        number!(
            ctx,
            ui,
            lora.dropout,
            0.0..=0.9,
            "",
            "Dropout",
            "The share of inputs left out at random, against learning by heart"
        );
        ui.label(tokens.body("Parts of the model that get an addition"));
        ui.horizontal_wrapped(|ui| {
            for module in TargetModule::ALL {
                let mut on = lora.target_modules.contains(&module);
                if switch(ui, tokens, &mut on, module.name()).changed() {
                    lora.target_modules.retain(|other| *other != module);
                    if on {
                        lora.target_modules.push(module);
                        lora.target_modules.sort();
                    }
                }
            }
        });
    });
}
