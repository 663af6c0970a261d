//! One experiment: how far it is, its arms and tasks, its jobs.

use egui::Ui;
use lore_protocol::{
    ExperimentInfo, ExperimentRequest, ExperimentState, JobState, Progress, Request,
};

use super::{grow, list, matrix};
use crate::command::Action;
use crate::context::Ctx;
use crate::parts::{action_error_ui, job_tone};
use crate::widgets::{Badge, Button, Card, Icon, ListRow, progress_ui, right_aligned};
use crate::{JobRecord, PageId, Route, format};

/// Everything about an experiment.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui, info: &ExperimentInfo) {
    summary_ui(ctx, ui, info);
    matrix::ui(ctx, ui, info);
    let own: Vec<&JobRecord> = info
        .jobs
        .iter()
        .filter_map(|id| ctx.store.jobs().get(id))
        .collect();
    jobs_ui(ctx, ui, "Jobs of this experiment", &own);
}

/// The jobs that belong to no experiment.
pub(super) fn other_jobs_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let others: Vec<&JobRecord> = ctx
        .store
        .jobs()
        .iter()
        .filter(|record| record.info.spec.experiment.is_none())
        .collect();
    jobs_ui(ctx, ui, "Jobs", &others);
}

fn place(info: &ExperimentInfo, what: &str) -> String {
    format!("experiment/{what}/{}", info.spec.id)
}

fn summary_ui(ctx: &Ctx<'_>, ui: &mut Ui, info: &ExperimentInfo) {
    let tokens = ctx.tokens;
    Card::new().show(ui, tokens, |ui| {
        ui.horizontal(|ui| {
            ui.label(tokens.subtitle(&info.spec.name));
            Badge::new(info.state.label(), list::tone(info.state)).show(ui, tokens);
            right_aligned(ui, |ui| buttons_ui(ctx, ui, info));
        });
        let progress = Progress {
            stage: doing(ctx, info),
            done: info.num_finished as u64,
            total: info.jobs.len() as u64,
            unit: "jobs".to_owned(),
            secs_left: info.secs_left,
        };
        progress_ui(ui, tokens, &progress, list::tone(info.state));
        ui.label(tokens.small(format!(
            "{} played · {} computed · model {}",
            format::counted(info.num_episodes as u64, "episode", "episodes"),
            format::duration(info.secs_spent),
            info.spec.model
        )));
        for what in ["stop", "resume", "delete", grow::WHAT] {
            action_error_ui(ctx, ui, &place(info, what));
        }
    });
}

/// What is being done now, in words.
fn doing(ctx: &Ctx<'_>, info: &ExperimentInfo) -> String {
    let running = info.jobs.iter().find_map(|id| {
        let record = ctx.store.jobs().get(id)?;
        matches!(record.info.state, JobState::Running | JobState::Stopping)
            .then(|| record.info.spec.title.clone())
    });
    running.unwrap_or_else(|| match info.state {
        ExperimentState::Running => "Waiting for its turn".to_owned(),
        ExperimentState::Finished => "Everything is done".to_owned(),
        ExperimentState::Interrupted => "Stopped before the end".to_owned(),
    })
}

fn buttons_ui(ctx: &Ctx<'_>, ui: &mut Ui, info: &ExperimentInfo) {
    let tokens = ctx.tokens;
    let id = &info.spec.id;
    if info.state != ExperimentState::Running {
        let delete = Button::icon_only(Icon::Trash, "Delete the experiment").show(ui, tokens);
        if delete.clicked() {
            let request = |request| Request::Experiment(request);
            let action = Action::new(
                place(info, "delete"),
                request(ExperimentRequest::Delete { id: id.clone() }),
            );
            ctx.act(
                action
                    .say("The experiment is in the trash")
                    .undo_with(request(ExperimentRequest::Restore { id: id.clone() }))
                    .open(|_| Some(PageId::Runs.route())),
            );
        }
    }
    let results = Button::secondary("Results")
        .icon(Icon::Chart)
        .show(ui, tokens);
    if results.clicked() {
        ctx.go(Route::Results(Some(id.clone())));
    }
    match info.state {
        ExperimentState::Running => {
            let stop = Button::secondary("Stop")
                .icon(Icon::Stop)
                .hover("What is done is kept; Resume goes on from there")
                .busy(ctx.is_busy(&place(info, "stop")))
                .show(ui, tokens);
            if stop.clicked() {
                let request = Request::Experiment(ExperimentRequest::Stop { id: id.clone() });
                ctx.act(Action::new(place(info, "stop"), request));
            }
        }
        ExperimentState::Interrupted => {
            let resume = Button::primary("Resume")
                .icon(Icon::Play)
                .busy(ctx.is_busy(&place(info, "resume")))
                .show(ui, tokens);
            if resume.clicked() {
                let request = Request::Experiment(ExperimentRequest::Resume { id: id.clone() });
                ctx.act(Action::new(place(info, "resume"), request));
            }
        }
        ExperimentState::Finished => grow::ui(ctx, ui, info, &place(info, grow::WHAT)),
    }
}

fn jobs_ui(ctx: &Ctx<'_>, ui: &mut Ui, title: &str, jobs: &[&JobRecord]) {
    Card::titled(title).tight().show(ui, ctx.tokens, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for record in jobs {
            let info = &record.info;
            let note = note_of(record);
            let row = ListRow::new(&info.spec.title)
                .subtitle(&note)
                .badge(info.state.label(), job_tone(&info.state))
                .chevron()
                .show(ui, ctx.tokens);
            if row.clicked() {
                ctx.go(Route::Runs {
                    experiment: info.spec.experiment.clone(),
                    job: Some(info.spec.id.clone()),
                });
            }
        }
    });
}

/// One line about a job.
fn note_of(record: &JobRecord) -> String {
    match &record.info.state {
        JobState::Finished { summary } => summary.clone(),
        JobState::Failed { error } => error.summary.clone(),
        JobState::Running | JobState::Stopping => {
            let progress = record.info.progress.as_ref();
            let doing =
                progress.map_or_else(|| "Starting".to_owned(), crate::widgets::progress_text);
            match record.secs_left() {
                Some(secs) => format!("{doing} · {}", format::time_left(secs)),
                None => doing,
            }
        }
        JobState::Queued | JobState::Cancelled { .. } => String::new(),
    }
}
