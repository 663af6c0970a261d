//! The card that lets other programs talk to the model.

use egui::{CornerRadius, Frame, Label, Margin, Ui};
use lore_protocol::{Door, EndpointState, Request, Speaker, TalkRequest};

use super::form::Form;
use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::format;
use crate::parts::{action_error_ui, error_ui};
use crate::widgets::{Button, Card, Icon, segmented, spinner, split_row, switch};

/// Where the progress and error of switching are shown.
const SWITCH: &str = "try/endpoint";

/// View state.
#[derive(Debug, Default)]
pub(super) struct EndpointCard {
    language: Language,
}

/// The language of the example.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Language {
    #[default]
    Python,
    Curl,
}

impl EndpointCard {
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, form: &Form) {
        let tokens = ctx.tokens;
        let state = ctx.endpoint().ready().cloned().unwrap_or_default();
        Card::titled("Let other programs use it")
            .subtitle(
                "A local address in the form of OpenAI's, for programs on this computer that know the \
                 token. Off when Lorekeeper closes",
            )
            .show(ui, tokens, |ui| {
                switch_ui(ctx, ui, form, &state);
                action_error_ui(ctx, ui, SWITCH);
                match &state {
                    EndpointState::Off => {}
                    EndpointState::Starting { .. } => {
                        ui.horizontal(|ui| {
                            let color = tokens.color.text.muted;
                            spinner(ui, 18.0, color, &tokens.say("Loading the model"));
                            ui.label(tokens.muted("Loading the model"));
                        });
                    }
                    EndpointState::Failed { error } => error_ui(ctx, ui, error),
                    EndpointState::On {
                        speaker,
                        door,
                        num_answered,
                    } => {
                        door_ui(ctx, ui, door);
                        self.example_ui(ctx, ui, door);
                        served_ui(ctx, ui, form, speaker, *num_answered);
                    }
                }
            });
    }

    fn example_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, door: &Door) {
        let tokens = ctx.tokens;
        let example = match self.language {
            Language::Python => python(door),
            Language::Curl => curl(door),
        };
        let copy = split_row(
            ui,
            |ui| {
                let choices = [(Language::Python, "Python"), (Language::Curl, "curl")];
                segmented(ui, tokens, &mut self.language, &choices, "Example");
            },
            |ui| Button::icon_only(Icon::Copy, "Copy the example").show(ui, tokens),
        );
        if copy.clicked() {
            ctx.send(Command::Copy {
                text: example.clone(),
                what: "Example",
            });
        }
        Frame::new()
            .fill(tokens.color.surface.sunken)
            .corner_radius(CornerRadius::same(tokens.radius.m))
            .inner_margin(Margin::same(10))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.add(Label::new(tokens.mono(example)).wrap());
            });
    }
}

fn switch_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &Form, state: &EndpointState) {
    let is_on = matches!(
        state,
        EndpointState::On { .. } | EndpointState::Starting { .. }
    );
    let mut wanted = is_on;
    switch(ui, ctx.tokens, &mut wanted, "Let other programs use it");
    if wanted != is_on && !ctx.is_busy(SWITCH) {
        if wanted {
            open(ctx, form);
        } else {
            ctx.act(Action::new(SWITCH, Request::Talk(TalkRequest::Close)));
        }
    }
}

fn open(ctx: &Ctx<'_>, form: &Form) {
    if let Some(speaker) = form.speaker(ctx) {
        let speaker = Box::new(speaker);
        ctx.act(Action::new(
            SWITCH,
            Request::Talk(TalkRequest::Open { speaker }),
        ));
    }
}

/// Address, token and model, each to be copied.
fn door_ui(ctx: &Ctx<'_>, ui: &mut Ui, door: &Door) {
    let tokens = ctx.tokens;
    for (name, value, copy, what) in [
        (
            "Address",
            door.address.as_str(),
            "Copy the address",
            "Address",
        ),
        ("Token", door.token.reveal(), "Copy the token", "Token"),
        (
            "Model",
            door.model.as_str(),
            "Copy the model's name",
            "Name",
        ),
    ] {
        let copied = split_row(
            ui,
            |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.label(tokens.small(name));
                ui.add(Label::new(tokens.mono(value)).truncate());
            },
            |ui| {
                Button::icon_only(Icon::Copy, copy)
                    .show(ui, tokens)
                    .clicked()
            },
        );
        if copied {
            ctx.send(Command::Copy {
                text: value.to_owned(),
                what,
            });
        }
    }
}

/// How much it was used, and whether it is still what is chosen.
fn served_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &Form, speaker: &Speaker, num_answered: u64) {
    let tokens = ctx.tokens;
    let answered = format::counted(num_answered, "message answered", "messages answered");
    ui.label(tokens.small(answered));
    if form.speaker(ctx).as_ref().is_none_or(|now| now == speaker) {
        return;
    }
    ui.label(tokens.muted("Something else is chosen above than what other programs get."));
    let again = Button::secondary("Use what is chosen now")
        .icon(Icon::Refresh)
        .hover("Starts anew, with a new token")
        .busy(ctx.is_busy(SWITCH));
    if again.show(ui, tokens).clicked() {
        open(ctx, form);
    }
}

fn python(door: &Door) -> String {
    let Door {
        address,
        token,
        model,
    } = door;
    let token = token.reveal();
    format!(
        "from openai import OpenAI\n\n\
         client = OpenAI(\n    base_url=\"{address}\",\n    api_key=\"{token}\",\n)\n\
         answer = client.chat.completions.create(\n    model=\"{model}\",\n    \
         messages=[{{\"role\": \"user\", \"content\": \"Hello\"}}],\n)\n\
         print(answer.choices[0].message.content)"
    )
}

fn curl(door: &Door) -> String {
    let Door {
        address,
        token,
        model,
    } = door;
    let token = token.reveal();
    format!(
        "curl {address}/chat/completions \\\n  -H \"Authorization: Bearer {token}\" \\\n  \
         -H \"Content-Type: application/json\" \\\n  \
         -d '{{\"model\": \"{model}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'"
    )
}
