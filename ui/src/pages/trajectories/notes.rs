//! Bookmarks and notes on an episode.

use egui::Ui;
use lore_core::{Trajectory, TrajectoryId};
use lore_protocol::{Mark, Request, Source, TrajectoryRequest};

use crate::command::Action;
use crate::context::Ctx;
use crate::parts::action_error_ui;
use crate::widgets::{Button, Icon, switch, text_area};

/// Where the saving's error is shown.
const PLACE: &str = "trajectories/mark";

/// The note as it is being written.
#[derive(Debug, Default)]
pub(super) struct Draft {
    of: Option<TrajectoryId>,
    text: String,
}

/// The mark of an episode.
pub(super) fn mark_of<'a>(
    ctx: &Ctx<'a>,
    source: &Source,
    trajectory: &Trajectory,
) -> Option<&'a Mark> {
    let marks = ctx.marks().ready()?;
    marks
        .iter()
        .find(|mark| mark.id == trajectory.id && mark.source == *source)
}

/// Bookmarks the episode, or takes the bookmark off.
pub(super) fn toggle(ctx: &Ctx<'_>, source: &Source, trajectory: &Trajectory) {
    match mark_of(ctx, source, trajectory) {
        None => put(ctx, blank(source, trajectory), Some("Bookmarked")),
        Some(mark) => {
            let undo = Request::Trajectory(TrajectoryRequest::Mark {
                mark: Box::new(mark.clone()),
            });
            let request = Request::Trajectory(TrajectoryRequest::Unmark {
                source: source.clone(),
                id: trajectory.id.clone(),
            });
            let action = Action::new(PLACE, request).say("Not bookmarked any more");
            ctx.act(action.undo_with(undo));
        }
    }
}

/// Marks a step as worth another look, or no longer.
pub(super) fn toggle_step(ctx: &Ctx<'_>, source: &Source, trajectory: &Trajectory, step: usize) {
    let known = mark_of(ctx, source, trajectory).cloned();
    let mut mark = known.unwrap_or_else(|| blank(source, trajectory));
    let step = step as u32;
    match mark.steps.binary_search(&step) {
        Ok(index) => {
            mark.steps.remove(index);
        }
        Err(index) => mark.steps.insert(index, step),
    }
    put(ctx, mark, None);
}

/// The bookmark, the marked steps, the note. Moves `step`; true when it did.
pub(super) fn ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    source: &Source,
    trajectory: &Trajectory,
    draft: &mut Draft,
    step: &mut usize,
) -> bool {
    let tokens = ctx.tokens;
    let mark = mark_of(ctx, source, trajectory);
    action_error_ui(ctx, ui, PLACE);
    let mut on = mark.is_some();
    if switch(ui, tokens, &mut on, "Keep among the bookmarks").changed() {
        toggle(ctx, source, trajectory);
    }
    let moved = steps_ui(ctx, ui, mark, step);
    if draft.of.as_ref() != Some(&trajectory.id) && ctx.marks().ready().is_some() {
        draft.of = Some(trajectory.id.clone());
        draft.text = mark.map_or_else(String::new, |mark| mark.note.clone());
    }
    let hint = "What did you notice?";
    let field = text_area(ui, tokens, &mut draft.text, "Note", hint, 8);
    let saved = mark.map_or("", |mark| mark.note.as_str());
    if field.lost_focus() && draft.text != saved {
        let mut mark = mark.cloned().unwrap_or_else(|| blank(source, trajectory));
        mark.note.clone_from(&draft.text);
        put(ctx, mark, Some("Note saved"));
    }
    ui.label(tokens.small("Saved when you leave the field. Only you see it"));
    moved
}

fn steps_ui(ctx: &Ctx<'_>, ui: &mut Ui, mark: Option<&Mark>, step: &mut usize) -> bool {
    let tokens = ctx.tokens;
    let steps = mark.map_or(&[][..], |mark| &mark.steps);
    if steps.is_empty() {
        ui.label(tokens.small("M marks the step that is looked at"));
        return false;
    }
    let mut moved = false;
    ui.horizontal_wrapped(|ui| {
        ui.label(tokens.body("Marked"));
        for marked in steps {
            let words = format!("Step {}", marked + 1);
            let here = *step == *marked as usize;
            let button = Button::quiet(&words).icon(Icon::Bookmark).selected(here);
            if button.show(ui, tokens).clicked() {
                *step = *marked as usize;
                moved = true;
            }
        }
    });
    moved
}

fn blank(source: &Source, trajectory: &Trajectory) -> Mark {
    Mark {
        source: source.clone(),
        id: trajectory.id.clone(),
        goal: trajectory.task.goal.clone(),
        who: trajectory.source.clone(),
        end: trajectory.end,
        steps: Vec::new(),
        note: String::new(),
    }
}

fn put(ctx: &Ctx<'_>, mark: Mark, message: Option<&str>) {
    let mark = Box::new(mark);
    let action = Action::new(PLACE, Request::Trajectory(TrajectoryRequest::Mark { mark }));
    ctx.act(match message {
        Some(message) => action.say(message),
        None => action,
    });
}
