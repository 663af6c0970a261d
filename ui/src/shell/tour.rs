//! The tour: one stop a page, each pointing at the real control that leads there.

use egui::{
    Align2, Area, CornerRadius, Frame, Id, Key, Margin, Modifiers, Order, Stroke, Ui, vec2,
};

use super::nav::page_id;
use crate::PageId;
use crate::context::Ctx;
use crate::widgets::{Button, right_aligned};

/// The stops.
const STOPS: [(PageId, &str); 9] = [
    (
        PageId::Datasets,
        "Everything begins with episodes: drop a file anywhere on the window, or let a scripted expert \
         play fresh games. Here you also fence off the kinds of task that training must not see.",
    ),
    (
        PageId::Worlds,
        "Where agents act: generated household games, worlds you install, servers you connect. You can \
         play a task yourself, and what you did can teach an agent.",
    ),
    (
        PageId::Bank,
        "A bank is the agent's long memory. Browse it, see it as a map, and ask what an agent would be \
         reminded of in a given situation.",
    ),
    (
        PageId::Train,
        "Fine-tune a model on past episodes, with or without memories beside them. Before it starts you \
         see how long it takes and which words are learned.",
    ),
    (
        PageId::Try,
        "Talk to a model, with and without memories or its adapter side by side. Other programs on this \
         computer can talk to it too, once you let them.",
    ),
    (
        PageId::Runs,
        "What is being computed, what waits and what is done. Every square is one episode. Anything can \
         be stopped and resumed.",
    ),
    (
        PageId::Trajectories,
        "Read what an agent did, step by step: what it saw, what it was told, what it remembered, and \
         where two agents part.",
    ),
    (
        PageId::Results,
        "Which setting did better on known and unknown kinds of task, and how sure that is.",
    ),
    (
        PageId::Export,
        "Take what was trained out of the program, in the form other tools read.",
    ),
];

/// Where the tour is.
#[derive(Debug, Default)]
pub(crate) struct Tour {
    stop: Option<usize>,
}

impl Tour {
    /// Begins at the first stop.
    pub(crate) fn begin(&mut self) {
        self.stop = Some(0);
    }

    /// The stop, beside the control it is about.
    pub(crate) fn ui(&mut self, ctx: &Ctx<'_>, ui: &Ui) {
        let Some(stop) = self.stop else { return };
        let Some((page, text)) = STOPS.get(stop) else {
            self.stop = None;
            return;
        };
        if ctx.route.page() != *page {
            ctx.go(page.route());
        }
        let Some(target) = ui.ctx().read_response(page_id(*page)) else {
            return;
        };
        let tokens = ctx.tokens;
        ring(ctx, ui, target.rect);
        let at = target.rect.right_center() + vec2(14.0, -24.0);
        let next = Area::new(Id::unique("tour"))
            .order(Order::Foreground)
            .fixed_pos(at)
            .pivot(Align2::LEFT_TOP)
            .constrain(true)
            .show(ui.ctx(), |ui| {
                Frame::popup(ui.style())
                    .fill(tokens.color.surface.raised)
                    .stroke(Stroke::new(1.0, tokens.color.accent.fill))
                    .corner_radius(CornerRadius::same(tokens.radius.l))
                    .inner_margin(Margin::same(tokens.space.l as i8))
                    .show(ui, |ui| {
                        ui.set_width(330.0);
                        stop_ui(ctx, ui, stop, *page, text)
                    })
                    .inner
            })
            .inner;
        let left = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        self.stop = if left { None } else { next };
    }
}

/// What is said at a stop, and which one comes next.
fn stop_ui(ctx: &Ctx<'_>, ui: &mut Ui, stop: usize, page: PageId, text: &str) -> Option<usize> {
    let tokens = ctx.tokens;
    let mut next = Some(stop);
    ui.label(tokens.subtitle(page.label()));
    ui.label(tokens.body(text));
    ui.add_space(tokens.space.s);
    ui.horizontal(|ui| {
        if Button::quiet("End the tour").show(ui, tokens).clicked() {
            next = None;
        }
        ui.label(tokens.small(format!("{} / {}", stop + 1, STOPS.len())));
        right_aligned(ui, |ui| {
            let is_last = stop + 1 == STOPS.len();
            let words = if is_last { "Done" } else { "Next" };
            if Button::primary(words).show(ui, tokens).clicked() {
                next = (!is_last).then_some(stop + 1);
            }
            if stop > 0 && Button::secondary("Back").show(ui, tokens).clicked() {
                next = Some(stop - 1);
            }
        });
    });
    next
}

/// Around the control that the stop is about.
fn ring(ctx: &Ctx<'_>, ui: &Ui, rect: egui::Rect) {
    let tokens = ctx.tokens;
    let stroke = Stroke::new(2.0, tokens.color.border.focus);
    let layer = egui::LayerId::new(Order::Foreground, Id::unique("tour ring"));
    ui.ctx().layer_painter(layer).rect_stroke(
        rect.expand(3.0),
        CornerRadius::same(tokens.radius.m + 2),
        stroke,
        egui::StrokeKind::Outside,
    );
}
