//! What can be done with an episode.

use egui::Ui;
use lore_core::{Trajectory, TrajectoryId};
use lore_protocol::Source;

use super::{markdown, notes};
use crate::Route;
use crate::command::Command;
use crate::context::Ctx;
use crate::widgets::{Button, Icon, Menu, menu_item};

/// What can be done with an episode, beside the title.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui, source: &Source, trajectory: &Trajectory) {
    let tokens = ctx.tokens;
    let copy = Button::secondary("Copy as Markdown")
        .icon(Icon::Copy)
        .show(ui, tokens);
    if copy.clicked() {
        copy_markdown(ctx, trajectory);
    }
    let is_marked = notes::mark_of(ctx, source, trajectory).is_some();
    let words = if is_marked {
        "Take the bookmark off"
    } else {
        "Bookmark"
    };
    let bookmark = Button::icon_only(Icon::Bookmark, words)
        .selected(is_marked)
        .show(ui, tokens);
    if bookmark.clicked() {
        notes::toggle(ctx, source, trajectory);
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
                    right_source: None,
                });
            }
        }
    });
}

/// Puts the whole episode on the clipboard.
pub(super) fn copy_markdown(ctx: &Ctx<'_>, trajectory: &Trajectory) {
    ctx.send(Command::Copy {
        text: markdown::of(trajectory),
        what: "Episode",
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
