//! One episode: its steps on the left; on the right what the model was told, what it was reminded of,
//! where things are, and what a person noted.

use egui::{ScrollArea, Ui};
use lore_core::{Trajectory, TrajectoryId};
use lore_protocol::Source;

use super::find::Find;
use super::playback::Playback;
use super::what_if::WhatIf;
use super::{actions, facts, follow_keys, memories, notes, prompt, step_card, world};
use crate::command::Order;
use crate::context::Ctx;
use crate::widgets::{Button, Icon, columns, segmented};

/// Which step is looked at, and how.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// The episode that `step` belongs to.
    shown: Option<TrajectoryId>,
    step: usize,
    panel: Panel,
    fold: Fold,
    playback: Playback,
    find: Find,
    what_if: WhatIf,
    draft: notes::Draft,
    /// What was asked for by keys or from the list of commands since the last frame.
    orders: Vec<Order>,
    /// The chosen step is brought into view in this frame.
    follow: bool,
}

/// What stands beside the steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Panel {
    /// The prompt of the chosen step.
    #[default]
    Prompt,
    /// The memories in it.
    Memories,
    /// What it would have done otherwise.
    WhatIf,
    /// The world as far as it is known.
    Map,
    /// What a person noted.
    Notes,
}

/// How much of each step is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fold {
    /// What was done.
    Actions,
    /// What was done and seen.
    #[default]
    Steps,
    /// What could have been done as well.
    Choices,
}

impl Reader {
    /// Notes an order until the episode is at hand.
    pub(super) fn obey(&mut self, order: Order) {
        self.orders.push(order);
    }

    /// The episode.
    pub(super) fn ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        source: &Source,
        trajectory: &Trajectory,
    ) {
        if self.shown.as_ref() != Some(&trajectory.id) {
            self.shown = Some(trajectory.id.clone());
            self.step = 0;
            self.playback.stop();
        }
        let num_steps = trajectory.steps.len();
        let before = self.step;
        for order in std::mem::take(&mut self.orders) {
            self.follow_order(ctx, source, trajectory, order);
        }
        self.step = self.step.min(num_steps.saturating_sub(1));
        self.follow = follow_keys(ui, &mut self.step, num_steps) || self.step != before;
        self.follow |= self.playback.tick(ui, &mut self.step, num_steps);
        facts::ui(ctx, ui, trajectory);
        self.controls_ui(ctx, ui, trajectory);
        columns(ui, ctx.tokens, &[3.0, 2.0], 220.0, |ui, column| {
            let height = ui.available_height().max(240.0);
            ScrollArea::vertical()
                .id_salt(("reader", column))
                .max_height(height)
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = ctx.tokens.space.s;
                    if column == 0 {
                        self.steps_ui(ctx, ui, source, trajectory);
                    } else {
                        self.panel_ui(ctx, ui, source, trajectory);
                    }
                });
        });
    }

    fn follow_order(
        &mut self,
        ctx: &Ctx<'_>,
        source: &Source,
        trajectory: &Trajectory,
        order: Order,
    ) {
        let num_steps = trajectory.steps.len();
        match order {
            Order::Next => self.step = (self.step + 1).min(num_steps.saturating_sub(1)),
            Order::Previous => self.step = self.step.saturating_sub(1),
            Order::First => self.step = 0,
            Order::Last => self.step = num_steps.saturating_sub(1),
            Order::Play => self.playback.toggle(&mut self.step, num_steps),
            Order::Faster => self.playback.change_speed(true),
            Order::Slower => self.playback.change_speed(false),
            Order::Find => self.find.focus(),
            Order::Mark => notes::toggle_step(ctx, source, trajectory, self.step),
            Order::Bookmark => notes::toggle(ctx, source, trajectory),
            Order::Copy => actions::copy_markdown(ctx, trajectory),
            Order::Fold => {
                self.fold = match self.fold {
                    Fold::Actions => Fold::Steps,
                    Fold::Steps => Fold::Choices,
                    Fold::Choices => Fold::Actions,
                }
            }
            Order::View(view) => {
                let panels = [
                    Panel::Prompt,
                    Panel::Memories,
                    Panel::Map,
                    Panel::Notes,
                    Panel::WhatIf,
                ];
                self.panel = panels.get(view).copied().unwrap_or_default();
            }
            _ => {}
        }
    }

    fn controls_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, trajectory: &Trajectory) {
        let tokens = ctx.tokens;
        let num_steps = trajectory.steps.len();
        ui.horizontal_wrapped(|ui| {
            let previous = Button::icon_only(Icon::Previous, "Previous step (K)")
                .enabled(self.step > 0, "This is the first step")
                .show(ui, tokens);
            if previous.clicked() {
                self.step -= 1;
                self.follow = true;
            }
            ui.label(tokens.body(format!("Step {} of {num_steps}", self.step + 1)));
            let next = Button::icon_only(Icon::Next, "Next step (J)")
                .enabled(self.step + 1 < num_steps, "This is the last step")
                .show(ui, tokens);
            if next.clicked() {
                self.step += 1;
                self.follow = true;
            }
            self.playback.ui(ctx, ui, &mut self.step, num_steps);
            let folds = [
                (Fold::Actions, "Actions"),
                (Fold::Steps, "Steps"),
                (Fold::Choices, "All choices"),
            ];
            segmented(ui, tokens, &mut self.fold, &folds, "How much of each step");
            self.follow |= self.find.ui(ctx, ui, trajectory, &mut self.step);
        });
    }

    fn steps_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, source: &Source, trajectory: &Trajectory) {
        let mark = notes::mark_of(ctx, source, trajectory);
        if self.fold != Fold::Actions {
            step_card::first_ui(ctx, ui, trajectory);
        }
        for (index, step) in trajectory.steps.iter().enumerate() {
            let look = step_card::Look {
                selected: index == self.step,
                differs: false,
                fold: self.fold,
                marked: mark.is_some_and(|mark| mark.steps.contains(&(index as u32))),
                found: if self.find.is_in(step) {
                    self.find.text()
                } else {
                    ""
                },
            };
            let card = step_card::show(ctx, ui, index, step, look);
            if index == self.step && self.follow {
                card.scroll_to_me(None);
            }
            if card.clicked() {
                self.step = index;
            }
        }
        step_card::end_ui(ctx, ui, trajectory);
    }

    fn panel_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, source: &Source, trajectory: &Trajectory) {
        let num = trajectory.memories_at(self.step).len();
        let memories = format!("Memories ({num})");
        let mut panels = vec![
            (Panel::Prompt, "Prompt"),
            (Panel::Memories, memories.as_str()),
            (Panel::WhatIf, "What if"),
        ];
        if world::has_map(trajectory) {
            panels.push((Panel::Map, "Map"));
        } else if self.panel == Panel::Map {
            self.panel = Panel::Prompt;
        }
        panels.push((Panel::Notes, "Notes"));
        segmented(ui, ctx.tokens, &mut self.panel, &panels, "Beside the steps");
        match self.panel {
            Panel::Prompt => prompt::ui(ctx, ui, trajectory, self.step),
            Panel::Memories => memories::ui(ctx, ui, source, trajectory, self.step),
            Panel::WhatIf => self.what_if.ui(ctx, ui, source, trajectory, self.step),
            Panel::Map => world::ui(ctx, ui, trajectory, self.step),
            Panel::Notes => {
                let step = &mut self.step;
                self.follow |= notes::ui(ctx, ui, source, trajectory, &mut self.draft, step);
            }
        }
    }
}
