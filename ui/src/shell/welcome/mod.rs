//! The first start: what this is, what it needs, how to begin. Three screens, each with a way out.

mod begin;
mod idea;
mod needs;

use egui::{Frame, Id, Key, Layout, Margin, Modal, Modifiers, Ui, vec2};
use lore_protocol::Settings;

use crate::command::Command;
use crate::context::Ctx;
use crate::dialog;
use crate::widgets::{Button, right_aligned};

/// Screens of the welcome.
const NUM_SCREENS: usize = 3;
/// Room for a screen, so that the buttons stay where they are.
const HEIGHT: f32 = 330.0;

/// Which screen is shown.
#[derive(Debug, Default)]
pub(crate) struct Welcome {
    screen: usize,
    /// Somebody asked to see it again.
    opened: bool,
}

/// What was decided on a screen.
enum Choice {
    /// To another screen.
    Screen(usize),
    /// To the program.
    Leave,
    /// To the program, and there to this.
    LeaveTo(Box<Command>),
}

impl Choice {
    fn to(command: Command) -> Self {
        Self::LeaveTo(Box::new(command))
    }
}

impl Welcome {
    /// Shows it again.
    pub(crate) fn open(&mut self) {
        *self = Self {
            screen: 0,
            opened: true,
        };
    }

    /// Shows it to those who were not welcomed yet. Call it once the settings are known.
    pub(crate) fn ui(&mut self, ctx: &Ctx<'_>, ui: &Ui) {
        if ctx.settings.welcomed && !self.opened {
            return;
        }
        let window = ui.ctx().content_rect();
        let area =
            Modal::default_area(Id::unique("welcome")).accessible_name(ctx.tokens.say("Welcome"));
        let modal = Modal::new(Id::unique("welcome"))
            .area(area)
            .backdrop_color(ctx.tokens.color.surface.backdrop)
            .frame(frame(ctx, ui));
        let modal = dialog::show(modal, ui.ctx(), |ui| {
            ui.set_width(620.0_f32.min(window.width() - 90.0));
            self.screen_ui(ctx, ui)
        });
        let skipped = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        match modal.inner {
            Some(Choice::Screen(screen)) => self.screen = screen,
            Some(Choice::LeaveTo(command)) => self.leave(ctx, Some(*command)),
            Some(Choice::Leave) => self.leave(ctx, None),
            None if skipped => self.leave(ctx, None),
            None => {}
        }
    }

    fn leave(&mut self, ctx: &Ctx<'_>, command: Option<Command>) {
        *self = Self::default();
        if !ctx.settings.welcomed {
            let settings = Settings {
                welcomed: true,
                ..ctx.settings.clone()
            };
            ctx.send(Command::Configure(Box::new(settings)));
        }
        if let Some(command) = command {
            ctx.send(command);
        }
    }

    fn screen_ui(&self, ctx: &Ctx<'_>, ui: &mut Ui) -> Option<Choice> {
        let mut choice = None;
        let size = vec2(ui.available_width(), HEIGHT);
        ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
            ui.set_min_height(HEIGHT);
            ui.spacing_mut().item_spacing.y = ctx.tokens.space.s;
            match self.screen {
                0 => idea::ui(ctx, ui),
                1 => needs::ui(ctx, ui),
                _ => choice = begin::ui(ctx, ui),
            }
        });
        ui.add_space(ctx.tokens.space.m);
        ui.horizontal(|ui| choice = self.buttons_ui(ctx, ui).or(choice.take()));
        choice
    }

    fn buttons_ui(&self, ctx: &Ctx<'_>, ui: &mut Ui) -> Option<Choice> {
        let tokens = ctx.tokens;
        let mut choice = None;
        if Button::quiet("Skip").show(ui, tokens).clicked() {
            choice = Some(Choice::Leave);
        }
        ui.add_space(tokens.space.s);
        ui.label(tokens.small(format!("{} / {NUM_SCREENS}", self.screen + 1)));
        right_aligned(ui, |ui| {
            if self.screen + 1 < NUM_SCREENS && Button::primary("Next").show(ui, tokens).clicked() {
                choice = Some(Choice::Screen(self.screen + 1));
            }
            if self.screen > 0 && Button::secondary("Back").show(ui, tokens).clicked() {
                choice = Some(Choice::Screen(self.screen - 1));
            }
        });
        choice
    }
}

fn frame(ctx: &Ctx<'_>, ui: &Ui) -> Frame {
    Frame::popup(ui.style())
        .fill(ctx.tokens.color.surface.raised)
        .inner_margin(Margin::same(ctx.tokens.space.xl as i8))
}

/// What stands above every screen.
pub(super) fn heading_ui(ctx: &Ctx<'_>, ui: &mut Ui, title: &str, text: &str) {
    ui.label(ctx.tokens.title(title));
    ui.label(ctx.tokens.muted(text));
    ui.add_space(ctx.tokens.space.s);
}
