//! One episode: its steps on the left, what the model was told on the right.

use egui::{ScrollArea, Ui};
use lore_core::{Trajectory, TrajectoryId};
use lore_protocol::Source;

use super::{follow_keys, markdown, memories, prompt, step_card};
use crate::command::Command;
use crate::context::Ctx;
use crate::widgets::{Badge, Button, Icon, Menu, Tone, columns, menu_item, segmented, switch};
use crate::{Route, format};

/// Which step is looked at, and how.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// The episode that `step` belongs to.
    shown: Option<TrajectoryId>,
    step: usize,
    panel: Panel,
    with_choices: bool,
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
}

impl Reader {
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
        }
        self.follow = follow_keys(ui, &mut self.step, trajectory.steps.len());
        facts_ui(ctx, ui, trajectory);
        self.controls_ui(ctx, ui, trajectory);
        columns(ui, ctx.tokens, &[3.0, 2.0], 320.0, |ui, column| {
            let height = ui.available_height().max(240.0);
            ScrollArea::vertical()
                .id_salt(("reader", column))
                .max_height(height)
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = ctx.tokens.space.s;
                    if column == 0 {
                        self.steps_ui(ctx, ui, trajectory);
                    } else {
                        self.panel_ui(ctx, ui, source, trajectory);
                    }
                });
        });
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
            switch(ui, tokens, &mut self.with_choices, "Show possible actions");
        });
    }

    fn steps_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, trajectory: &Trajectory) {
        step_card::first_ui(ctx, ui, trajectory);
        for (index, step) in trajectory.steps.iter().enumerate() {
            let look = step_card::Look {
                selected: index == self.step,
                differs: false,
                with_choices: self.with_choices,
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
        let num = trajectory
            .trace
            .as_ref()
            .map_or(0, |trace| trace.memories.len());
        let memories = format!("Memories ({num})");
        let panels = [
            (Panel::Prompt, "Prompt as sent"),
            (Panel::Memories, memories.as_str()),
        ];
        segmented(ui, ctx.tokens, &mut self.panel, &panels, "Beside the steps");
        match self.panel {
            Panel::Prompt => prompt::ui(ctx, ui, trajectory, self.step),
            Panel::Memories => memories::ui(ctx, ui, source, trajectory),
        }
    }
}

/// What is known about the whole episode, as badges.
fn facts_ui(ctx: &Ctx<'_>, ui: &mut Ui, trajectory: &Trajectory) {
    let tokens = ctx.tokens;
    let tone = if trajectory.is_success() {
        Tone::Success
    } else {
        Tone::Neutral
    };
    ui.horizontal_wrapped(|ui| {
        Badge::new(trajectory.end.label(), tone)
            .icon(if trajectory.is_success() {
                Icon::CheckCircle
            } else {
                Icon::Info
            })
            .show(ui, tokens);
        Badge::new(&trajectory.source, Tone::Accent).show(ui, tokens);
        ui.label(tokens.muted(format::task_type(&trajectory.task.task_type)));
        let steps = format::counted(trajectory.steps.len() as u64, "step", "steps");
        ui.label(tokens.muted(steps));
        let traces = || {
            trajectory
                .steps
                .iter()
                .filter_map(|step| step.trace.as_ref())
        };
        if traces().next().is_some() {
            let millis: u64 = traces().map(|trace| trace.millis).sum();
            let read: u64 = traces().map(|trace| u64::from(trace.prompt_tokens)).sum();
            let said: u64 = traces()
                .map(|trace| u64::from(trace.completion_tokens))
                .sum();
            ui.label(tokens.muted(format::duration(millis as f64 / 1000.0)));
            ui.label(tokens.muted(format!(
                "{} tokens read, {} written",
                format::short_count(read),
                format::short_count(said)
            )));
        }
        if let Some(trace) = &trajectory.trace {
            ui.label(tokens.muted(format!("seed {}", trace.seed)));
        }
    });
}

/// What can be done with an episode, beside the title.
pub(super) fn actions_ui(ctx: &Ctx<'_>, ui: &mut Ui, source: &Source, trajectory: &Trajectory) {
    let tokens = ctx.tokens;
    let copy = Button::secondary("Copy as Markdown")
        .icon(Icon::Copy)
        .show(ui, tokens);
    if copy.clicked() {
        ctx.send(Command::Copy {
            text: markdown::of(trajectory),
            what: "Episode",
        });
    }
    let twins = same_task(ctx, source, trajectory);
    if twins.is_empty() {
        return;
    }
    let button = Button::secondary("Same task, other arms")
        .icon(Icon::Split)
        .hover("Lays another agent's attempt at this task beside it")
        .show(ui, tokens);
    Menu::show(&button, |ui| {
        for twin in &twins {
            if menu_item(ui, tokens, twin.icon, &twin.words) {
                ctx.go(Route::Beside {
                    source: twin.source.clone(),
                    left: trajectory.id.clone(),
                    right: twin.id.clone(),
                });
            }
        }
    });
}

/// Another attempt at the same task.
struct Twin {
    source: Source,
    id: TrajectoryId,
    words: String,
    icon: Icon,
}

fn same_task(ctx: &Ctx<'_>, source: &Source, trajectory: &Trajectory) -> Vec<Twin> {
    let (Source::Experiment { id: experiment }
    | Source::Run {
        experiment: Some(experiment),
        ..
    }) = source
    else {
        return Vec::new();
    };
    let Some(results) = ctx.results(experiment).ready() else {
        return Vec::new();
    };
    let mut twins = Vec::new();
    for run in &results.runs {
        for episode in &run.episodes {
            if episode.task == trajectory.task.id && episode.trajectory != trajectory.id {
                let success = episode.end == lore_core::EpisodeEnd::Success;
                twins.push(Twin {
                    source: Source::Experiment {
                        id: experiment.clone(),
                    },
                    id: episode.trajectory.clone(),
                    words: format!(
                        "{}, seed {} ({})",
                        run.arm.name,
                        run.seed,
                        episode.end.label()
                    ),
                    icon: if success {
                        Icon::CheckCircle
                    } else {
                        Icon::Failed
                    },
                });
            }
        }
    }
    twins
}
