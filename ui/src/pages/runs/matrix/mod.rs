//! Arms × tasks, filling as episodes are played: a row an arm and seed, a cell a task.

mod layout;
mod model;
mod paint;

use egui::accesskit::Role;
use egui::{Response, Sense, Ui, WidgetInfo, vec2};
use lore_core::{EpisodeSummary, JobId};
use lore_protocol::{ExperimentInfo, JobState, Source, Work};

use crate::Route;
use crate::context::Ctx;
use crate::widgets::{Card, Explain as _};
use layout::Layout;
use model::{Cell, Matrix, Play};

/// The matrix of an experiment, in a card.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui, info: &ExperimentInfo) {
    let matrix = Matrix::new(
        [info.spec.tasks.seen_test, info.spec.tasks.unseen_test],
        &plays(ctx, info),
    );
    let tokens = ctx.tokens;
    Card::titled("Arms and tasks")
        .subtitle("A row is an agent, a square is a task. Click a square to read the episode")
        .show(ui, tokens, |ui| {
            paint::legend_ui(ui, tokens);
            let width = ui.available_width();
            let size = vec2(width, layout::height(matrix.rows.len()));
            let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
            response.widget_info(|| {
                WidgetInfo::labeled(Role::Table, true, &*tokens.say("Arms and tasks"))
            });
            let layout = Layout::new(rect, matrix.num_columns);
            paint::headings(ui.painter(), tokens, &layout, matrix.num_columns);
            for (index, row) in matrix.rows.iter().enumerate() {
                paint::row(ui.painter(), tokens, &layout, index, row);
                for (column, cell) in row.cells.iter().enumerate() {
                    let id = response.id.with((index, column));
                    let area = layout.cell(index, column);
                    cell_ui(
                        ctx,
                        ui,
                        info,
                        &row.job,
                        cell,
                        ui.interact(area, id, cell_sense(cell)),
                    );
                }
            }
        });
}

fn cell_sense(cell: &Cell) -> Sense {
    if cell.trajectory.is_some() {
        Sense::click()
    } else {
        Sense::hover()
    }
}

fn cell_ui(
    ctx: &Ctx<'_>,
    ui: &Ui,
    info: &ExperimentInfo,
    job: &JobId,
    cell: &Cell,
    response: Response,
) {
    let Some(trajectory) = &cell.trajectory else {
        return;
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &*ctx.tokens.say(&cell.words)));
    paint::focus(ui, ctx.tokens, &response);
    if response.clicked() {
        ctx.go(Route::Trajectories {
            source: Some(Source::Run {
                experiment: Some(info.spec.id.clone()),
                job: job.clone(),
            }),
            id: Some(trajectory.clone()),
        });
    }
    response.explain(ctx.tokens, &cell.words);
}

/// The jobs that play, with the episodes they have played: those counted in the results, and for jobs
/// at work those they told about.
fn plays<'a>(ctx: &Ctx<'a>, info: &'a ExperimentInfo) -> Vec<Play<'a>> {
    let results = ctx.results(&info.spec.id).ready();
    info.jobs
        .iter()
        .filter_map(|id| {
            let record = ctx.store.jobs().get(id)?;
            let Work::Evaluate(work) = &record.info.spec.work else {
                return None;
            };
            let counted: Vec<&EpisodeSummary> = results
                .into_iter()
                .flat_map(|results| &results.runs)
                .filter(|run| run.job == *id)
                .flat_map(|run| &run.episodes)
                .collect();
            let is_running = matches!(record.info.state, JobState::Running | JobState::Stopping);
            if counted.is_empty() && record.info.last_seq > 0 {
                ctx.fetch_lines(id);
            }
            let heard: Vec<&EpisodeSummary> = record.episodes().collect();
            Some(Play {
                name: work.arm.name.as_str(),
                seed: work.seed,
                job: id,
                is_running,
                episodes: if heard.len() > counted.len() {
                    heard
                } else {
                    counted
                },
            })
        })
        .collect()
}
