//! Ways to get a model: the starters, a file or folder, a name on the Hugging Face hub.

use egui::Ui;
use lore_protocol::{FileKind, JobState, ModelRequest, ModelSource, Request, StarterModel, Work};

use crate::command::Action;
use crate::context::Ctx;
use crate::parts::{action_error_ui, job_progress_ui};
use crate::widgets::{Button, Card, Icon, ListRow, Tone, text_field};

/// Where the progress and the error of getting a model are shown.
const PLACE: &str = "models/add";

/// View state.
#[derive(Debug, Default)]
pub(super) struct AddModel {
    hub_name: String,
    seen_file: u64,
    seen_folder: u64,
}

impl AddModel {
    /// A file or folder that was picked is taken in at once.
    pub(super) fn follow_picks(&mut self, ctx: &Ctx<'_>) {
        let shell = ctx.store.shell();
        for (kind, seen) in [
            (FileKind::ModelFile, &mut self.seen_file),
            (FileKind::ModelFolder, &mut self.seen_folder),
        ] {
            if let Some(path) = shell.newly_picked(kind, seen) {
                fetch(
                    ctx,
                    ModelSource::Local {
                        path: path.to_owned(),
                    },
                );
            }
        }
    }

    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        starter_models_ui(ctx, ui);
        self.hub_ui(ctx, ui);
        local_ui(ctx, ui);
    }

    fn hub_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        Card::titled("From the Hugging Face hub")
            .subtitle("Comes over the network once, and stays on this computer")
            .show(ui, tokens, |ui| {
                let hint = "owner/name";
                let typed = text_field(ui, tokens, &mut self.hub_name, "Name on the hub", hint);
                let name = self.hub_name.trim();
                let is_name = name.split('/').filter(|part| !part.is_empty()).count() == 2;
                let entered =
                    typed.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
                let clicked = Button::secondary("Download")
                    .icon(Icon::Download)
                    .busy(ctx.is_busy(PLACE))
                    .enabled(
                        is_name,
                        "Write the owner and the name, with a slash between them",
                    )
                    .show(ui, tokens)
                    .clicked();
                if is_name && (clicked || entered) {
                    fetch(
                        ctx,
                        ModelSource::Hub {
                            repo: name.to_owned(),
                            revision: String::new(),
                        },
                    );
                }
                ui.label(tokens.small("For example HuggingFaceTB/SmolLM2-360M-Instruct"));
            });
    }
}

/// Models that are being got, and what went wrong with the last one.
fn under_way_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    action_error_ui(ctx, ui, PLACE);
    let started = ctx.store.actions().job(PLACE);
    for record in ctx.store.jobs().iter() {
        let info = &record.info;
        let is_fetch = matches!(info.spec.work, Work::FetchModel(_));
        let is_news = info.state.is_active()
            || (started == Some(&info.spec.id) && !matches!(info.state, JobState::Finished { .. }));
        if is_fetch && is_news {
            Card::new().show(ui, tokens, |ui| job_progress_ui(ctx, ui, record));
        }
    }
}

/// The two models that everything needs, one click each, with what is under way.
pub(crate) fn starter_models_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    under_way_ui(ctx, ui);
    let tokens = ctx.tokens;
    let status = ctx.status();
    Card::titled("Starter models")
        .tight()
        .subtitle("Small, free, and enough for the sample experiment")
        .show(ui, tokens, |ui| {
            for (starter, name, role, there) in [
                (
                    StarterModel::LanguageModel,
                    "SmolLM2 135M Instruct",
                    "Language model · 94 MB",
                    status.is_some_and(|status| status.has_language_model),
                ),
                (
                    StarterModel::Embedder,
                    "all-MiniLM-L6-v2",
                    "Embedder · 91 MB",
                    status.is_some_and(|status| status.has_embedder),
                ),
            ] {
                let row = if there {
                    ListRow::new(name)
                        .subtitle(role)
                        .tinted_icon(Icon::CheckCircle, Tone::Success.text(tokens))
                        .note("is here")
                        .inert()
                } else {
                    ListRow::new(name)
                        .subtitle(role)
                        .icon(Icon::Download)
                        .badge("Get it", Tone::Accent)
                };
                if row.show(ui, tokens).clicked() && !there && !ctx.is_busy(PLACE) {
                    fetch(ctx, ModelSource::Starter { starter });
                }
            }
        });
}

fn local_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    Card::titled("From this computer")
        .tight()
        .subtitle("The files stay where they are")
        .show(ui, tokens, |ui| {
            let file = ListRow::new("A GGUF file…")
                .subtitle("One file with everything in it")
                .icon(Icon::File);
            if file.show(ui, tokens).clicked() {
                ctx.pick(FileKind::ModelFile);
            }
            let folder = ListRow::new("A Hugging Face folder…")
                .subtitle("With config.json and model.safetensors")
                .icon(Icon::Folder);
            if folder.show(ui, tokens).clicked() {
                ctx.pick(FileKind::ModelFolder);
            }
            action_error_ui(ctx, ui, "shell/pick");
        });
}

fn fetch(ctx: &Ctx<'_>, source: ModelSource) {
    let request = Request::Model(ModelRequest::Fetch { source });
    ctx.act(Action::new(PLACE, request));
}
