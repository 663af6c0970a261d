//! How memories are found and chosen: every key, question, search, filter and choice there is, each with
//! a sentence. The same wherever somebody chooses.

use egui::{Response, Ui};
use lore_core::{
    BankInfo, KeyKind, OutcomeFilter, QuestionKind, RetrievalConfig, RetrievalMode, SearchKind,
};

use crate::context::Ctx;
use crate::format;
use crate::theme::Tokens;
use crate::widgets::{
    Button, Field, choice, explained_switch, field_with_help, number_field, section_title,
    text_field,
};

/// Score in per cent that a threshold begins with.
const FIRST_MIN_SCORE: i8 = 30;

/// The largest room for memories, in tokens.
const MAX_BUDGET: usize = 32_768;

/// Who asks; with that it is known what there is to choose.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker<'a> {
    /// A person, about this bank.
    Person(&'a BankInfo),
    /// Agents, about a bank that is made for them, of tasks of these types.
    Agents(&'a [&'a str]),
}

impl Asker<'_> {
    /// The types that may be chosen, with their words.
    fn types(self) -> Vec<(String, String)> {
        let named = |name: &str| (name.to_owned(), format::task_type(name));
        match self {
            Self::Person(bank) => bank.task_types.iter().map(|name| named(name)).collect(),
            Self::Agents(types) => types.iter().map(|name| named(name)).collect(),
        }
    }

    /// True when what is asked has keys of this kind.
    fn has(self, key: KeyKind) -> bool {
        match self {
            Self::Person(bank) => bank.keys.has(key),
            Self::Agents(_) => true,
        }
    }
}

/// Every choice but the number of memories and, for a person, the key: see [`key_ui`].
pub(crate) fn retrieval_choices_ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    config: &mut RetrievalConfig,
    asker: Asker<'_>,
) {
    section_title(ui, ctx.tokens, "How they are found");
    if let Asker::Agents(_) = asker {
        mode_ui(ctx, ui, config);
        key_ui(ctx, ui, config, asker);
        question_ui(ctx, ui, config);
    }
    search_ui(ctx, ui, config);
    section_title(ui, ctx.tokens, "What may come back");
    outcome_ui(ctx, ui, config);
    types_ui(ctx, ui, config, asker);
    left_out_ui(ctx, ui, config, asker);
    worlds_ui(ctx, ui, config, asker);
    text_ui(ctx, ui, config);
    section_title(ui, ctx.tokens, "Which of them are chosen");
    variety_ui(ctx, ui, config);
    threshold_ui(ctx, ui, config);
    budget_ui(ctx, ui, config);
}

/// What of a past episode is compared. Keys that the bank does not have cannot be chosen.
pub(crate) fn key_ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    config: &mut RetrievalConfig,
    asker: Asker<'_>,
) -> Response {
    let (mode, selection) = (config.mode, &mut config.selection);
    if !asker.has(selection.key(mode)) {
        selection.key = None;
    }
    let keys: Vec<(KeyKind, String)> = KeyKind::ALL
        .into_iter()
        .filter(|key| asker.has(*key))
        .map(|key| (key, sentence(key.label())))
        .collect();
    let mut key = selection.key(mode);
    let about = Field {
        label: "Compare with",
        help: "What of a past episode is compared with the question. A bank offers those that were \
               chosen when it was built",
        note: key.explanation(),
    };
    let response = field_with_help(ui, ctx.tokens, about, |ui| {
        choice(ui, ctx.tokens, &mut key, &keys, about.label)
    });
    if response.changed() {
        selection.key = Some(key);
    }
    response
}

fn mode_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut RetrievalConfig) {
    let about = Field {
        label: "Looked up",
        help: "Looking again at every step takes a search each time, and the prompt changes with it",
        note: match config.mode {
            RetrievalMode::Static => "The task decides what an agent is reminded of",
            RetrievalMode::Dynamic => "What happened so far decides what an agent is reminded of",
        },
    };
    let modes = [
        (
            RetrievalMode::Static,
            "Once, before the first action".to_owned(),
        ),
        (RetrievalMode::Dynamic, "Again at every step".to_owned()),
    ];
    field_with_help(ui, ctx.tokens, about, |ui| {
        choice(ui, ctx.tokens, &mut config.mode, &modes, about.label)
    });
}

fn question_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut RetrievalConfig) {
    let mut kind = config.selection.question_kind(config.mode);
    let about = Field {
        label: "Ask with",
        help: "What of the present episode is compared with the past ones",
        note: kind.explanation(),
    };
    let kinds = QuestionKind::ALL.map(|kind| (kind, sentence(kind.label())));
    let response = field_with_help(ui, ctx.tokens, about, |ui| {
        choice(ui, ctx.tokens, &mut kind, &kinds, about.label)
    });
    if response.changed() {
        config.selection.question = Some(kind);
    }
}

fn search_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut RetrievalConfig) {
    let search = &mut config.selection.search;
    let about = Field {
        label: "Search",
        help: "Meaning finds other words for the same thing; words find rare names exactly",
        note: search.explanation(),
    };
    let kinds = SearchKind::ALL.map(|kind| (kind, sentence(kind.label())));
    field_with_help(ui, ctx.tokens, about, |ui| {
        choice(ui, ctx.tokens, search, &kinds, about.label)
    });
}

fn outcome_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut RetrievalConfig) {
    let outcome = &mut config.filter.outcome;
    let about = Field {
        label: "Outcome",
        help: "Successes show what to do, failures what not to do",
        note: match outcome {
            OutcomeFilter::All => "As in the paper: an agent sees what worked and what did not",
            OutcomeFilter::Successes => "Nothing that went wrong comes back",
            OutcomeFilter::Failures => "Nothing that worked comes back",
            OutcomeFilter::Balanced => "One success more when the number is odd",
        },
    };
    let choices = OutcomeFilter::ALL.map(|outcome| (outcome, outcome_words(outcome).to_owned()));
    field_with_help(ui, ctx.tokens, about, |ui| {
        choice(ui, ctx.tokens, outcome, &choices, about.label)
    });
}

/// Past episodes that ended so, in words for people who are new to this.
fn outcome_words(outcome: OutcomeFilter) -> &'static str {
    match outcome {
        OutcomeFilter::All => "All past episodes",
        OutcomeFilter::Successes => "Past episodes that succeeded",
        OutcomeFilter::Failures => "Past episodes that failed",
        OutcomeFilter::Balanced => "Half that succeeded, half that failed",
    }
}

fn types_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut RetrievalConfig, asker: Asker<'_>) {
    let about = Field {
        label: "Only these kinds",
        help: "Kinds of task whose episodes may come back",
        note: "None chosen: every kind of task may come back",
    };
    field_with_help(ui, ctx.tokens, about, |ui| {
        toggles(
            ui,
            ctx.tokens,
            &mut config.filter.task_types,
            &asker.types(),
        )
    });
}

/// A kind of task to keep out: agents know what they play, a person says it.
fn left_out_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut RetrievalConfig, asker: Asker<'_>) {
    let tokens = ctx.tokens;
    if let Asker::Agents(_) = asker {
        let on = &mut config.selection.other_types;
        let why = "Shows whether memories of other kinds help, too";
        explained_switch(ui, tokens, on, "Never the kind of task that is played", why);
        return;
    }
    let left_out = &mut config.filter.without_types;
    let mut kind = left_out.first().cloned();
    let mut kinds = vec![(None, "No kind of task".to_owned())];
    let types = asker.types().into_iter();
    kinds.extend(types.map(|(name, words)| (Some(name), format!("Without {words}"))));
    let about = Field {
        label: "Leave out",
        help: "Agents can be kept from memories of the very kind of task they play. This shows what \
               they would get instead",
        note: "Nothing of the kind you leave out comes back",
    };
    let response = field_with_help(ui, tokens, about, |ui| {
        choice(ui, tokens, &mut kind, &kinds, about.label)
    });
    if response.changed() {
        *left_out = kind.into_iter().collect();
    }
}

/// Agents play in one world, and so does the bank that is made for them.
fn worlds_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut RetrievalConfig, asker: Asker<'_>) {
    let Asker::Person(bank) = asker else {
        return;
    };
    if bank.environments.is_empty() {
        return;
    }
    let worlds: Vec<(String, String)> = bank
        .environments
        .iter()
        .map(|name| (name.clone(), format::task_type(name)))
        .collect();
    let about = Field {
        label: "Only these worlds",
        help: "Worlds whose episodes may come back",
        note: "None chosen: every world may come back",
    };
    field_with_help(ui, ctx.tokens, about, |ui| {
        toggles(ui, ctx.tokens, &mut config.filter.environments, &worlds)
    });
}

fn text_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut RetrievalConfig) {
    let about = Field {
        label: "Only if it mentions",
        help: "Looked for in goals, observations and actions, in small and capital letters",
        note: "Empty: nothing has to be mentioned",
    };
    field_with_help(ui, ctx.tokens, about, |ui| {
        let text = &mut config.filter.text;
        text_field(ui, ctx.tokens, text, about.label, "microwave")
    });
}

fn variety_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut RetrievalConfig) {
    let about = Field {
        label: "Variety",
        help: "Several memories that say the same are worth little more than one (maximal marginal \
               relevance)",
        note: "0 takes the best matches; more prefers memories that differ from each other",
    };
    field_with_help(ui, ctx.tokens, about, |ui| {
        let diversity = &mut config.selection.diversity;
        number_field(ui, ctx.tokens, diversity, 0..=100, "%", about.label)
    });
}

fn threshold_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut RetrievalConfig) {
    let tokens = ctx.tokens;
    let selection = &mut config.selection;
    let mut on = selection.min_score.is_some();
    let why = if selection.search == SearchKind::Meaning {
        "Better no memory than one that has little to do with the task"
    } else {
        "Counts only when searching by meaning"
    };
    if explained_switch(ui, tokens, &mut on, "Leave out weak matches", why).changed() {
        selection.min_score = on.then_some(FIRST_MIN_SCORE);
    }
    let Some(score) = &mut selection.min_score else {
        return;
    };
    let about = Field {
        label: "At least this alike",
        help: "100 is the same text, 0 is unrelated",
        note: "Memories below it are left out",
    };
    field_with_help(ui, tokens, about, |ui| {
        number_field(ui, tokens, score, -100..=100, "%", about.label)
    });
}

fn budget_ui(ctx: &Ctx<'_>, ui: &mut Ui, config: &mut RetrievalConfig) {
    let about = Field {
        label: "Room for memories",
        help: "Tokens are pieces of words. Memories share the prompt with the episode itself",
        note: "Memories that do not fit are dropped, the worst first; 0 means no limit",
    };
    field_with_help(ui, ctx.tokens, about, |ui| {
        let budget = &mut config.token_budget;
        number_field(
            ui,
            ctx.tokens,
            budget,
            0..=MAX_BUDGET,
            "tokens",
            about.label,
        )
    });
}

/// Buttons that stay down, one for each of `all`: its value and its words.
pub(crate) fn toggles<T: Clone + PartialEq>(
    ui: &mut Ui,
    tokens: &Tokens,
    chosen: &mut Vec<T>,
    all: &[(T, String)],
) -> Response {
    let row = ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::Vec2::splat(tokens.space.xs);
        for (value, words) in all {
            let on = chosen.contains(value);
            let button = Button::secondary(words).selected(on);
            if button.show(ui, tokens).clicked() {
                if on {
                    chosen.retain(|other| other != value);
                } else {
                    chosen.push(value.clone());
                }
            }
        }
    });
    row.response
}

/// The first letter large.
pub(crate) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
