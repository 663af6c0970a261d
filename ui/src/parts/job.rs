//! A job where it was started: its progress, its end, the way to its page.

use egui::{Align, Label, Layout, Ui, vec2};
use lore_protocol::{Elsewhere, JobRequest, JobState, Progress, Request};

use super::{computer_name, error_ui};
use crate::command::Action;
use crate::context::Ctx;
use crate::widgets::{Button, Icon, Tone, progress_ui};
use crate::{JobRecord, Route, format};

/// The meaning of a job's state.
pub(crate) fn job_tone(state: &JobState) -> Tone {
    match state {
        JobState::Queued | JobState::Cancelled { .. } => Tone::Neutral,
        JobState::Running => Tone::Accent,
        JobState::Stopping => Tone::Warning,
        JobState::Finished { .. } => Tone::Success,
        JobState::Failed { .. } => Tone::Danger,
    }
}

/// The job that the last action at `place` started, if any.
pub(crate) fn job_at_ui(ctx: &Ctx<'_>, ui: &mut Ui, place: &str) {
    if let Some(record) = ctx.job_at(place) {
        job_progress_ui(ctx, ui, record);
    }
}

/// A job in a few lines: title and state, progress with time left, how it ended.
pub(crate) fn job_progress_ui(ctx: &Ctx<'_>, ui: &mut Ui, record: &JobRecord) {
    let tokens = ctx.tokens;
    let info = &record.info;
    // From the right, so that a long title gives way to the buttons.
    let row = vec2(ui.available_width(), tokens.size.control);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        buttons_ui(ctx, ui, record);
        ui.label(tokens.small(info.state.label()));
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add(Label::new(tokens.label(&info.spec.title)).truncate())
                .on_hover_text(&info.spec.title);
        });
    });
    match &info.state {
        JobState::Queued => {
            ui.label(tokens.small("Starts when the job before it is done"));
        }
        JobState::Running | JobState::Stopping => {
            let starting = Progress {
                stage: "Starting".to_owned(),
                ..Progress::default()
            };
            let progress = info.progress.as_ref().unwrap_or(&starting);
            progress_ui(ui, tokens, progress, job_tone(&info.state));
            elsewhere_ui(ctx, ui, record);
        }
        JobState::Finished { summary } => {
            let took = record
                .secs_spent()
                .map_or_else(String::new, |secs| format!(" · {}", format::duration(secs)));
            ui.label(tokens.small(format!("{summary}{took}")));
        }
        JobState::Cancelled { .. } => {
            ui.label(tokens.small("Stopped. What was done is kept"));
        }
        JobState::Failed { error } => error_ui(ctx, ui, error),
    }
}

/// Which other computer does it, and how it stands there.
fn elsewhere_ui(ctx: &Ctx<'_>, ui: &mut Ui, record: &JobRecord) {
    let tokens = ctx.tokens;
    let info = &record.info;
    let (Some(cluster), Some(stands)) = (&info.spec.cluster, info.elsewhere) else {
        return;
    };
    ui.horizontal_wrapped(|ui| {
        let on = format!("On {}", computer_name(ctx, cluster));
        ui.label(tokens.label(on));
        let words = tokens.small(stands.label());
        ui.label(match stands {
            Elsewhere::Sending | Elsewhere::Waiting | Elsewhere::Working => words,
            Elsewhere::OutOfReach | Elsewhere::NeedsToken => {
                words.color(Tone::Warning.text(tokens))
            }
        });
    });
}

fn buttons_ui(ctx: &Ctx<'_>, ui: &mut Ui, record: &JobRecord) {
    let tokens = ctx.tokens;
    let job = &record.info.spec.id;
    if Button::icon_only(Icon::ArrowRight, "Show in Runs")
        .show(ui, tokens)
        .clicked()
    {
        ctx.go(Route::Runs {
            experiment: record.info.spec.experiment.clone(),
            job: Some(job.clone()),
        });
    }
    if matches!(record.info.state, JobState::Running | JobState::Queued)
        && Button::icon_only(Icon::Stop, "Stop")
            .busy(ctx.is_busy(&format!("job/stop/{job}")))
            .show(ui, tokens)
            .clicked()
    {
        let request = Request::Job(JobRequest::Stop { job: job.clone() });
        ctx.act(Action::new(format!("job/stop/{job}"), request));
    }
}
