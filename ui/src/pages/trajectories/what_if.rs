//! What the agent might have done in a step if something had been different: without its memories, or
//! with another adapter; and where that would have led.

use std::collections::BTreeMap;

use egui::{Label, Ui};
use lore_core::{Change, ScoredAction, Trajectory, TrajectoryId};
use lore_protocol::Source;

use super::branches::Branches;
use super::changes;
use super::step_card::likelihoods;
use crate::context::Ctx;
use crate::format;
use crate::parts::loaded_ui;
use crate::widgets::{Button, Icon, Tone, choice, progress_bar};

/// Actions that are compared at most, the most likely ones.
const MAX_SHOWN: usize = 8;

/// View state.
#[derive(Debug, Default)]
pub(super) struct WhatIf {
    change: Option<Change>,
    /// What was asked last: asking takes seconds, so looking at another step asks nothing.
    asked: Option<Asked>,
    branches: Branches,
}

#[derive(Clone, Debug, PartialEq)]
struct Asked {
    trajectory: TrajectoryId,
    step: usize,
    change: Change,
}

impl WhatIf {
    pub(super) fn ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        source: &Source,
        trajectory: &Trajectory,
        step: usize,
    ) {
        let tokens = ctx.tokens;
        if trajectory.trace.is_none() {
            ui.label(tokens.muted(
                "No model played this episode: there is nobody to ask what it would have done.",
            ));
            return;
        }
        if step >= trajectory.steps.len() {
            ui.label(tokens.muted("The agent took no step in this episode."));
            return;
        }
        ui.label(tokens.muted(
            "Asks the model again how likely each possible action of the chosen step is, with one thing \
             changed.",
        ));
        let changes = changes::of(ctx, source, trajectory, step);
        let known = self.change.take();
        let known = known.filter(|change| changes.iter().any(|(one, _)| one == change));
        let first = || changes.first().map(|(one, _)| one.clone());
        let mut change = known.or_else(first).unwrap_or_default();
        choice(ui, tokens, &mut change, &changes, "What is different");
        self.change = Some(change.clone());
        let asked = Asked {
            trajectory: trajectory.id.clone(),
            step,
            change: change.clone(),
        };
        let ask = Button::primary("Ask the model").icon(Icon::Search);
        if ask.show(ui, tokens).clicked() {
            self.asked = Some(asked.clone());
        }
        if self.asked.as_ref() == Some(&asked) {
            // Bars end before the scroll bar; what stands below does not.
            ui.scope(|ui| answer_ui(ctx, ui, source, trajectory, &asked));
        }
        self.branches
            .ui(ctx, ui, source, trajectory, (step, &change));
    }
}

fn answer_ui(ctx: &Ctx<'_>, ui: &mut Ui, source: &Source, trajectory: &Trajectory, asked: &Asked) {
    let ask = |change| ctx.what_if(source, &trajectory.id, asked.step, change);
    let (before, after) = (ask(&Change::Nothing), ask(&asked.change));
    loaded_ui(
        ctx,
        ui,
        before,
        "The model reads the prompt",
        |ui, before| {
            loaded_ui(
                ctx,
                ui,
                after,
                "The model reads the other prompt",
                |ui, after| {
                    let action = &trajectory.steps[asked.step].action;
                    let is_changed = asked.change != Change::Nothing;
                    compared_ui(ctx, ui, (before, after), action, is_changed);
                },
            );
        },
    );
}

fn compared_ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    (before, after): (&[ScoredAction], &[ScoredAction]),
    done: &str,
    is_changed: bool,
) {
    let tokens = ctx.tokens;
    let rows = compared(before, after);
    let favourite = |share: fn(&Row<'_>) -> f64| {
        let best = rows.iter().max_by(|a, b| share(a).total_cmp(&share(b)));
        best.map_or("", |row| row.action)
    };
    let (was, would_be) = (favourite(|row| row.before), favourite(|row| row.after));
    let words = if !is_changed {
        format!("It finds this the most likely: {was}")
    } else if was == would_be {
        "It would do the same".to_owned()
    } else {
        format!("It would rather do this: {would_be}")
    };
    ui.add(Label::new(tokens.label(words)).wrap());
    // Bars are read, not clicked: they need no room for a pointer, but some for the scroll bar.
    ui.spacing_mut().interact_size.y = 0.0;
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.set_max_width(ui.available_width() - 2.0 * tokens.space.m);
    for row in rows.iter().take(MAX_SHOWN) {
        ui.add_space(tokens.space.s);
        let action = tokens.mono(row.action);
        ui.add(
            Label::new(if row.action == done {
                action.strong()
            } else {
                action
            })
            .wrap(),
        );
        share_ui(ctx, ui, "as it was", row.before, Tone::Neutral);
        if is_changed {
            share_ui(ctx, ui, "changed", row.after, Tone::Accent);
        }
    }
    let more = rows.len().saturating_sub(MAX_SHOWN);
    if more > 0 {
        let more = format::counted(more as u64, "less likely action", "less likely actions");
        ui.label(tokens.small(format!("and {more}")));
    }
}

fn share_ui(ctx: &Ctx<'_>, ui: &mut Ui, words: &str, share: f64, tone: Tone) {
    let tokens = ctx.tokens;
    let percent = format::percent(share);
    ui.horizontal(|ui| {
        let width = 120.0;
        ui.allocate_ui(egui::vec2(width, tokens.text.small), |ui| {
            ui.set_min_width(width);
            ui.label(tokens.small(format!("{percent} {}", tokens.say(words))));
        });
        progress_bar(ui, tokens, Some(share as f32), tone, words);
    });
}

/// An action, and how likely it was and would be.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row<'a> {
    action: &'a str,
    before: f64,
    after: f64,
}

/// Both sides of every action; first those that are likely on either side.
fn compared<'a>(before: &'a [ScoredAction], after: &[ScoredAction]) -> Vec<Row<'a>> {
    let after: BTreeMap<&str, f64> = likelihoods(after).into_iter().collect();
    let mut rows: Vec<Row<'a>> = likelihoods(before)
        .into_iter()
        .map(|(action, before)| Row {
            action,
            before,
            after: after.get(action).copied().unwrap_or_default(),
        })
        .collect();
    rows.sort_by(|a, b| b.before.max(b.after).total_cmp(&a.before.max(a.after)));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_likely_on_either_side_comes_first() {
        let scored = |list: [(&str, f64); 3]| {
            list.map(|(action, log_likelihood)| ScoredAction {
                action: action.to_owned(),
                log_likelihood,
                num_tokens: 1,
            })
        };
        let before = scored([("look", -1.0), ("go", -4.0), ("open", -5.0)]);
        let after = scored([("look", -6.0), ("go", -7.0), ("open", -2.0)]);
        let rows = compared(&before, &after);
        let actions: Vec<&str> = rows.iter().map(|row| row.action).collect();
        assert_eq!(actions, ["open", "look", "go"]);
        for side in [|row: &Row<'_>| row.before, |row: &Row<'_>| row.after] {
            let total: f64 = rows.iter().map(side).sum();
            assert!((total - 1.0).abs() < 1e-12);
        }
    }
}
