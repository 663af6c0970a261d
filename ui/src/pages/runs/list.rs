//! The experiments, newest first, and the jobs that belong to none.

use egui::Ui;
use lore_protocol::{ExperimentInfo, ExperimentState};

use crate::context::Ctx;
use crate::widgets::{Card, Icon, ListRow, Tone};
use crate::{Route, format};

/// The experiment that is shown: the one that the route names, else the newest; none while the route
/// names a job of its own.
pub(super) fn chosen<'a>(
    ctx: &Ctx<'_>,
    experiments: &'a [ExperimentInfo],
) -> Option<&'a ExperimentInfo> {
    match ctx.route {
        Route::Runs {
            experiment: Some(id),
            ..
        } => experiments.iter().find(|info| info.spec.id == *id),
        Route::Runs { job: Some(_), .. } => None,
        _ => experiments.first(),
    }
}

/// The meaning of an experiment's state.
pub(super) fn tone(state: ExperimentState) -> Tone {
    match state {
        ExperimentState::Running => Tone::Accent,
        ExperimentState::Finished => Tone::Success,
        ExperimentState::Interrupted => Tone::Warning,
    }
}

/// The list.
pub(super) fn ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    experiments: &[ExperimentInfo],
    chosen: Option<&ExperimentInfo>,
) {
    let tokens = ctx.tokens;
    Card::titled("Experiments").tight().show(ui, tokens, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for info in experiments {
            let made = format::date(info.spec.created_ms);
            let is_chosen = chosen.is_some_and(|it| it.spec.id == info.spec.id);
            let row = ListRow::new(&info.spec.name)
                .subtitle(&made)
                .badge(info.state.label(), tone(info.state))
                .selected(is_chosen)
                .show(ui, tokens);
            if row.clicked() {
                ctx.go(Route::Runs {
                    experiment: Some(info.spec.id.clone()),
                    job: None,
                });
            }
        }
        other_jobs_ui(ctx, ui);
    });
}

/// Imports, trainings and exports that somebody started one by one.
fn other_jobs_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let others = || {
        ctx.store
            .jobs()
            .iter()
            .filter(|record| record.info.spec.experiment.is_none())
    };
    let Some(newest) = others().next() else {
        return;
    };
    let num = format::counted(others().count() as u64, "job", "jobs");
    let row = ListRow::new("Other jobs")
        .icon(Icon::List)
        .subtitle(&num)
        .show(ui, ctx.tokens);
    if row.clicked() {
        ctx.go(Route::Runs {
            experiment: None,
            job: Some(newest.info.spec.id.clone()),
        });
    }
}
