//! The model, the tasks, the memories, the agent.

use egui::Ui;
use lore_core::prompt::MemoryFormat;
use lore_core::{
    ActionMode, BankAtTest, DatasetKind, ExperimentSpec, ModelId, ModelKind, WorldSpec,
};

use crate::context::Ctx;
use crate::format;
use crate::parts::{
    Asker, memory_mix_ui, retrieval_choices_ui, train_numbers_ui, trial_plan_ui, world_choices,
};
use crate::widgets::{
    Card, Field, choice, explained_switch, field, field_with_help, number_field, segmented, switch,
    text_field,
};

/// The cards.
pub(super) fn ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    spec: &mut ExperimentSpec,
    seeds: &mut String,
    advanced: bool,
) {
    tasks_ui(ctx, ui, spec, seeds);
    if advanced {
        types_ui(ctx, ui, spec);
        memory_ui(ctx, ui, spec);
        let mut arms = spec.arms.iter();
        if arms.any(|arm| arm.lora_with_memory == Some(true)) {
            memory_mix_ui(ctx, ui, &mut spec.train.memory_mix);
        }
        train_numbers_ui(ctx, ui, &mut spec.train);
        let mut arms = spec.arms.iter();
        if arms.any(|arm| arm.lora_with_memory.is_some()) {
            let title = "While adapters are trained";
            Card::titled(title).show(ui, ctx.tokens, |ui| {
                trial_plan_ui(ctx, ui, &mut spec.trials);
            });
        }
        agent_ui(ctx, ui, spec);
    }
}

fn count(ctx: &Ctx<'_>, ui: &mut Ui, value: &mut usize, most: usize, about: Field<'_>) {
    field_with_help(ui, ctx.tokens, about, |ui| {
        number_field(ui, ctx.tokens, value, 0..=most, "", about.label)
    });
}

fn tasks_ui(ctx: &Ctx<'_>, ui: &mut Ui, spec: &mut ExperimentSpec, seeds: &mut String) {
    let tokens = ctx.tokens;
    Card::titled("Model and tasks").show(ui, tokens, |ui| {
        let models = models(ctx);
        field(ui, tokens, "Model", |ui| {
            choice(ui, tokens, &mut spec.model, &models, "Model")
        });
        let worlds = world_choices(ctx);
        let about = Field {
            label: "Tasks from",
            help: "Generated games are made from a seed and need no download",
            note: "",
        };
        field_with_help(ui, tokens, about, |ui| {
            let mut train = without_test(&spec.world);
            let response = choice(ui, tokens, &mut train, &worlds, "Tasks from");
            if response.changed() {
                // Other worlds have other kinds of task, and longer ones.
                if train.task_types() != spec.world.task_types() {
                    spec.unseen_types = train.default_unseen_types();
                    spec.agent.max_steps = train.default_max_steps();
                }
                spec.world = train;
            }
            response
        });
        test_games_ui(ctx, ui, &mut spec.world);
        for (value, label, help) in [
            (
                &mut spec.tasks.train_per_type,
                "Training tasks a type",
                "Played by a scripted expert; what agents learn from",
            ),
            (
                &mut spec.tasks.seen_test,
                "Test tasks of seen types",
                "New tasks of the types that training saw",
            ),
            (
                &mut spec.tasks.unseen_test,
                "Test tasks of unseen types",
                "Tasks of types that training never saw",
            ),
        ] {
            let about = Field {
                label,
                help,
                note: "",
            };
            count(ctx, ui, value, 2000, about);
        }
        let about = Field {
            label: "Seeds",
            help: "Every arm is trained and played once with each; more seeds make results surer",
            note: "",
        };
        field_with_help(ui, tokens, about, |ui| {
            text_field(ui, tokens, seeds, "Seeds", "2025, 2026")
        });
    });
}

fn models(ctx: &Ctx<'_>) -> Vec<(ModelId, String)> {
    ctx.models()
        .ready()
        .unwrap_or_default()
        .iter()
        .filter(|model| model.kind == ModelKind::Language && model.problem.is_empty())
        .map(|model| (model.id.clone(), model.name.clone()))
        .collect()
}

/// The world as the list of training games names it.
fn without_test(world: &WorldSpec) -> WorldSpec {
    match world {
        WorldSpec::Games { train, .. } => WorldSpec::Games {
            train: train.clone(),
            test: None,
        },
        other => other.clone(),
    }
}

/// Which imported games agents are tested on, when training games were imported.
fn test_games_ui(ctx: &Ctx<'_>, ui: &mut Ui, world: &mut WorldSpec) {
    let WorldSpec::Games { train, test } = world else {
        return;
    };
    let mut choices = vec![(None, "Test games of the same data set".to_owned())];
    let datasets = ctx.datasets().ready().unwrap_or_default();
    for dataset in datasets.iter().filter(|it| it.kind == DatasetKind::Games) {
        if dataset.id != *train {
            choices.push((Some(dataset.id.clone()), dataset.name.clone()));
        }
    }
    let about = Field {
        label: "Test tasks from",
        help: "Agents are tested on these games; training never sees them",
        note: "",
    };
    field_with_help(ui, ctx.tokens, about, |ui| {
        choice(ui, ctx.tokens, test, &choices, "Test tasks from")
    });
}

fn types_ui(ctx: &Ctx<'_>, ui: &mut Ui, spec: &mut ExperimentSpec) {
    let tokens = ctx.tokens;
    if spec.world.task_types().is_empty() {
        return;
    }
    Card::titled("Task types that may be learned")
        .subtitle("Types switched off are unseen: training never uses them")
        .show(ui, tokens, |ui| {
            for name in spec.world.task_types() {
                let mut seen = !spec.is_unseen(name);
                if switch(ui, tokens, &mut seen, &format::task_type(name)).changed() {
                    spec.unseen_types.retain(|other| other != name);
                    if !seen {
                        spec.unseen_types.push((*name).to_owned());
                    }
                }
            }
        });
}

fn memory_ui(ctx: &Ctx<'_>, ui: &mut Ui, spec: &mut ExperimentSpec) {
    let tokens = ctx.tokens;
    Card::titled("Memories").show(ui, tokens, |ui| {
        let about = Field {
            label: "Memories an episode",
            help: "How many similar past episodes are shown",
            note: "",
        };
        count(ctx, ui, &mut spec.retrieval.k, 16, about);
        field(ui, tokens, "Written", |ui| {
            let formats = MemoryFormat::ALL.map(|it| (it, it.label()));
            segmented(ui, tokens, &mut spec.retrieval.format, &formats, "Written")
        });
        let about = Field {
            label: "Bank at test",
            help: "Which past episodes an agent may be shown while it is tested",
            note: "",
        };
        field_with_help(ui, tokens, about, |ui| {
            let banks = BankAtTest::ALL.map(|it| (it, it.label().to_owned()));
            choice(ui, tokens, &mut spec.bank_at_test, &banks, "Bank at test")
        });
        let asker = Asker::Agents(spec.world.task_types());
        retrieval_choices_ui(ctx, ui, &mut spec.retrieval, asker);
    });
}

fn agent_ui(ctx: &Ctx<'_>, ui: &mut Ui, spec: &mut ExperimentSpec) {
    let tokens = ctx.tokens;
    Card::titled("How agents play").show(ui, tokens, |ui| {
        field(ui, tokens, "Actions", |ui| {
            let modes = ActionMode::ALL.map(|it| (it, it.label().to_owned()));
            choice(ui, tokens, &mut spec.agent.action_mode, &modes, "Actions")
        });
        if spec.agent.action_mode == ActionMode::Choose {
            let why =
                "Every step then shows how likely each action was; takes longer, plays the same";
            let rates = &mut spec.agent.rates_all;
            explained_switch(ui, tokens, rates, "Rate every possible action", why);
            let why = "What led to nothing new is not picked again until something new is seen";
            let leaves = &mut spec.agent.leaves_loops;
            explained_switch(ui, tokens, leaves, "Leave loops", why);
        }
        let about = Field {
            label: "At most this many steps",
            help: "An episode that has not reached its goal by then has failed",
            note: "",
        };
        count(ctx, ui, &mut spec.agent.max_steps, 200, about);
        let about = Field {
            label: "Longest prompt",
            help: "In tokens; older steps are left out beyond it",
            note: "",
        };
        count(ctx, ui, &mut spec.agent.max_prompt_tokens, 32_768, about);
    });
}
