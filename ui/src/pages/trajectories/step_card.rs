//! One step: what was done, what was seen, what it cost.

use egui::accesskit::Role;
use egui::text::{LayoutJob, TextFormat};
use egui::{CornerRadius, Frame, Margin, Response, Sense, Stroke, Ui, UiBuilder, WidgetInfo};
use lore_core::{EpisodeEnd, ScoredAction, Step, Trajectory};

use super::reader::Fold;
use crate::context::Ctx;
use crate::format;
use crate::widgets::{Badge, Explain as _, Icon, Tone, right_aligned};

/// How a card is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look<'a> {
    /// It is the step that is looked at.
    pub(super) selected: bool,
    /// It is not what the other episode did.
    pub(super) differs: bool,
    /// How much is shown.
    pub(super) fold: Fold,
    /// Somebody marked it as worth another look.
    pub(super) marked: bool,
    /// These words are painted where they stand; none when empty.
    pub(super) found: &'a str,
}

/// The first observation.
pub(super) fn first_ui(ctx: &Ctx<'_>, ui: &mut Ui, trajectory: &Trajectory) {
    let tokens = ctx.tokens;
    Frame::new()
        .fill(tokens.color.surface.sunken)
        .corner_radius(CornerRadius::same(tokens.radius.m))
        .inner_margin(Margin::same(tokens.space.m as i8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label(tokens.small("The beginning"));
            ui.label(tokens.mono(&trajectory.initial_observation));
        });
}

/// How the episode ended.
pub(super) fn end_ui(ctx: &Ctx<'_>, ui: &mut Ui, trajectory: &Trajectory) {
    let (words, tone) = match trajectory.end {
        EpisodeEnd::Success => ("The goal was reached", Tone::Success),
        EpisodeEnd::Failure => ("The world ended the episode", Tone::Warning),
        EpisodeEnd::Truncated => ("The steps ran out", Tone::Neutral),
        EpisodeEnd::EnvironmentError => ("The world broke", Tone::Danger),
        EpisodeEnd::Unknown => ("The record does not say how it ended", Tone::Neutral),
    };
    ui.vertical_centered(|ui| Badge::new(words, tone).show(ui, ctx.tokens));
}

/// A step. A click chooses it.
pub(super) fn show(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    index: usize,
    step: &Step,
    look: Look<'_>,
) -> Response {
    let tokens = ctx.tokens;
    let builder = UiBuilder::new()
        .id_salt(("step", index))
        .sense(Sense::click());
    let response = ui
        .scope_builder(builder, |ui| {
            let hovered = ui.response().hovered();
            frame(ctx, look, hovered).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = tokens.space.xs;
                if look.fold == Fold::Actions {
                    ui.horizontal_top(|ui| {
                        ui.label(tokens.small((index + 1).to_string()));
                        mark_ui(ctx, ui, look);
                        said_ui(ctx, ui, &step.action, look.found);
                    });
                    return;
                }
                heading_ui(ctx, ui, index, step, look);
                said_ui(ctx, ui, &format!("> {}", step.action), look.found);
                raw_ui(ctx, ui, step);
                said_ui(ctx, ui, &step.observation, look.found);
                if look.fold == Fold::Choices {
                    choices_ui(ctx, ui, step);
                }
            });
        })
        .response;
    let words = format!("Step {}: {}", index + 1, step.action);
    response.widget_info(|| {
        WidgetInfo::selected(
            Role::ListItem,
            ui.is_enabled(),
            look.selected,
            &*ctx.tokens.say(&words),
        )
    });
    response
}

fn frame(ctx: &Ctx<'_>, look: Look<'_>, hovered: bool) -> Frame {
    let tokens = ctx.tokens;
    let color = &tokens.color;
    let line = match (look.selected, look.differs, hovered) {
        (true, ..) => color.accent.fill,
        (_, true, _) => color.warning.fill,
        (.., true) => color.border.strong,
        _ => color.border.subtle,
    };
    Frame::new()
        .fill(if look.selected {
            color.surface.selected
        } else {
            color.surface.card
        })
        .stroke(Stroke::new(1.0, line))
        .corner_radius(CornerRadius::same(tokens.radius.m))
        .inner_margin(Margin::same(tokens.space.m as i8))
}

/// What was said or done, with the words that are looked for on a background of their own.
fn said_ui(ctx: &Ctx<'_>, ui: &mut Ui, text: &str, found: &str) {
    let tokens = ctx.tokens;
    if found.is_empty() {
        ui.label(tokens.mono(text));
        return;
    }
    let plain = TextFormat::simple(tokens.mono_font(), tokens.color.text.body);
    let painted = TextFormat {
        background: tokens.color.warning.soft,
        color: tokens.color.warning.text,
        ..plain.clone()
    };
    let mut job = LayoutJob::default();
    job.wrap.max_width = ui.available_width();
    for (piece, is_found) in pieces(text, found) {
        job.append(
            piece,
            0.0,
            if is_found {
                painted.clone()
            } else {
                plain.clone()
            },
        );
    }
    ui.label(job);
}

/// The text in pieces, each with whether it is `found`, whatever the case of ASCII letters.
fn pieces<'a>(text: &'a str, found: &str) -> Vec<(&'a str, bool)> {
    let (low, needle) = (text.to_ascii_lowercase(), found.to_ascii_lowercase());
    let mut pieces = Vec::new();
    let mut done = 0;
    for (at, _) in low.match_indices(&needle) {
        pieces.push((&text[done..at], false));
        done = at + needle.len();
        pieces.push((&text[at..done], true));
    }
    pieces.push((&text[done..], false));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

fn mark_ui(ctx: &Ctx<'_>, ui: &mut Ui, look: Look<'_>) {
    if look.marked {
        let color = ctx.tokens.color.accent.text;
        Icon::Bookmark.show(ui, ctx.tokens.size.icon_small, color);
    }
}

fn heading_ui(ctx: &Ctx<'_>, ui: &mut Ui, index: usize, step: &Step, look: Look<'_>) {
    let tokens = ctx.tokens;
    ui.horizontal(|ui| {
        ui.label(tokens.small(format!("Step {}", index + 1)));
        mark_ui(ctx, ui, look);
        if !step.admissible.is_empty() && !step.admissible.contains(&step.action) {
            Badge::new("not possible here", Tone::Warning)
                .show(ui, tokens)
                .explain(tokens, "The world does not know this action in this place");
        }
        if step.reward != 0.0 {
            let words = format!("reward {}", format::number(step.reward));
            Badge::new(&words, Tone::Success).show(ui, tokens);
        }
        if let Some(trace) = &step.trace {
            right_aligned(ui, |ui| {
                let cost = format!(
                    "{} + {} tokens · {}",
                    format::count(u64::from(trace.prompt_tokens)),
                    trace.completion_tokens,
                    format::duration(trace.millis as f64 / 1000.0)
                );
                let about = format!(
                    "{} tokens read, {} of them kept from the step before; {} written",
                    trace.prompt_tokens, trace.cached_tokens, trace.completion_tokens
                );
                ui.label(tokens.small(cost)).explain(tokens, &about);
            });
        }
    });
}

/// What the model said, when something else was made of it.
fn raw_ui(ctx: &Ctx<'_>, ui: &mut Ui, step: &Step) {
    let raw = step.trace.as_ref().and_then(|trace| trace.raw.as_ref());
    if let Some(raw) = raw {
        ui.label(ctx.tokens.small(format!("The model wrote {raw:?}")));
    }
}

fn choices_ui(ctx: &Ctx<'_>, ui: &mut Ui, step: &Step) {
    let tokens = ctx.tokens;
    let scored = step.trace.as_ref().map_or(&[][..], |trace| &trace.scored);
    if scored.is_empty() {
        if !step.admissible.is_empty() {
            ui.label(tokens.small(format!("Possible: {}", step.admissible.join(" · "))));
        }
        return;
    }
    for (action, share) in likelihoods(scored).into_iter().take(8) {
        let words = format!("{:>5}  {action}", format::percent(share));
        let text = tokens.mono(words);
        ui.label(if action == step.action {
            text
        } else {
            text.color(tokens.color.text.muted)
        });
    }
}

/// How likely each action was among those scored, most likely first: a softmax over their
/// log-likelihoods.
pub(super) fn likelihoods(scored: &[ScoredAction]) -> Vec<(&str, f64)> {
    let best = scored
        .iter()
        .map(|action| action.log_likelihood)
        .fold(f64::NEG_INFINITY, f64::max);
    let weight = |action: &ScoredAction| (action.log_likelihood - best).exp();
    let total: f64 = scored.iter().map(weight).sum();
    let mut shares: Vec<(&str, f64)> = scored
        .iter()
        .map(|action| (action.action.as_str(), weight(action) / total))
        .collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_words_are_cut_out_whatever_their_case() {
        let cut = pieces("A pen, and a Pen.", "PEN");
        assert_eq!(
            cut,
            [
                ("A ", false),
                ("pen", true),
                (", and a ", false),
                ("Pen", true),
                (".", false)
            ]
        );
        assert_eq!(pieces("größe", "SS"), [("größe", false)]);
    }

    #[test]
    fn likelihoods_add_up_and_keep_their_order() {
        let scored = |action: &str, log_likelihood| ScoredAction {
            action: action.to_owned(),
            log_likelihood,
            num_tokens: 1,
        };
        let actions = [scored("look", -900.0), scored("go", -899.0)];
        let shares = likelihoods(&actions);
        assert_eq!(shares[0].0, "go");
        let total: f64 = shares.iter().map(|(_, share)| share).sum();
        assert!(
            (total - 1.0).abs() < 1e-12,
            "even for very unlikely actions"
        );
    }
}
