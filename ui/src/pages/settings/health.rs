//! How everything is that the program stands on, and a report for those who help.

use egui::{Label, Ui};
use lore_protocol::{Finding, FindingState, Request, SupportRequest};

use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::parts::{action_error_ui, job_at_ui, loaded_ui};
use crate::store::Loaded;
use crate::widgets::{Badge, Button, Card, Icon, Tone, divider, split_row};

/// Where the progress and the error of checking models are shown.
const MODELS: &str = "support/models";

/// The card.
pub(super) fn health_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    Card::titled("Health check")
        .subtitle("Everything the program stands on, looked at just now")
        .show(ui, tokens, |ui| {
            let findings = ctx.health();
            loaded_ui(ctx, ui, findings, "Looking around", |ui, findings| {
                for (index, finding) in findings.iter().enumerate() {
                    if index > 0 {
                        divider(ui, tokens);
                    }
                    finding_ui(ctx, ui, finding);
                }
            });
            // Not before the list is there: it would push them away from under the hand.
            if !matches!(findings, Loaded::Waiting) {
                ui.add_space(tokens.space.s);
                buttons_ui(ctx, ui);
            }
            action_error_ui(ctx, ui, MODELS);
            job_at_ui(ctx, ui, MODELS);
        });
}

fn buttons_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    ui.horizontal_wrapped(|ui| {
        let again = Button::secondary("Look again").icon(Icon::Refresh);
        if again.show(ui, tokens).clicked() {
            ctx.send(Command::Refetch(Request::Support(SupportRequest::Health)));
        }
        let check = Button::secondary("Check the models")
            .icon(Icon::Chip)
            .hover(
                "Reads every model through and compares its hash; takes seconds for each gigabyte",
            )
            .busy(ctx.is_busy(MODELS));
        if check.show(ui, tokens).clicked() {
            let request = Request::Support(SupportRequest::CheckModels);
            ctx.act(Action::new(MODELS, request));
        }
    });
}

/// What a state means.
fn tone(state: FindingState) -> Tone {
    match state {
        FindingState::Fine => Tone::Success,
        FindingState::Notable => Tone::Warning,
        FindingState::Action => Tone::Danger,
    }
}

/// One thing that was looked at: its name, how it is, what to do.
fn finding_ui(ctx: &Ctx<'_>, ui: &mut Ui, finding: &Finding) {
    let tokens = ctx.tokens;
    let tone = tone(finding.state);
    split_row(
        ui,
        |ui| {
            ui.horizontal_top(|ui| {
                tone.icon().show(ui, tokens.size.icon, tone.text(tokens));
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    ui.label(tokens.label(finding.check.label()));
                    // A path has no gaps and is wider than the window now and then.
                    ui.add(Label::new(tokens.body(&finding.summary)).wrap());
                    if !finding.advice.is_empty() {
                        ui.label(tokens.muted(&finding.advice));
                    }
                });
            });
        },
        |ui| Badge::new(finding.state.label(), tone).show(ui, tokens),
    );
}
