//! Results: which setting did better, on known and unknown kinds of task, and how sure that is.

mod chart;
mod compared;
mod files;
mod flips;
mod table;

use egui::Ui;
use lore_core::{Dial, ExperimentId, ExperimentResults, Preset};
use lore_protocol::{ExperimentInfo, ExperimentState};

use super::Page;
use crate::command::Command;
use crate::context::Ctx;
use crate::parts::{loaded_ui, page_scroll};
use crate::shell::PaletteEntry;
use crate::widgets::{Badge, Button, Card, EmptyState, Icon, Tone, choice, right_aligned, term};
use crate::{Route, format, text};
use chart::ChartView;
use flips::FlipsView;

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct ResultsPage {
    chart: ChartView,
    dials: [ChartView; Dial::ALL.len()],
    flips: FlipsView,
}

impl Page for ResultsPage {
    fn actions_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        if let Some(info) = shown(ctx) {
            let runs = Button::secondary("Show the runs")
                .icon(Icon::Runs)
                .show(ui, ctx.tokens);
            if runs.clicked() {
                ctx.go(Route::Runs {
                    experiment: Some(info.spec.id.clone()),
                    job: None,
                });
            }
        }
    }

    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        page_scroll(ctx, ui, |ui| {
            let experiments = ctx.experiments();
            loaded_ui(
                ctx,
                ui,
                experiments,
                "Looking for experiments",
                |ui, list| {
                    if list.is_empty() {
                        nothing_ui(ctx, ui);
                    }
                },
            );
            let Some(info) = shown(ctx) else {
                return;
            };
            picker_ui(ctx, ui, info);
            let results = ctx.results(&info.spec.id);
            loaded_ui(ctx, ui, results, "Counting successes", |ui, results| {
                self.results_ui(ctx, ui, info, results);
            });
        });
    }

    fn commands(&self, ctx: &Ctx<'_>) -> Vec<PaletteEntry> {
        let list = ctx.experiments().ready().unwrap_or_default();
        let entry = |info: &ExperimentInfo| PaletteEntry {
            title: format!("Show {}", info.spec.name),
            area: "Results",
            icon: Icon::Chart,
            shortcut: None,
            command: Command::Go(Route::Results(Some(info.spec.id.clone()))),
        };
        list.iter().map(entry).collect()
    }
}

impl ResultsPage {
    fn results_ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        info: &ExperimentInfo,
        results: &ExperimentResults,
    ) {
        if results.runs.is_empty() {
            let text = "Numbers appear here as soon as the first agent has played its tasks.";
            EmptyState::new(Icon::Chart, "No episode is counted yet", text).show(ui, ctx.tokens);
            return;
        }
        caution_ui(ctx, ui, info);
        self.chart.arms_ui(ctx, ui, results);
        for (dial, chart) in Dial::ALL.into_iter().zip(&mut self.dials) {
            chart.dial_ui(ctx, ui, dial, &results.turned(&info.spec, dial));
        }
        table::arms_ui(ctx, ui, results);
        table::types_ui(ctx, ui, &info.spec, results);
        compared::ui(ctx, ui, results);
        self.flips.ui(ctx, ui, results);
        files::ui(ctx, ui, &info.spec.id);
    }
}

/// The experiment that the route names, else the newest that has played something.
fn shown<'a>(ctx: &Ctx<'a>) -> Option<&'a ExperimentInfo> {
    let list = ctx.experiments().ready()?;
    let named = match ctx.route {
        Route::Results(Some(id)) => list.iter().find(|info| info.spec.id == *id),
        _ => None,
    };
    named
        .or_else(|| list.iter().find(|info| info.num_episodes > 0))
        .or_else(|| list.first())
}

fn picker_ui(ctx: &Ctx<'_>, ui: &mut Ui, info: &ExperimentInfo) {
    let tokens = ctx.tokens;
    let list = ctx.experiments().ready().unwrap_or_default();
    let choices: Vec<(ExperimentId, String)> = list
        .iter()
        .map(|info| {
            let made = format::date(info.spec.created_ms);
            (info.spec.id.clone(), format!("{} · {made}", info.spec.name))
        })
        .collect();
    let mut picked = info.spec.id.clone();
    ui.horizontal(|ui| {
        ui.label(tokens.body("Experiment"));
        if choice(ui, tokens, &mut picked, &choices, "Experiment").changed() {
            ctx.go(Route::Results(Some(picked.clone())));
        }
        let tone = match info.state {
            ExperimentState::Running => Tone::Accent,
            ExperimentState::Finished => Tone::Success,
            ExperimentState::Interrupted => Tone::Warning,
        };
        Badge::new(info.state.label(), tone).show(ui, tokens);
        right_aligned(ui, |ui| {
            let episodes = format::counted(info.num_episodes as u64, "episode", "episodes");
            ui.label(tokens.muted(episodes));
        });
    });
}

/// What few tasks can and cannot show.
fn caution_ui(ctx: &Ctx<'_>, ui: &mut Ui, info: &ExperimentInfo) {
    let tokens = ctx.tokens;
    let running = info.state == ExperimentState::Running;
    if info.spec.preset != Preset::Smoke && !running {
        return;
    }
    let words = if running {
        "The experiment is not finished; these numbers will move."
    } else {
        "A quick look shows that everything works. So few tasks cannot show which setting is better: \
         the intervals overlap."
    };
    Card::new().show(ui, tokens, |ui| {
        ui.horizontal_wrapped(|ui| {
            Icon::Info.show(ui, tokens.size.icon_small, tokens.color.text.muted);
            ui.label(tokens.muted(words));
            term(ui, tokens, text::SEEN_TYPES);
            term(ui, tokens, text::UNSEEN_TYPES);
        });
    });
}

fn nothing_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let text = "An experiment compares agents with and without memories and training. The sample \
                experiment takes minutes.";
    let button = EmptyState::new(Icon::Chart, "No experiment yet", text)
        .action("Run the sample experiment", Icon::Sparkle)
        .show(ui, ctx.tokens);
    if button.is_some_and(|button| button.clicked()) {
        ctx.act(super::sample_experiment());
    }
}
