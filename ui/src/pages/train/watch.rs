//! Trainings as they go: a list, and one of them in full.

use std::collections::BTreeSet;

use egui::Ui;
use lore_core::{GradientCertificate, JobId};
use lore_protocol::{JobRequest, JobState, Request, Work};

use super::curves::CurvesView;
use super::trainings;
use super::trials::TrialsView;
use crate::command::Action;
use crate::context::Ctx;
use crate::parts::{action_error_ui, job_progress_ui, job_tone};
use crate::widgets::{
    Badge, Button, Card, EmptyState, Explain as _, Icon, ListRow, Tone, columns, switch,
};
use crate::{JobRecord, Route, format};

/// Which training is shown, and how.
#[derive(Debug, Default)]
pub(super) struct WatchView {
    selected: Option<JobId>,
    /// Other trainings drawn into the same curves.
    overlaid: BTreeSet<JobId>,
    curves: CurvesView,
    trials: TrialsView,
}

impl WatchView {
    /// Shows a training.
    pub(super) fn select(&mut self, job: JobId) {
        self.overlaid.remove(&job);
        self.selected = Some(job);
    }

    /// The list and the chosen one.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let all: Vec<&JobRecord> = trainings(ctx).collect();
        let Some(first) = all.first() else {
            let text =
                "A training that is started appears here, with its curves and its time left.";
            EmptyState::new(Icon::Chart, "No training yet", text).show(ui, ctx.tokens);
            return;
        };
        let shown = self
            .selected
            .as_ref()
            .and_then(|id| all.iter().find(|record| record.info.spec.id == *id))
            .unwrap_or(first);
        columns(ui, ctx.tokens, &[2.0, 5.0], 220.0, |ui, column| {
            ui.spacing_mut().item_spacing.y = ctx.tokens.space.m;
            if column == 0 {
                self.list_ui(ctx, ui, &all, &shown.info.spec.id);
            } else {
                self.one_ui(ctx, ui, shown, &all);
            }
        });
    }

    fn list_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, all: &[&JobRecord], shown: &JobId) {
        Card::new().tight().show(ui, ctx.tokens, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for record in all {
                let info = &record.info;
                let row = ListRow::new(&info.spec.title)
                    .subtitle(experiment_of(ctx, record))
                    .badge(info.state.label(), job_tone(&info.state))
                    .selected(info.spec.id == *shown)
                    .show(ui, ctx.tokens);
                if row.clicked() {
                    self.select(info.spec.id.clone());
                }
            }
        });
        if all.len() > 1 {
            Card::titled("Compare with").show(ui, ctx.tokens, |ui| {
                for record in all.iter().filter(|record| record.info.spec.id != *shown) {
                    let id = &record.info.spec.id;
                    let mut on = self.overlaid.contains(id);
                    if switch(ui, ctx.tokens, &mut on, &full_title(ctx, record)).changed() {
                        self.overlay(id, on);
                    }
                }
            });
        }
    }

    fn overlay(&mut self, job: &JobId, on: bool) {
        if on {
            self.overlaid.insert(job.clone());
        } else {
            self.overlaid.remove(job);
        }
    }

    fn one_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, record: &JobRecord, all: &[&JobRecord]) {
        let tokens = ctx.tokens;
        Card::new().show(ui, tokens, |ui| {
            job_progress_ui(ctx, ui, record);
            ui.horizontal_wrapped(|ui| {
                certificate_ui(ctx, ui, record.info.certificate.as_ref());
                resume_ui(ctx, ui, record);
                results_ui(ctx, ui, record);
            });
            action_error_ui(ctx, ui, &resume_place(&record.info.spec.id));
            if let Work::Train(work) = &record.info.spec.work {
                ui.label(tokens.small(format!(
                    "{} · learning rate {} · seed {}",
                    if work.bank.is_some() {
                        "ExpRAG-LoRA"
                    } else {
                        "LoRA"
                    },
                    format::number(work.config.learning_rate),
                    work.config.seed
                )));
            }
        });
        let others: Vec<&JobRecord> = all
            .iter()
            .copied()
            .filter(|other| self.overlaid.contains(&other.info.spec.id))
            .collect();
        self.curves.ui(ctx, ui, record, &others);
        self.trials.ui(ctx, ui, &record.info.trials);
    }
}

/// The experiment that a training belongs to, since trainings of two are called alike; empty when it was
/// started by itself.
fn experiment_of<'a>(ctx: &Ctx<'a>, record: &'a JobRecord) -> &'a str {
    let Some(id) = &record.info.spec.experiment else {
        return "";
    };
    let known = ctx.experiments().ready().unwrap_or_default();
    let known = known.iter().find(|info| info.spec.id == *id);
    known.map_or(id.as_str(), |info| info.spec.name.as_str())
}

/// A training and its experiment: `Train LoRA, seed 2025 · Quick look`.
fn full_title(ctx: &Ctx<'_>, record: &JobRecord) -> String {
    let title = &record.info.spec.title;
    match experiment_of(ctx, record) {
        "" => title.clone(),
        experiment => format!("{title} · {experiment}"),
    }
}

/// The proof that every part of the adapter learns.
fn certificate_ui(ctx: &Ctx<'_>, ui: &mut Ui, certificate: Option<&GradientCertificate>) {
    let (words, tone, icon, meaning) = match certificate {
        None => (
            "Learning not checked yet",
            Tone::Neutral,
            Icon::Clock,
            "After the second step, every part of the adapter is checked for a gradient".to_owned(),
        ),
        Some(certificate) if certificate.holds() => (
            "Every part learns",
            Tone::Success,
            Icon::CheckCircle,
            format!(
                "All {} matrices of the adapter received a gradient. Smallest size: {} for B at \
                 step 1, {} for A at step 2",
                certificate.num_matrices,
                format::number(certificate.min_b_norm),
                format::number(certificate.min_a_norm)
            ),
        ),
        Some(certificate) if certificate.dead.is_empty() => (
            "Checking that every part learns",
            Tone::Neutral,
            Icon::Clock,
            "The check is complete after the second step".to_owned(),
        ),
        Some(certificate) => (
            "Some parts do not learn",
            Tone::Danger,
            Icon::Failed,
            format!("No gradient reached {}", certificate.dead.join(", ")),
        ),
    };
    Badge::new(words, tone)
        .icon(icon)
        .show(ui, ctx.tokens)
        .explain(ctx.tokens, &meaning);
}

fn resume_place(job: &JobId) -> String {
    format!("job/resume/{job}")
}

fn resume_ui(ctx: &Ctx<'_>, ui: &mut Ui, record: &JobRecord) {
    let can_resume = matches!(
        record.info.state,
        JobState::Cancelled { .. } | JobState::Failed { .. }
    );
    if !can_resume {
        return;
    }
    let job = &record.info.spec.id;
    let hover = if record.info.has_checkpoint {
        "Goes on from the last saved state and ends with the same numbers"
    } else {
        "Nothing was saved, so it starts again"
    };
    let button = Button::secondary("Resume")
        .icon(Icon::Play)
        .hover(hover)
        .busy(ctx.is_busy(&resume_place(job)))
        .show(ui, ctx.tokens);
    if button.clicked() {
        let request = Request::Job(JobRequest::Resume { job: job.clone() });
        ctx.act(Action::new(resume_place(job), request));
    }
}

/// From a finished training to its adapter.
fn results_ui(ctx: &Ctx<'_>, ui: &mut Ui, record: &JobRecord) {
    let (JobState::Finished { .. }, Work::Train(work)) =
        (&record.info.state, &record.info.spec.work)
    else {
        return;
    };
    let button = Button::secondary("Export the adapter")
        .icon(Icon::Export)
        .show(ui, ctx.tokens);
    if button.clicked() {
        ctx.go(Route::Export(Some(work.adapter.clone())));
    }
}
