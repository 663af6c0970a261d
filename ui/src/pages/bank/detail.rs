//! One experience: what happened, and what can be done with it.

use egui::{CornerRadius, Frame, Margin, ScrollArea, Ui};
use lore_core::{BankInfo, Experience, ExperienceId, Trajectory};
use lore_protocol::Source;

use super::lesson::{self, lesson_ui};
use super::removal::removal_ui;
use super::{choose, edit};
use crate::context::Ctx;
use crate::parts::{action_error_ui, loaded_ui};
use crate::widgets::{Badge, Button, Card, Icon, Tone, remaining_height, split_row};
use crate::{Route, format};

/// Least height of the episode's text.
const TEXT_HEIGHT: f32 = 240.0;

/// Margins of card and page below the text.
const BELOW: f32 = 58.0;

/// What is being done with the chosen experience.
#[derive(Debug, Default)]
pub(super) struct Detail {
    /// The one that somebody is about to remove.
    removing: Option<ExperienceId>,
    lesson: lesson::Draft,
}

impl Detail {
    /// The chosen experience as a card.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo, id: &ExperienceId) {
        Card::new().show(ui, ctx.tokens, |ui| {
            let experience = ctx.experience(&bank.id, id);
            let waiting_for = "Fetching the episode";
            loaded_ui(ctx, ui, experience, waiting_for, |ui, experience| {
                self.experience_ui(ctx, ui, bank, experience);
            });
        });
    }

    fn experience_ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        bank: &BankInfo,
        experience: &Experience,
    ) {
        let id = &experience.id;
        heading_ui(ctx, ui, bank, experience);
        if buttons_ui(ctx, ui, bank, experience) {
            self.removing = Some(id.clone());
        }
        removal_ui(ctx, ui, bank, id, &mut self.removing);
        action_error_ui(ctx, ui, &edit::place(id));
        action_error_ui(ctx, ui, &edit::remove_place(id));
        lesson_ui(ctx, ui, bank, experience, &mut self.lesson);
        ScrollArea::vertical()
            .id_salt("episode")
            .max_height(remaining_height(ui, BELOW, TEXT_HEIGHT))
            .auto_shrink([false, true])
            .show(ui, |ui| episode_ui(ctx, ui, &experience.trajectory));
    }
}

fn heading_ui(ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo, experience: &Experience) {
    let tokens = ctx.tokens;
    let task = &experience.trajectory.task;
    let close = split_row(
        ui,
        |ui| {
            ui.label(tokens.subtitle_verbatim(format::goal(&task.goal)));
        },
        |ui| Button::icon_only(Icon::Close, "Close this experience").show(ui, tokens),
    );
    if close.clicked() {
        choose(ctx, &bank.id, None);
    }
    ui.horizontal_wrapped(|ui| {
        let (word, tone) = if experience.trajectory.is_success() {
            ("solved", Tone::Success)
        } else {
            ("not solved", Tone::Neutral)
        };
        Badge::new(word, tone).show(ui, tokens);
        Badge::new(&format::task_type(&task.task_type), Tone::Neutral).show(ui, tokens);
        if experience.pinned {
            Badge::new("pinned", Tone::Accent)
                .icon(Icon::Pin)
                .show(ui, tokens);
        }
        if experience.never_use {
            Badge::new("never used", Tone::Danger)
                .icon(Icon::Ban)
                .show(ui, tokens);
        }
    });
    ui.label(tokens.small(format!(
        "{} · {} · by {}",
        format::counted(
            experience.trajectory.num_steps() as u64,
            "action",
            "actions"
        ),
        format::counted(u64::from(experience.num_tokens), "token", "tokens"),
        experience.trajectory.source
    )));
}

/// What can be done with it; true when it is to be removed.
fn buttons_ui(ctx: &Ctx<'_>, ui: &mut Ui, bank: &BankInfo, experience: &Experience) -> bool {
    let tokens = ctx.tokens;
    let busy = ctx.is_busy(&edit::place(&experience.id));
    let id = &experience.id;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.space.xs;
        let open = Button::secondary("Read")
            .icon(Icon::Path)
            .hover("Read it step by step on the Trajectories page");
        if open.show(ui, tokens).clicked() {
            let source = Source::Bank {
                id: bank.id.clone(),
            };
            ctx.go(Route::Trajectories {
                source: Some(source),
                id: Some(experience.trajectory.id.clone()),
            });
        }
        let pin = Button::quiet(if experience.pinned { "Unpin" } else { "Pin" })
            .icon(Icon::Pin)
            .busy(busy)
            .hover("Pinned experiences stand first and are kept when the bank is cleaned up");
        if pin.show(ui, tokens).clicked() {
            edit::pin(ctx, &bank.id, id, !experience.pinned);
        }
        let words = if experience.never_use {
            "Use again"
        } else {
            "Never use"
        };
        let never = Button::quiet(words)
            .icon(Icon::Ban)
            .busy(busy)
            .hover("An experience that is never used stays in the bank, but no agent is shown it");
        if never.show(ui, tokens).clicked() {
            edit::never_use(ctx, &bank.id, id, !experience.never_use);
        }
        let remove = Button::quiet("Remove")
            .icon(Icon::Trash)
            .hover("Shows first what taking it out would change. Its data set stays as it is");
        remove.show(ui, tokens).clicked()
    })
    .inner
}

/// An episode to read: what was seen in plain text, what was done on a soft background.
pub(super) fn episode_ui(ctx: &Ctx<'_>, ui: &mut Ui, trajectory: &Trajectory) {
    let tokens = ctx.tokens;
    ui.spacing_mut().item_spacing.y = tokens.space.s;
    ui.label(tokens.mono(&trajectory.initial_observation));
    for step in &trajectory.steps {
        Frame::new()
            .fill(tokens.color.accent.soft)
            .corner_radius(CornerRadius::same(tokens.radius.s))
            .inner_margin(Margin::symmetric(8, 4))
            .show(ui, |ui| {
                ui.label(tokens.mono(&step.action).color(tokens.color.accent.text));
            });
        ui.label(tokens.mono(&step.observation));
    }
    let end = format!("Ended: {}", trajectory.end.label());
    ui.label(tokens.small(end));
}
