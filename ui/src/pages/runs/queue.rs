//! What runs and what waits, in order; waiting jobs can be moved.

use egui::Ui;
use lore_protocol::{JobRequest, JobState, Request};

use crate::command::Action;
use crate::context::Ctx;
use crate::parts::action_error_ui;
use crate::widgets::{Button, Card, Icon, right_aligned};
use crate::{JobRecord, format};

/// Where errors of moving are shown.
const MOVE: &str = "runs/move";

/// The queue; nothing when nothing waits.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let waiting: Vec<&JobRecord> = ctx
        .store
        .jobs()
        .iter()
        .filter(|record| record.info.state == JobState::Queued)
        .collect();
    if waiting.is_empty() {
        return;
    }
    let tokens = ctx.tokens;
    let num = format::counted(waiting.len() as u64, "job", "jobs");
    Card::titled("Waiting")
        .subtitle(&format!("{num}, the next one first"))
        .show(ui, tokens, |ui| {
            ui.spacing_mut().item_spacing.y = tokens.space.xs;
            action_error_ui(ctx, ui, MOVE);
            for (index, record) in waiting.iter().enumerate() {
                row_ui(ctx, ui, record, index, waiting.len());
            }
        });
}

fn row_ui(ctx: &Ctx<'_>, ui: &mut Ui, record: &JobRecord, index: usize, num: usize) {
    let tokens = ctx.tokens;
    let title = &record.info.spec.title;
    ui.horizontal(|ui| {
        right_aligned(ui, |ui| {
            let earlier = format!("Do {title} earlier");
            let later = format!("Do {title} later");
            let down = Button::icon_only(Icon::ChevronDown, &later)
                .enabled(index + 1 < num, "It is the last already")
                .show(ui, tokens);
            if down.clicked() {
                move_to(ctx, record, index + 1);
            }
            let up = Button::icon_only(Icon::ChevronUp, &earlier)
                .enabled(index > 0, "It is the next already")
                .show(ui, tokens);
            if up.clicked() {
                move_to(ctx, record, index - 1);
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.label(tokens.small(format!("{}.", index + 1)));
                ui.add(egui::Label::new(tokens.body(title)).truncate());
            });
        });
    });
}

fn move_to(ctx: &Ctx<'_>, record: &JobRecord, index: usize) {
    let job = record.info.spec.id.clone();
    ctx.act(Action::new(
        MOVE,
        Request::Job(JobRequest::Move { job, index }),
    ));
}
