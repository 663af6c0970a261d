//! One adapter: its name, its proof, where it came from, how to take it along.

use egui::Ui;
use lore_core::{Adapter, AdapterId};
use lore_protocol::{ExportRequest, Request};

use super::form::ExportForm;
use crate::command::Action;
use crate::context::Ctx;
use crate::parts::action_error_ui;
use crate::widgets::{Badge, Button, Card, Icon, Tone, split_row, text_field};
use crate::{PageId, Route, format};

/// What is shown and edited.
#[derive(Debug, Default)]
pub(super) struct AdapterView {
    /// The name while it is changed, and whose it is.
    renaming: Option<(AdapterId, String)>,
    form: ExportForm,
}

impl AdapterView {
    /// The adapter.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, adapter: &Adapter) {
        let tokens = ctx.tokens;
        Card::new().show(ui, tokens, |ui| {
            self.name_ui(ctx, ui, adapter);
            for what in ["rename", "delete"] {
                action_error_ui(ctx, ui, &place(adapter, what));
            }
            certificate_ui(ctx, ui, adapter);
        });
        self.form.ui(ctx, ui, adapter);
        origin_ui(ctx, ui, adapter);
    }

    fn name_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, adapter: &Adapter) {
        let tokens = ctx.tokens;
        let renaming = self.renaming.as_mut().filter(|(id, _)| *id == adapter.id);
        let Some((_, name)) = renaming else {
            let rename = split_row(
                ui,
                |ui| {
                    ui.add_space(tokens.space.xs + 2.0);
                    ui.label(tokens.subtitle(&adapter.name));
                },
                |ui| {
                    delete_ui(ctx, ui, adapter);
                    let rename = Button::quiet("Rename").show(ui, tokens).clicked();
                    let talk = Button::quiet("Try it").icon(Icon::Chat).show(ui, tokens);
                    if talk.clicked() {
                        ctx.go(Route::Try(Some(adapter.id.clone())));
                    }
                    rename
                },
            );
            if rename {
                self.renaming = Some((adapter.id.clone(), adapter.name.clone()));
            }
            return;
        };
        let mut done = false;
        ui.horizontal(|ui| {
            let field = text_field(ui, tokens, name, "Name of the adapter", "A name");
            let entered =
                field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            let save = Button::secondary("Save")
                .enabled(!name.trim().is_empty(), "An adapter needs a name")
                .show(ui, tokens);
            if save.clicked() || (entered && !name.trim().is_empty()) {
                rename(ctx, adapter, name.trim());
                done = true;
            }
            done |= Button::quiet("Cancel").show(ui, tokens).clicked();
        });
        if done {
            self.renaming = None;
        }
    }
}

fn place(adapter: &Adapter, what: &str) -> String {
    format!("export/{what}/{}", adapter.id)
}

fn rename(ctx: &Ctx<'_>, adapter: &Adapter, name: &str) {
    let request = |name: &str| {
        Request::Export(ExportRequest::Rename {
            adapter: adapter.id.clone(),
            name: name.to_owned(),
        })
    };
    let action = Action::new(place(adapter, "rename"), request(name));
    ctx.act(action.say("Renamed").undo_with(request(&adapter.name)));
}

fn delete_ui(ctx: &Ctx<'_>, ui: &mut Ui, adapter: &Adapter) {
    let delete = Button::icon_only(Icon::Trash, "Delete the adapter")
        .busy(ctx.is_busy(&place(adapter, "delete")))
        .show(ui, ctx.tokens);
    if delete.clicked() {
        let id = adapter.id.clone();
        let request = Request::Export(ExportRequest::Delete {
            adapter: id.clone(),
        });
        let back = Request::Export(ExportRequest::Restore { adapter: id });
        ctx.act(
            Action::new(place(adapter, "delete"), request)
                .say(format!("{} is in the trash", adapter.name))
                .undo_with(back)
                .open(|_| Some(PageId::Export.route())),
        );
    }
}

/// The proof that it learned, in words.
fn certificate_ui(ctx: &Ctx<'_>, ui: &mut Ui, adapter: &Adapter) {
    let tokens = ctx.tokens;
    let certificate = &adapter.certificate;
    ui.horizontal_wrapped(|ui| {
        if certificate.holds() {
            Badge::new("Every part learned", Tone::Success)
                .icon(Icon::CheckCircle)
                .show(ui, tokens);
            ui.label(tokens.muted(format!(
                "All {} matrices received a gradient in the first two steps",
                certificate.num_matrices
            )));
        } else {
            Badge::new("Not proven to have learned", Tone::Warning)
                .icon(Icon::Warning)
                .show(ui, tokens);
            let words = if certificate.dead.is_empty() {
                "The training ended before the check was complete".to_owned()
            } else {
                format!("No gradient reached {}", certificate.dead.join(", "))
            };
            ui.label(tokens.muted(words));
        }
    });
}

fn origin_ui(ctx: &Ctx<'_>, ui: &mut Ui, adapter: &Adapter) {
    let tokens = ctx.tokens;
    let lora = &adapter.lora;
    let modules: Vec<&str> = lora
        .target_modules
        .iter()
        .map(|module| module.name())
        .collect();
    let recipe = if adapter.with_retrieval {
        "ExpRAG-LoRA: memories were in view while it was trained"
    } else {
        "LoRA: trained without memories"
    };
    Card::titled("Where it came from").show(ui, tokens, |ui| {
        ui.spacing_mut().item_spacing.y = tokens.space.xs;
        for (name, value) in [
            ("Recipe", recipe.to_owned()),
            ("Model", adapter.base_model.to_string()),
            ("Steps", format::count(adapter.num_steps)),
            ("Last loss", format::number(adapter.final_loss)),
            ("Method", lora.method().to_owned()),
            (
                "Rank and alpha",
                format!("{} and {}", lora.rank, format::number(lora.alpha)),
            ),
            ("Parts", modules.join(", ")),
            ("Seed", adapter.origin.seed.to_string()),
            (
                "Training data",
                format::hash(&adapter.origin.data_hash).to_owned(),
            ),
            ("Made", format::date(adapter.created_ms)),
        ] {
            ui.horizontal_top(|ui| {
                let width = tokens.size.field_label * 0.7;
                ui.allocate_ui(egui::vec2(width, 0.0), |ui| {
                    ui.set_width(width);
                    ui.label(tokens.muted(name));
                });
                ui.add(egui::Label::new(tokens.body(value)).wrap());
            });
        }
        if let Some(job) = &adapter.origin.job {
            let open = Button::quiet("Show the training")
                .icon(Icon::Runs)
                .show(ui, tokens);
            if open.clicked() {
                ctx.go(Route::Runs {
                    experiment: adapter.origin.experiment.clone(),
                    job: Some(job.clone()),
                });
            }
        }
    });
}
