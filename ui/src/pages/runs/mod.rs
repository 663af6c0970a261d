//! Runs: what is being computed now, what waits, what is done, and how to compare agents anew.

mod experiment;
mod grow;
mod job;
mod list;
mod matrix;
mod new;
mod queue;

use egui::{Key, KeyboardShortcut, Modifiers, Ui};
use lore_core::ExperimentId;
use lore_protocol::{ExperimentRequest, ExperimentResponse, Request, Response};

use super::Page;
use super::start::runs_of_started;
use crate::command::{Action, Command, Order};
use crate::context::Ctx;
use crate::parts::{crumb_ui, loaded_ui, page_scroll};
use crate::shell::PaletteEntry;
use crate::store::ActionState;
use crate::widgets::{Button, EmptyState, Icon, columns};
use crate::{PageId, Route};
use new::NewExperiment;

const AREA: &str = "Runs";

/// Where the start's progress and error are shown.
const START: &str = "runs/start";

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct RunsPage {
    /// The form of a new experiment, while it is open.
    form: Option<Box<NewExperiment>>,
    job: job::JobView,
    /// The start that closed the form.
    closed_by: Option<ExperimentId>,
}

impl Page for RunsPage {
    fn actions_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        if let Some(form) = &self.form {
            start_button_ui(ctx, ui, form);
            return;
        }
        let new = Button::primary("New experiment")
            .icon(Icon::Plus)
            .show(ui, ctx.tokens);
        if new.clicked() {
            self.form = Some(Box::default());
        }
    }

    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        self.close_after_start(ctx);
        page_scroll(ctx, ui, |ui| {
            if let Some(form) = &mut self.form {
                let back = Button::quiet("All runs")
                    .icon(Icon::ChevronLeft)
                    .show(ui, ctx.tokens);
                if back.clicked() {
                    self.form = None;
                    return;
                }
                form.ui(ctx, ui);
                return;
            }
            let experiments = ctx.experiments();
            let jobs = ctx.jobs_loaded();
            loaded_ui(ctx, ui, experiments, "Looking for experiments", |ui, _| {
                loaded_ui(ctx, ui, jobs, "Looking for jobs", |ui, _| {
                    self.runs_ui(ctx, ui);
                });
            });
        });
    }

    fn commands(&self, _ctx: &Ctx<'_>) -> Vec<PaletteEntry> {
        let Some(form) = &self.form else {
            let new = PaletteEntry::order(AREA, "New experiment", Icon::Plus, Order::New);
            return vec![new.keys(Modifiers::COMMAND, Key::N)];
        };
        let close = PaletteEntry::order(AREA, "All runs", Icon::ChevronLeft, Order::Close);
        let mut entries = vec![close.keys(Modifiers::NONE, Key::Escape)];
        if form.problem().is_none() {
            entries.push(PaletteEntry {
                title: "Start the experiment".to_owned(),
                area: AREA,
                icon: Icon::Play,
                shortcut: Some(KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter)),
                command: Command::Act(Box::new(start(form))),
            });
        }
        entries
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::New => self.form = Some(Box::default()),
            Order::Close => self.form = None,
            _ => {}
        }
    }
}

impl RunsPage {
    fn runs_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let experiments = ctx.experiments().ready().unwrap_or_default();
        let has_jobs = ctx.store.jobs().iter().next().is_some();
        if experiments.is_empty() && !has_jobs {
            nothing_ui(ctx, ui);
            return;
        }
        let chosen = list::chosen(ctx, experiments);
        columns(ui, ctx.tokens, &[2.0, 5.0], 230.0, |ui, column| {
            ui.spacing_mut().item_spacing.y = ctx.tokens.space.m;
            if column == 0 {
                list::ui(ctx, ui, experiments, chosen);
                queue::ui(ctx, ui);
                return;
            }
            if let Route::Runs { job: Some(id), .. } = ctx.route {
                let route = Route::Runs {
                    experiment: chosen.map(|info| info.spec.id.clone()),
                    job: None,
                };
                crumb_ui(ctx, ui, "All jobs", route);
                self.job.ui(ctx, ui, id);
                return;
            }
            match chosen {
                Some(info) => experiment::ui(ctx, ui, info),
                None => experiment::other_jobs_ui(ctx, ui),
            }
        });
    }

    /// A form that was sent is done with.
    fn close_after_start(&mut self, ctx: &Ctx<'_>) {
        let Some(ActionState::Done(Response::Experiment(ExperimentResponse::Started(id)))) =
            ctx.store.actions().state(START)
        else {
            return;
        };
        if self.closed_by.as_ref() != Some(id) {
            self.closed_by = Some(id.clone());
            self.form = None;
        }
    }
}

fn start_button_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &NewExperiment) {
    let problem = form.problem();
    let button = Button::primary("Start experiment")
        .icon(Icon::Play)
        .enabled(problem.is_none(), problem.as_deref().unwrap_or_default())
        .busy(ctx.is_busy(START))
        .show(ui, ctx.tokens);
    if button.clicked() {
        ctx.act(start(form));
    }
}

fn start(form: &NewExperiment) -> Action {
    let spec = Box::new(form.spec());
    let request = Request::Experiment(ExperimentRequest::Start { spec });
    Action::new(START, request)
        .say("The experiment is in the queue")
        .open(runs_of_started)
}

fn nothing_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let text = "An experiment trains agents with and without memories and lets them play tasks they \
                never saw. The sample takes minutes.";
    let button = EmptyState::new(PageId::Runs.icon(), "Nothing has run yet", text)
        .action("Run the sample experiment", Icon::Sparkle)
        .show(ui, ctx.tokens);
    if button.is_some_and(|button| button.clicked()) {
        ctx.act(super::sample_experiment());
    }
}
