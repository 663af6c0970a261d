//! What was done last.

use egui::Ui;
use lore_protocol::{ExperimentInfo, ExperimentState};

use crate::context::Ctx;
use crate::parts::loaded_ui;
use crate::widgets::{Card, Icon, ListRow, Tone, columns, stat_tile};
use crate::{Route, format, text};

/// Experiments shown.
const NUM_SHOWN: usize = 5;

/// Four numbers: what has been gathered so far.
pub(super) fn overview_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    let total = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), format::count);
    let of = |n: Option<usize>, one: &str, many: &str| {
        n.map_or_else(String::new, |n| {
            format!("in {}", format::counted(n as u64, one, many))
        })
    };
    let items = |list: &[lore_core::DatasetInfo]| list.iter().map(|one| one.num_items).sum();
    let kept = |list: &[lore_core::BankInfo]| list.iter().map(|one| one.num_experiences).sum();
    let played = |list: &[ExperimentInfo]| list.iter().map(|one| one.num_episodes as u64).sum();
    let tiles = [
        (
            "Episodes and games",
            total(ctx.datasets().ready().map(items)),
            of(
                ctx.datasets().ready().map(<[_]>::len),
                "data set",
                "data sets",
            ),
            text::TRAJECTORY.meaning,
        ),
        (
            "Experiences",
            total(ctx.banks().ready().map(kept)),
            of(ctx.banks().ready().map(<[_]>::len), "bank", "banks"),
            text::EXPERIENCE.meaning,
        ),
        (
            "Adapters",
            total(ctx.adapters().ready().map(|list| list.len() as u64)),
            "trained here".to_owned(),
            text::ADAPTER.meaning,
        ),
        (
            "Test episodes played",
            total(ctx.experiments().ready().map(played)),
            of(
                ctx.experiments().ready().map(<[_]>::len),
                "experiment",
                "experiments",
            ),
            text::EPISODE.meaning,
        ),
    ];
    columns(ui, tokens, &[1.0; 4], 120.0, |ui, index| {
        let (label, value, note, meaning) = &tiles[index];
        stat_tile(ui, tokens, label, value, note, meaning);
    });
    ui.add_space(tokens.space.xs);
}

/// The last experiments, with how far they are.
pub(super) fn experiments_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    Card::titled("Recent experiments")
        .tight()
        .show(ui, tokens, |ui| {
            let experiments = ctx.experiments();
            loaded_ui(
                ctx,
                ui,
                experiments,
                "Looking for experiments",
                |ui, list| {
                    for info in list.iter().take(NUM_SHOWN) {
                        experiment_ui(ctx, ui, info);
                    }
                },
            );
        });
}

fn experiment_ui(ctx: &Ctx<'_>, ui: &mut Ui, info: &ExperimentInfo) {
    let tone = match info.state {
        ExperimentState::Running => Tone::Accent,
        ExperimentState::Finished => Tone::Success,
        ExperimentState::Interrupted => Tone::Warning,
    };
    let mut about = vec![format::date(info.spec.created_ms)];
    match info.state {
        ExperimentState::Finished => {
            about.push(format!("took {}", format::duration(info.secs_spent)));
        }
        _ => about.push(format!(
            "{} of {} jobs done",
            info.num_finished,
            info.jobs.len()
        )),
    }
    about.extend(info.secs_left.map(format::time_left));
    let about = about.join(" · ");
    let row = ListRow::new(&info.spec.name)
        .subtitle(&about)
        .icon(Icon::Chart)
        .badge(info.state.label(), tone)
        .chevron();
    if row.show(ui, ctx.tokens).clicked() {
        let id = Some(info.spec.id.clone());
        ctx.go(match info.state {
            ExperimentState::Finished => Route::Results(id),
            _ => Route::Runs {
                experiment: id,
                job: None,
            },
        });
    }
}
