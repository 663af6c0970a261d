//! Toasts: events told in a corner of the window, with a way to take a change back.

use egui::{Align2, Area, CornerRadius, Frame, Id, Margin, Order, Ui, vec2};
use lore_protocol::Request;

use crate::command::{Action, Command, Notice};
use crate::context::Ctx;
use crate::widgets::{Button, Icon, Tone};

/// How a change is taken back.
#[derive(Clone, Debug)]
pub(crate) enum Undo {
    /// By a request of its own.
    Send(Box<Request>),
    /// By not doing it: it is done when the toast goes.
    Forget(Box<Action>),
}

/// One toast.
#[derive(Clone, Debug)]
pub(crate) struct Toast {
    notice: Notice,
    undo: Option<Undo>,
    /// Seconds it is still shown.
    secs_left: f32,
}

impl Toast {
    /// Tells about an event.
    pub(crate) fn new(notice: Notice) -> Self {
        let secs_left = if notice.details.is_empty() { 5.0 } else { 12.0 };
        Self {
            notice,
            undo: None,
            secs_left,
        }
    }

    /// Offers to take it back.
    pub(crate) fn with_undo(mut self, undo: Undo) -> Self {
        self.undo = Some(undo);
        self.secs_left = 9.0;
        self
    }
}

/// Toasts on show, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Toasts {
    shown: Vec<Toast>,
}

/// Room for the words of a toast, in points; longer sentences take more lines.
const ROOM: f32 = 260.0;

/// Toasts shown at once; older ones go early.
const MAX_SHOWN: usize = 4;

impl Toasts {
    /// Adds a toast. Returns what has to be done now because an older one went early.
    pub(crate) fn push(&mut self, toast: Toast) -> Option<Action> {
        self.shown.push(toast);
        if self.shown.len() <= MAX_SHOWN {
            return None;
        }
        due(self.shown.remove(0))
    }

    /// Takes the newest way to take something back.
    pub(crate) fn take_undo(&mut self) -> Option<Undo> {
        let index = self.shown.iter().rposition(|toast| toast.undo.is_some())?;
        self.shown.remove(index).undo
    }

    /// Everything that was to be done when its toast went; for the end of the program.
    pub(crate) fn drain(&mut self) -> Vec<Action> {
        self.shown.drain(..).filter_map(due).collect()
    }

    /// Lets time pass. Returns what has to be done because its toast went.
    pub(crate) fn age(&mut self, secs: f32) -> Vec<Action> {
        let mut actions = Vec::new();
        for toast in &mut self.shown {
            toast.secs_left -= secs;
        }
        let mut index = 0;
        while index < self.shown.len() {
            if self.shown[index].secs_left <= 0.0 {
                actions.extend(due(self.shown.remove(index)));
            } else {
                index += 1;
            }
        }
        actions
    }

    /// Seconds until the next toast goes.
    pub(crate) fn next_secs(&self) -> Option<f32> {
        self.shown
            .iter()
            .map(|toast| toast.secs_left)
            .reduce(f32::min)
    }

    /// Paints the toasts; those under the pointer stay.
    pub(crate) fn ui(&mut self, ctx: &Ctx<'_>, ui: &Ui) {
        if self.shown.is_empty() {
            return;
        }
        let space = ctx.tokens.space.l;
        let area = Area::new(Id::unique("toasts"))
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_BOTTOM, vec2(-space, -space))
            .show(ui.ctx(), |ui| {
                ui.set_max_width(460.0);
                ui.spacing_mut().item_spacing.y = ctx.tokens.space.s;
                let mut gone = None;
                for (index, toast) in self.shown.iter().enumerate() {
                    if toast_ui(ctx, ui, toast) {
                        gone = Some(index);
                    }
                }
                gone
            });
        if area.response.contains_pointer() {
            for toast in &mut self.shown {
                toast.secs_left = toast.secs_left.max(2.0);
            }
        }
        if let Some(index) = area.inner {
            // Done at once, not forgotten: it goes with the next passing of time.
            self.shown[index].secs_left = 0.0;
            ui.ctx().request_repaint();
        }
    }
}

/// What a toast that goes leaves to be done.
fn due(toast: Toast) -> Option<Action> {
    match toast.undo {
        Some(Undo::Forget(action)) => Some(*action),
        Some(Undo::Send(_)) | None => None,
    }
}

/// True when the toast was closed.
fn toast_ui(ctx: &Ctx<'_>, ui: &mut Ui, toast: &Toast) -> bool {
    let tokens = ctx.tokens;
    let tone = toast.notice.tone;
    let style = ui.style();
    Frame::popup(style)
        .fill(tokens.color.surface.raised)
        .corner_radius(CornerRadius::same(tokens.radius.l))
        .inner_margin(Margin::symmetric(14, 10))
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                let icon = match tone {
                    Tone::Neutral => Icon::Check,
                    tone => tone.icon(),
                };
                icon.show(ui, tokens.size.icon, tone.text(tokens));
                ui.scope(|ui| {
                    ui.set_max_width(ROOM);
                    ui.add(egui::Label::new(tokens.body(&toast.notice.text)).wrap());
                });
                buttons_ui(ctx, ui, toast);
                Button::icon_only(Icon::Close, "Close this message")
                    .show(ui, tokens)
                    .clicked()
            })
            .inner
        })
        .inner
}

fn buttons_ui(ctx: &Ctx<'_>, ui: &mut Ui, toast: &Toast) {
    let tokens = ctx.tokens;
    if toast.undo.is_some()
        && Button::secondary("Undo")
            .icon(Icon::Undo)
            .show(ui, tokens)
            .clicked()
    {
        ctx.send(Command::Undo);
    }
    let details = &toast.notice.details;
    if !details.is_empty() && Button::quiet("Copy details").show(ui, tokens).clicked() {
        ctx.send(Command::Copy {
            text: format!("{}\n\n{details}", toast.notice.text),
            what: "Details",
        });
    }
}
