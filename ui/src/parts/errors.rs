//! Errors beside the thing that failed: one sentence, and the details for those who help.

use egui::{CornerRadius, Frame, Margin, Ui};
use lore_protocol::{ApiError, ErrorCode};

use crate::command::{Command, Place};
use crate::context::Ctx;
use crate::widgets::{Button, Icon, Tone};
use crate::{PageId, Route};

/// What a person pressed on an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pressed {
    Copy,
    Dismiss,
    Models,
    Retry,
}

/// The error of the last action at `place`, if it failed.
pub(crate) fn action_error_ui(ctx: &Ctx<'_>, ui: &mut Ui, place: &str) {
    if let Some(error) = ctx.store.actions().error(place)
        && show(ctx, ui, error, true) == Some(Pressed::Dismiss)
    {
        ctx.send(Command::Dismiss(Place::Owned(place.to_owned())));
    }
}

/// An error that stays until what caused it is gone.
pub(crate) fn error_ui(ctx: &Ctx<'_>, ui: &mut Ui, error: &ApiError) {
    show(ctx, ui, error, false);
}

fn show(ctx: &Ctx<'_>, ui: &mut Ui, error: &ApiError, dismissable: bool) -> Option<Pressed> {
    let tokens = ctx.tokens;
    let tone = match error.code {
        ErrorCode::Precondition => Tone::Warning,
        _ => Tone::Danger,
    };
    let mut pressed = None;
    Frame::new()
        .fill(tone.soft(tokens))
        .corner_radius(CornerRadius::same(tokens.radius.m))
        .inner_margin(Margin::symmetric(12, 10))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_top(|ui| {
                tone.icon().show(ui, tokens.size.icon, tone.text(tokens));
                ui.vertical(|ui| {
                    ui.label(tokens.body(&error.summary).color(tone.text(tokens)));
                    ui.horizontal(|ui| pressed = buttons_ui(ctx, ui, error, dismissable));
                });
            });
        });
    match pressed {
        Some(Pressed::Copy) => ctx.send(Command::Copy {
            text: format!("{}\n\n{}", error.summary, error.details),
            what: "Details",
        }),
        Some(Pressed::Models) => ctx.go(Route::Models),
        Some(Pressed::Retry) => ctx.send(Command::Retry),
        Some(Pressed::Dismiss) | None => {}
    }
    pressed
}

fn buttons_ui(ctx: &Ctx<'_>, ui: &mut Ui, error: &ApiError, dismissable: bool) -> Option<Pressed> {
    let tokens = ctx.tokens;
    let mut pressed = None;
    if error.code == ErrorCode::ModelMissing
        && ctx.route.page() != PageId::Models
        && Button::secondary("Get models")
            .icon(Icon::Chip)
            .show(ui, tokens)
            .clicked()
    {
        pressed = Some(Pressed::Models);
    }
    if !error.details.is_empty()
        && Button::quiet("Copy details")
            .icon(Icon::Copy)
            .hover("Puts the technical details on the clipboard, for someone who can help")
            .show(ui, tokens)
            .clicked()
    {
        pressed = Some(Pressed::Copy);
    }
    if dismissable {
        if Button::quiet("Dismiss").show(ui, tokens).clicked() {
            pressed = Some(Pressed::Dismiss);
        }
    } else if Button::quiet("Try again")
        .icon(Icon::Refresh)
        .show(ui, tokens)
        .clicked()
    {
        pressed = Some(Pressed::Retry);
    }
    pressed
}
