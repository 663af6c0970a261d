//! Two episodes side by side, with the place where they part.

use egui::{ScrollArea, Ui};
use lore_core::{BranchOrigin, Trajectory, TrajectoryId};
use lore_protocol::Source;

use super::difference::{Difference, between};
use super::{changes, follow_keys, step_card};
use crate::command::Order;
use crate::context::Ctx;
use crate::parts::loaded_ui;
use crate::widgets::{Badge, Button, Card, Icon, Tone, columns, right_aligned};
use crate::{Route, format};

/// Which step is looked at.
#[derive(Debug, Default)]
pub(super) struct BesideView {
    /// The pair that `step` belongs to.
    shown: Option<[TrajectoryId; 2]>,
    step: usize,
    follow: bool,
    /// Asked for by keys or from the list of commands since the last frame.
    orders: Vec<Order>,
}

impl BesideView {
    /// Notes an order until the episodes are at hand.
    pub(super) fn obey(&mut self, order: Order) {
        self.orders.push(order);
    }

    /// Both episodes.
    pub(super) fn ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        episodes: [(&Source, &TrajectoryId); 2],
    ) {
        let both = episodes.map(|(source, id)| ctx.trajectory(source, id));
        let (Some(left), Some(right)) = (both[0].ready(), both[1].ready()) else {
            for one in both {
                loaded_ui(ctx, ui, one, "Opening the episodes", |_, _| {});
            }
            return;
        };
        let difference = between(left, right);
        let pair = episodes.map(|(_, id)| id.clone());
        if self.shown.as_ref() != Some(&pair) {
            self.shown = Some(pair);
            let branch = branch_of(left, right).map(|origin| origin.step as usize);
            self.step = difference.first.or(branch).unwrap_or(0);
            self.follow = true;
        }
        let longest = left.steps.len().max(right.steps.len());
        let before = self.step;
        for order in std::mem::take(&mut self.orders) {
            match order {
                Order::Next => self.step += 1,
                Order::Previous => self.step = self.step.saturating_sub(1),
                Order::First => self.step = 0,
                Order::Last => self.step = longest,
                Order::Find => self.step = difference.first.unwrap_or(self.step),
                _ => {}
            }
        }
        self.step = self.step.min(longest.saturating_sub(1));
        self.follow |= self.step != before;
        self.follow |= follow_keys(ui, &mut self.step, longest);
        self.difference_ui(ctx, ui, difference, [left, right]);
        let follow = std::mem::take(&mut self.follow);
        columns(ui, ctx.tokens, &[1.0, 1.0], 260.0, |ui, column| {
            let one = if column == 0 { left } else { right };
            let source = episodes[column].0;
            self.episode_ui(ctx, ui, source, one, difference, column, follow);
        });
    }

    fn difference_ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        difference: Difference,
        [left, right]: [&Trajectory; 2],
    ) {
        Card::new().show(ui, ctx.tokens, |ui| {
            if let Some(origin) = branch_of(left, right) {
                let step = origin.step as usize;
                let change = changes::words(ctx, &origin.change, left, step);
                let words = format!("Played on from step {}: {change}", step + 1);
                ui.label(ctx.tokens.label(words));
                if let Some(action) = &origin.action {
                    let words = format!("There a person had it begin with {action:?}");
                    ui.label(ctx.tokens.body(words));
                }
            }
            ui.horizontal_wrapped(|ui| {
                ui.label(ctx.tokens.body(difference.words(left, right)));
                if let Some(first) = difference.first {
                    let jump = Button::quiet("Show the first difference")
                        .icon(Icon::Split)
                        .show(ui, ctx.tokens);
                    if jump.clicked() {
                        self.step = first;
                        self.follow = true;
                    }
                }
            });
        });
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "two columns that differ in these and nothing else"
    )]
    fn episode_ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        source: &Source,
        trajectory: &Trajectory,
        difference: Difference,
        column: usize,
        follow: bool,
    ) {
        heading_ui(ctx, ui, source, trajectory);
        let height = ui.available_height().max(240.0);
        ScrollArea::vertical()
            .id_salt(("beside", column))
            .max_height(height)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = ctx.tokens.space.s;
                step_card::first_ui(ctx, ui, trajectory);
                for (index, step) in trajectory.steps.iter().enumerate() {
                    let look = step_card::Look {
                        selected: index == self.step,
                        differs: difference.first.is_some_and(|first| index >= first),
                        ..step_card::Look::default()
                    };
                    let card = step_card::show(ctx, ui, index, step, look);
                    if index == self.step && follow {
                        card.scroll_to_me(Some(egui::Align::Center));
                    }
                    if card.clicked() {
                        self.step = index;
                        self.follow = true;
                    }
                }
                step_card::end_ui(ctx, ui, trajectory);
            });
    }
}

/// Where the right one branched off from the left one, if it did.
fn branch_of<'a>(left: &Trajectory, right: &'a Trajectory) -> Option<&'a BranchOrigin> {
    let origin = right.trace.as_ref()?.branch.as_deref()?;
    (origin.trajectory == left.id).then_some(origin)
}

fn heading_ui(ctx: &Ctx<'_>, ui: &mut Ui, source: &Source, trajectory: &Trajectory) {
    let tokens = ctx.tokens;
    let tone = if trajectory.is_success() {
        Tone::Success
    } else {
        Tone::Neutral
    };
    ui.horizontal(|ui| {
        ui.label(tokens.subtitle(&trajectory.source));
        Badge::new(trajectory.end.label(), tone).show(ui, tokens);
        let steps = format::counted(trajectory.steps.len() as u64, "step", "steps");
        ui.label(tokens.muted(steps));
        right_aligned(ui, |ui| {
            let words = format!("Open {} alone", trajectory.source);
            let open = Button::icon_only(Icon::External, &words).show(ui, tokens);
            if open.clicked() {
                ctx.go(Route::Trajectories {
                    source: Some(source.clone()),
                    id: Some(trajectory.id.clone()),
                });
            }
        });
    });
}
