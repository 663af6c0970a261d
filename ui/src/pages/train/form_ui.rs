//! The form: what is needed first, every number on demand.

mod numbers;

use egui::Ui;
use lore_core::{DatasetKind, ModelKind};
use lore_protocol::Work;

use super::estimate::{Cost, Machine, cost, median};
use super::form::{Form, Recipe};
use super::mask::MaskView;
use super::trainings;
use crate::Route;
use crate::context::Ctx;
use crate::format;
use crate::parts::{run_on_ui, trial_plan_ui, world_choices};
use crate::text;
use crate::widgets::{
    Button, Card, EmptyState, Field, Icon, choice, columns, field, field_with_help, segmented,
    switch, term, text_field,
};

/// Everything about a new training.
pub(super) fn show(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form, mask: &mut MaskView) {
    if nothing_to_train_on(ctx) {
        let text =
            "Training needs records of episodes. Collect some, or add a file that holds them.";
        let button = EmptyState::new(Icon::Flask, "Nothing to train on yet", text)
            .action("Go to Data sets", Icon::Database)
            .show(ui, ctx.tokens);
        if button.is_some_and(|button| button.clicked()) {
            ctx.go(Route::Datasets(None));
        }
        return;
    }
    columns(ui, ctx.tokens, &[3.0, 2.0], 300.0, |ui, column| {
        ui.spacing_mut().item_spacing.y = ctx.tokens.space.m;
        if column == 0 {
            choices_ui(ctx, ui, form);
            recipe_ui(ctx, ui, form);
            trials_ui(ctx, ui, form);
            numbers::show(ctx, ui, form);
        } else {
            cost_ui(ctx, ui, form, mask);
            mask.ui(ctx, ui, form);
        }
    });
}

fn nothing_to_train_on(ctx: &Ctx<'_>) -> bool {
    ctx.datasets().ready().is_some_and(|datasets| {
        !datasets
            .iter()
            .any(|dataset| dataset.kind == DatasetKind::Trajectories)
    })
}

fn choices_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    let tokens = ctx.tokens;
    Card::titled("What is trained, and on what").show(ui, tokens, |ui| {
        dataset_ui(ctx, ui, form);
        model_ui(ctx, ui, form);
        ui.add_space(tokens.space.xs);
        switch(
            ui,
            tokens,
            &mut form.with_memory,
            "Show similar past episodes while training (ExpRAG-LoRA)",
        );
        ui.label(tokens.small(
            "The model learns to use memories, so that new ones help it on tasks it never saw",
        ));
        if form.with_memory {
            bank_ui(ctx, ui, form);
        }
        let suggestion = form.name_of(form.dataset_of(ctx));
        field(ui, tokens, "Name of the adapter", |ui| {
            text_field(
                ui,
                tokens,
                &mut form.name,
                "Name of the adapter",
                &suggestion,
            )
        });
        run_on_ui(ctx, ui, &mut form.cluster);
    });
}

fn dataset_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    let tokens = ctx.tokens;
    let choices: Vec<_> = ctx
        .datasets()
        .ready()
        .unwrap_or_default()
        .iter()
        .filter(|dataset| dataset.kind == DatasetKind::Trajectories)
        .map(|dataset| (dataset.id.clone(), dataset.name.clone()))
        .collect();
    let mut chosen = form
        .dataset_of(ctx)
        .map(|dataset| dataset.id.clone())
        .unwrap_or_default();
    let about = Field {
        label: "Data set",
        help: "Only episodes that reached their goal, of task types marked as seen, are trained on",
        note: "",
    };
    let picked = field_with_help(ui, tokens, about, |ui| {
        choice(ui, tokens, &mut chosen, &choices, "Data set")
    });
    if picked.changed() {
        form.dataset = Some(chosen);
        form.unseen = None;
    }
}

fn model_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    let tokens = ctx.tokens;
    let choices: Vec<_> = ctx
        .models()
        .ready()
        .unwrap_or_default()
        .iter()
        .filter(|model| model.kind == ModelKind::Language && model.problem.is_empty())
        .map(|model| (model.id.clone(), model.name.clone()))
        .collect();
    if choices.is_empty() {
        field(ui, tokens, "Model", |ui| {
            Button::secondary("Get a language model")
                .icon(Icon::Chip)
                .show(ui, tokens)
        })
        .clicked()
        .then(|| ctx.go(Route::Models));
        return;
    }
    let mut chosen = form
        .model_of(ctx)
        .map(|model| model.id.clone())
        .unwrap_or_default();
    let about = Field {
        label: "Model",
        help: "The model stays as it is; the training makes a small addition to it, the adapter",
        note: "",
    };
    let picked = field_with_help(ui, tokens, about, |ui| {
        choice(ui, tokens, &mut chosen, &choices, "Model")
    });
    if picked.changed() {
        form.model = Some(chosen);
    }
}

fn bank_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    let tokens = ctx.tokens;
    let choices: Vec<_> = ctx
        .banks()
        .ready()
        .unwrap_or_default()
        .iter()
        .map(|bank| (bank.id.clone(), bank.name.clone()))
        .collect();
    if choices.is_empty() {
        field(ui, tokens, "Experience bank", |ui| {
            Button::secondary("Build a bank")
                .icon(Icon::Bank)
                .show(ui, tokens)
        })
        .clicked()
        .then(|| ctx.go(crate::PageId::Bank.route()));
        return;
    }
    let mut chosen = form.bank_of(ctx).unwrap_or_default();
    let about = Field {
        label: "Experience bank",
        help: "Memories come from here. An episode is never shown itself, nor another of the same \
               game, nor one with the same text",
        note: "",
    };
    let picked = field_with_help(ui, tokens, about, |ui| {
        choice(ui, tokens, &mut chosen, &choices, "Experience bank")
    });
    if picked.changed() {
        form.bank = Some(chosen);
    }
}

fn trials_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    let tokens = ctx.tokens;
    Card::titled("On the way").show(ui, tokens, |ui| {
        trial_plan_ui(ctx, ui, &mut form.trials);
        if form.trials.is_off() {
            return;
        }
        let worlds = world_choices(ctx);
        let about = Field {
            label: "New tasks from",
            help: "Where the adapter plays. Choose the world that the episodes of the data set come from",
            note: "",
        };
        field_with_help(ui, tokens, about, |ui| {
            choice(ui, tokens, &mut form.trial_world, &worlds, about.label)
        });
    });
}

fn recipe_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    let tokens = ctx.tokens;
    Card::titled("Recipe").show(ui, tokens, |ui| {
        let mut recipes = vec![(Recipe::Quick, "Quick look"), (Recipe::Paper, "Paper")];
        if form.recipe == Recipe::Own {
            recipes.push((Recipe::Own, "Own"));
        }
        if segmented(ui, tokens, &mut form.recipe, &recipes, "Recipe").changed() {
            form.apply_recipe();
        }
        ui.label(tokens.small(form.recipe.explanation()));
        switch(ui, tokens, &mut form.advanced, "All numbers");
    });
}

fn cost_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &Form, mask: &MaskView) {
    let tokens = ctx.tokens;
    Card::titled("What it will take").show(ui, tokens, |ui| {
        let (Some(dataset), Some(model)) = (form.dataset_of(ctx), form.model_of(ctx)) else {
            ui.label(tokens.muted("Choose a data set and a model first"));
            return;
        };
        let threads = match ctx.settings.threads {
            0 => ctx
                .status()
                .map_or(1, |status| status.automatic_threads.max(1)),
            chosen => chosen,
        };
        let machine = Machine {
            threads,
            free_memory: free_memory(ctx),
            speed: measured_speed(ctx, model.id.as_str()),
        };
        let cost = cost(form, dataset, model, machine, mask.num_tokens(ctx, form));
        cost_lines_ui(ctx, ui, &cost);
        for problem in form.problems(ctx) {
            ui.label(tokens.body(problem).color(tokens.color.warning.text));
        }
    });
}

fn cost_lines_ui(ctx: &Ctx<'_>, ui: &mut Ui, cost: &Cost) {
    let tokens = ctx.tokens;
    let Cost {
        num_examples,
        num_steps,
        tokens_per_example,
        secs,
        memory_bytes,
        measured,
    } = *cost;
    ui.label(tokens.display(capitalised(&format::about(secs))));
    let basis = if measured {
        "by the speed of your last training"
    } else {
        "a guess; the first training measures this machine"
    };
    ui.label(tokens.small(basis));
    let free = free_memory(ctx);
    let mut memory = tokens.body(format!("{} of memory at most", format::bytes(memory_bytes)));
    if memory_bytes > free {
        memory = tokens
            .body(format!(
                "{} of memory, but only {} are free. Close programs or choose a smaller model",
                format::bytes(memory_bytes),
                format::bytes(free)
            ))
            .color(tokens.color.danger.text);
    }
    ui.label(memory);
    ui.label(tokens.body(format!(
        "{} in {}",
        format::counted(num_examples, "episode", "episodes"),
        format::counted(num_steps, "step", "steps")
    )));
    ui.horizontal(|ui| {
        ui.label(tokens.body(format!(
            "About {} each",
            format::count(tokens_per_example as u64)
        )));
        term(ui, tokens, text::TOKENS);
    });
}

/// Bytes of memory that are free.
fn free_memory(ctx: &Ctx<'_>) -> u64 {
    ctx.status()
        .map_or(u64::MAX, |status| status.available_memory_bytes)
}

/// Tokens a second of the newest training of the same model.
fn measured_speed(ctx: &Ctx<'_>, model: &str) -> Option<f64> {
    let record = trainings(ctx).find(|record| {
        matches!(&record.info.spec.work, Work::Train(work) if work.model.as_str() == model)
            && record
                .info
                .metrics
                .iter()
                .any(|name| name == "train/tokens_per_sec")
    })?;
    median(ctx.series(&record.info.spec.id, "train/tokens_per_sec", 64))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
