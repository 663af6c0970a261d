//! A server by its address: tried with one step, then saved with a name.

use egui::Ui;
use lore_core::{ServerProtocol, ServerSpec};
use lore_protocol::{GameView, Request, Response, WorldRequest, WorldResponse};

use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::parts::action_error_ui;
use crate::store::ActionState;
use crate::widgets::{
    Button, Card, Field, Icon, Tone, field, field_with_help, number_field, segmented, text_field,
};

/// Where trying shows its outcome.
const TRY: &str = "worlds/try";

/// Where saving shows its error.
const SAVE: &str = "worlds/save";

/// View state.
#[derive(Debug, Default)]
pub(super) struct Connect {
    /// True while the form is in view.
    pub(super) open: bool,
    server: ServerSpec,
    more: bool,
}

impl Connect {
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        if !self.open {
            return;
        }
        Card::titled("Connect a server")
            .subtitle(
                "Worlds of others, by their address. Nothing is sent until you try or play one.",
            )
            .highlighted()
            .show(ui, ctx.tokens, |ui| {
                self.form_ui(ctx, ui);
                self.buttons_ui(ctx, ui);
                action_error_ui(ctx, ui, TRY);
                action_error_ui(ctx, ui, SAVE);
                if let Some(ActionState::Done(Response::World(WorldResponse::Tried(view)))) =
                    ctx.store.actions().state(TRY)
                {
                    tried_ui(ctx, ui, view);
                }
            });
    }

    fn form_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        let server = &mut self.server;
        let protocols = ServerProtocol::ALL.map(|protocol| (protocol, protocol.label()));
        field(ui, tokens, "Speaks", |ui| {
            segmented(ui, tokens, &mut server.protocol, &protocols, "Protocol")
        });
        field(ui, tokens, "Address", |ui| {
            let hint = "http://localhost:8000";
            text_field(
                ui,
                tokens,
                &mut server.address,
                "Address of the server",
                hint,
            )
        });
        let name = Field {
            label: "Name",
            help: "",
            note: "Episodes and task types of this world carry it",
        };
        field_with_help(ui, tokens, name, |ui| {
            text_field(
                ui,
                tokens,
                &mut server.name,
                "Name of the server",
                "My world",
            )
        });
        let more = Button::quiet(if self.more { "Less" } else { "More settings" });
        if more.show(ui, tokens).clicked() {
            self.more = !self.more;
        }
        if self.more {
            numbers_ui(ctx, ui, server);
        }
    }

    fn buttons_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        let has_address = !self.server.address.trim().is_empty();
        let has_name = !self.server.name.trim().is_empty();
        ui.horizontal(|ui| {
            let test = Button::secondary("Play one step")
                .icon(Icon::Play)
                .busy(ctx.is_busy(TRY))
                .enabled(has_address, "Write its address first");
            if test.show(ui, tokens).clicked() {
                let server = self.server.clone();
                let request = Request::World(WorldRequest::Try { server });
                ctx.act(Action::new(TRY, request));
            }
            let save = Button::primary("Save")
                .icon(Icon::Check)
                .busy(ctx.is_busy(SAVE))
                .enabled(has_address && has_name, "It needs an address and a name");
            if save.show(ui, tokens).clicked() {
                let server = std::mem::take(&mut self.server);
                let message = format!("{} was saved", server.name.trim());
                let request = Request::World(WorldRequest::SaveServer { server });
                ctx.act(Action::new(SAVE, request).say(message));
                ctx.send(Command::Dismiss(TRY.into()));
                self.open = false;
            }
            if Button::quiet("Cancel").show(ui, tokens).clicked() {
                ctx.send(Command::Dismiss(TRY.into()));
                self.open = false;
            }
        });
    }
}

fn numbers_ui(ctx: &Ctx<'_>, ui: &mut Ui, server: &mut ServerSpec) {
    let tokens = ctx.tokens;
    for (value, label, help) in [
        (
            &mut server.num_train,
            "Training tasks",
            "How many there are, for servers that cannot list their own",
        ),
        (
            &mut server.num_test,
            "Test tasks",
            "How many there are, for servers that cannot list their own",
        ),
    ] {
        let about = Field {
            label,
            help,
            note: "",
        };
        field_with_help(ui, tokens, about, |ui| {
            number_field(ui, tokens, value, 0..=20_000, "", label)
        });
    }
    let about = Field {
        label: "Rewards for success",
        help: "An episode that the server ends has succeeded when its rewards add up to this",
        note: "",
    };
    field_with_help(ui, tokens, about, |ui| {
        let value = &mut server.success_reward;
        number_field(ui, tokens, value, 0.0..=1000.0, "", "Rewards for success")
    });
    let about = Field {
        label: "Patience",
        help: "How long the server may take for one answer before the episode counts as broken",
        note: "",
    };
    field_with_help(ui, tokens, about, |ui| {
        number_field(
            ui,
            tokens,
            &mut server.timeout_secs,
            1..=3600,
            "s",
            "Patience",
        )
    });
}

/// What the step led to.
fn tried_ui(ctx: &Ctx<'_>, ui: &mut Ui, view: &GameView) {
    let tokens = ctx.tokens;
    ui.horizontal(|ui| {
        let ink = Tone::Success.text(tokens);
        Icon::CheckCircle.show(ui, tokens.size.icon_small, ink);
        ui.label(
            tokens
                .body("The server works. This is what was said.")
                .color(ink),
        );
    });
    ui.label(tokens.mono(&view.trajectory.initial_observation));
    for step in &view.trajectory.steps {
        ui.label(tokens.mono(format!("> {}", step.action)).strong());
        ui.label(tokens.mono(&step.observation));
    }
}
