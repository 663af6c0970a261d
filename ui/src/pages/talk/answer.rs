//! A message and its answers, with the memories they were given.

use egui::{CornerRadius, Frame, Label, Margin, Ui};
use lore_core::{FinishReason, MemoryUse};
use lore_protocol::Said;

use super::chat::Exchange;
use crate::Route;
use crate::context::Ctx;
use crate::format;
use crate::text;
use crate::widgets::{Badge, Explain as _, Icon, ListRow, Tone, columns, section_title, spinner};

/// Columns are not narrower.
const MIN_COLUMN: f32 = 200.0;

/// The message, and the answers below it.
pub(super) fn exchange_ui(ctx: &Ctx<'_>, ui: &mut Ui, exchange: &Exchange, is_going_on: bool) {
    let tokens = ctx.tokens;
    Frame::new()
        .inner_margin(Margin::symmetric(
            tokens.space.m as i8,
            tokens.space.s as i8,
        ))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = tokens.space.s;
            message_ui(ctx, ui, &exchange.message);
            let shares = vec![1.0; exchange.voices.len()];
            columns(ui, tokens, &shares, MIN_COLUMN, |ui, column| {
                ui.spacing_mut().item_spacing.y = tokens.space.xs;
                let voice = &exchange.voices[column];
                if !voice.title.is_empty() {
                    section_title(ui, tokens, voice.title);
                }
                let nothing = Said::default();
                let said = exchange.said.get(column).unwrap_or(&nothing);
                answer_ui(ctx, ui, said, is_going_on);
                memories_ui(ctx, ui, exchange, column, &said.memories);
            });
        });
}

fn message_ui(ctx: &Ctx<'_>, ui: &mut Ui, message: &str) {
    let tokens = ctx.tokens;
    Frame::new()
        .fill(tokens.color.surface.selected)
        .corner_radius(CornerRadius::same(tokens.radius.m))
        .inner_margin(Margin::symmetric(12, 8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.add(Label::new(tokens.verbatim(message)).wrap());
        });
}

fn answer_ui(ctx: &Ctx<'_>, ui: &mut Ui, said: &Said, is_going_on: bool) {
    let tokens = ctx.tokens;
    let goes_on = is_going_on && said.finish.is_none();
    if !said.text.is_empty() {
        ui.add(
            Label::new(tokens.verbatim(&said.text))
                .wrap()
                .selectable(true),
        );
    }
    if goes_on {
        ui.horizontal(|ui| {
            let color = tokens.color.text.muted;
            spinner(ui, 14.0, color, &tokens.say("The model is writing"));
            facts_ui(ctx, ui, said, "Reading");
        });
    } else {
        facts_ui(ctx, ui, said, "No answer");
        end_ui(ctx, ui, said, is_going_on);
    }
}

/// What it took; `otherwise` before the first word.
fn facts_ui(ctx: &Ctx<'_>, ui: &mut Ui, said: &Said, otherwise: &str) {
    let facts = if said.completion_tokens == 0 {
        otherwise.to_owned()
    } else {
        numbers(said)
    };
    ui.add(Label::new(ctx.tokens.small(facts)).wrap());
}

/// Says so when it did not end by itself.
fn end_ui(ctx: &Ctx<'_>, ui: &mut Ui, said: &Said, is_going_on: bool) {
    let word = match said.finish {
        None if !is_going_on && said.completion_tokens > 0 => "stopped",
        Some(FinishReason::Length) => "cut off",
        _ => return,
    };
    Badge::new(word, Tone::Neutral)
        .show(ui, ctx.tokens)
        .explain(
            ctx.tokens,
            "It would have gone on; ask for longer answers under All choices",
        );
}

/// What it took.
fn numbers(said: &Said) -> String {
    let count = |n: u32| format::counted(u64::from(n), "token", "tokens");
    let mut facts = vec![count(said.completion_tokens)];
    if let Some(speed) = said.tokens_per_sec() {
        facts.push(format!("{} tokens a second", format::number(speed)));
    }
    if said.prompt_tokens > 0 {
        facts.push(format!("{} in the prompt", count(said.prompt_tokens)));
    }
    facts.join(" · ")
}

/// The memories it was given, each the way to its text.
fn memories_ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    exchange: &Exchange,
    column: usize,
    memories: &[MemoryUse],
) {
    let tokens = ctx.tokens;
    for memory in memories {
        Frame::new()
            .fill(tokens.color.surface.sunken)
            .corner_radius(CornerRadius::same(tokens.radius.m))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                let goal = format::goal(&memory.goal);
                let note = format!("Similarity {}", format::score(f64::from(memory.score)));
                let row = ListRow::new(&goal)
                    .verbatim()
                    .subtitle(&note)
                    .icon(Icon::Bank)
                    .badge(outcome(memory).0, outcome(memory).1)
                    .show(ui, tokens)
                    .explain(tokens, text::SIMILARITY.meaning);
                if row.clicked() {
                    ctx.go(Route::Bank {
                        bank: exchange.voices[column].speaker.bank.clone(),
                        experience: Some(memory.experience.clone()),
                    });
                }
            });
    }
}

fn outcome(memory: &MemoryUse) -> (&'static str, Tone) {
    if memory.success {
        ("solved", Tone::Success)
    } else {
        ("not solved", Tone::Neutral)
    }
}
