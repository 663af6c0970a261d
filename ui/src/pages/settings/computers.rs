//! Other computers that do jobs: Ray clusters, each by its address.

use egui::Ui;
use lore_core::{Cluster, Secret};
use lore_protocol::{ClusterInfo, ClusterRequest, ClusterResponse, Request, Response};

use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::parts::{action_error_ui, loaded_ui};
use crate::store::ActionState;
use crate::widgets::{
    Button, Card, Explain as _, Field, Hidden, Icon, ListRow, Tone, card_row, field_with_help,
    number_field, secret_field, text_field,
};

/// Where trying shows its outcome.
const TRY: &str = "computers/try";

/// Where saving shows its error.
const SAVE: &str = "computers/save";

/// Where removing shows its error.
const REMOVE: &str = "computers/remove";

/// The most processor cores that one can write.
const MAX_CORES: usize = 1024;

/// View state.
#[derive(Debug, Default)]
pub(super) struct Computers {
    form: Option<Form>,
}

/// What is filled in.
#[derive(Debug, Default)]
struct Form {
    cluster: Cluster,
    /// As it is typed; what is known stays when it is empty.
    token: Hidden,
    has_token: bool,
    forget_token: bool,
}

impl Form {
    fn of(info: &ClusterInfo) -> Self {
        Self {
            cluster: info.cluster.clone(),
            has_token: info.has_token,
            ..Self::default()
        }
    }

    fn is_new(&self) -> bool {
        self.cluster.id.as_str().is_empty()
    }

    fn token(&self) -> Option<Secret> {
        let typed = self.token.text().trim();
        (self.forget_token || !typed.is_empty()).then(|| Secret::from(typed))
    }
}

impl Computers {
    /// The card with the list, and the form when it is open.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        self.list_ui(ctx, ui);
        if let Some(mut form) = self.form.take()
            && form_ui(ctx, ui, &mut form)
        {
            self.form = Some(form);
        }
    }

    fn list_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        Card::titled("Other computers")
            .subtitle("Ray clusters that train and play for you, while this computer is free")
            .tight()
            .show(ui, tokens, |ui| {
                loaded_ui(ctx, ui, ctx.clusters(), "Looking them up", |ui, list| {
                    if list.is_empty() {
                        let text = "None yet. A cluster is one or more computers on which Ray runs; they must \
                                    see the data folder, over a shared disk or because Ray runs here";
                        card_row(ui, tokens, |ui| ui.label(tokens.muted(text)));
                    }
                    for info in list {
                        self.row_ui(ctx, ui, info);
                    }
                });
                card_row(ui, tokens, |ui| {
                    let add = Button::secondary("Add a computer").icon(Icon::Plus);
                    if add.show(ui, tokens).clicked() {
                        self.open(ctx, Form::default());
                    }
                    action_error_ui(ctx, ui, REMOVE);
                });
            });
    }

    fn row_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, info: &ClusterInfo) {
        let tokens = ctx.tokens;
        let cluster = &info.cluster;
        let is_open = |form: &Form| form.cluster.id == cluster.id;
        let row = ListRow::new(&cluster.name)
            .subtitle(&cluster.address)
            .icon(Icon::Chip)
            .note(if info.has_token { "with a token" } else { "" })
            .selected(self.form.as_ref().is_some_and(is_open))
            .show(ui, tokens)
            .explain(tokens, "Change it");
        if row.clicked() {
            self.open(ctx, Form::of(info));
        }
    }

    fn open(&mut self, ctx: &Ctx<'_>, form: Form) {
        ctx.send(Command::Dismiss(TRY.into()));
        ctx.send(Command::Dismiss(SAVE.into()));
        self.form = Some(form);
    }
}

/// The form; false once it is done with.
fn form_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) -> bool {
    let title = if form.is_new() {
        "Add a computer"
    } else {
        "Change a computer"
    };
    Card::titled(title)
        .highlighted()
        .show(ui, ctx.tokens, |ui| {
            fields_ui(ctx, ui, &mut form.cluster);
            token_ui(ctx, ui, form);
            if form.cluster.is_in_the_clear() {
                clear_ui(ctx, ui);
            }
            let stays = buttons_ui(ctx, ui, form);
            action_error_ui(ctx, ui, TRY);
            action_error_ui(ctx, ui, SAVE);
            tried_ui(ctx, ui);
            stays
        })
        .inner
}

fn fields_ui(ctx: &Ctx<'_>, ui: &mut Ui, cluster: &mut Cluster) {
    let tokens = ctx.tokens;
    let data_dir = ctx.status().map_or("", |status| status.data_dir.as_str());
    for (value, label, name, help, hint) in [
        (
            &mut cluster.name,
            "Name",
            "Name of the computer",
            "",
            "My cluster",
        ),
        (
            &mut cluster.address,
            "Address",
            "Address of its dashboard",
            "Where Ray's dashboard is, which also takes jobs",
            "http://127.0.0.1:8265",
        ),
        (
            &mut cluster.folder,
            "Folder",
            "The data folder there",
            "The same folder as here, by the path it has on the other computer. Leave it empty when the path \
             is the same",
            data_dir,
        ),
    ] {
        let about = Field {
            label,
            help,
            note: "",
        };
        field_with_help(ui, tokens, about, |ui| {
            text_field(ui, tokens, value, name, hint)
        });
    }
    let cores = Field {
        label: "Cores for a job",
        help: "Processor cores that one job takes there. A job waits until so many are free",
        note: "0 takes as many as on this computer",
    };
    let workers = Field {
        label: "Workers for a training",
        help: "A training's examples are shared out among so many workers of the cluster, each with the cores of \
               a job. It is faster, and the result is the same, to the last bit",
        note: "1 trains on one",
    };
    for (about, value, range) in [
        (cores, &mut cluster.cores, 0..=MAX_CORES),
        (workers, &mut cluster.workers, 1..=Cluster::MAX_WORKERS),
    ] {
        field_with_help(ui, tokens, about, |ui| {
            number_field(ui, tokens, value, range, "", about.label)
        });
    }
}

fn token_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &mut Form) {
    let tokens = ctx.tokens;
    let about = Field {
        label: "Token",
        help: "Opens clusters that do not let everybody in. It is kept in the system's keychain, and where \
               there is none until the program ends",
        note: if form.has_token && !form.forget_token {
            "One is known; write another to replace it"
        } else {
            "Empty where none is asked for"
        },
    };
    field_with_help(ui, tokens, about, |ui| {
        secret_field(ui, tokens, &mut form.token, "Token of the computer", "")
    });
    if form.has_token && !form.forget_token {
        let forget = Button::quiet("Forget the token").show(ui, tokens);
        form.forget_token = forget.clicked();
    }
}

/// What stands to reason about an address without encryption.
fn clear_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    let ink = Tone::Warning.text(tokens);
    ui.horizontal_top(|ui| {
        Icon::Warning.show(ui, tokens.size.icon_small, ink);
        let words = "What is sent to this address can be read and changed on the way, the token included, and \
                     whoever reaches it can run programs there. Use https or a network that you trust.";
        ui.label(tokens.body(words).color(ink));
    });
}

/// The buttons; false once the form is done with.
fn buttons_ui(ctx: &Ctx<'_>, ui: &mut Ui, form: &Form) -> bool {
    let tokens = ctx.tokens;
    let problem = form.cluster.problem();
    let mut stays = true;
    ui.horizontal_wrapped(|ui| {
        let test = Button::secondary("Try the connection")
            .icon(Icon::Link)
            .hover("Asks it who it is, and has it look for the data folder")
            .busy(ctx.is_busy(TRY))
            .enabled(problem.is_none(), problem.unwrap_or_default());
        if test.show(ui, tokens).clicked() {
            let request = ClusterRequest::Try {
                cluster: form.cluster.clone(),
                token: form.token(),
            };
            ctx.act(Action::new(TRY, Request::Cluster(request)));
        }
        let save = Button::primary("Save")
            .icon(Icon::Check)
            .busy(ctx.is_busy(SAVE))
            .enabled(problem.is_none(), problem.unwrap_or_default());
        if save.show(ui, tokens).clicked() {
            let message = format!("{} was saved", form.cluster.name.trim());
            let request = ClusterRequest::Save {
                cluster: form.cluster.clone(),
                token: form.token(),
            };
            ctx.act(Action::new(SAVE, Request::Cluster(request)).say(message));
            stays = false;
        }
        if Button::quiet("Cancel").show(ui, tokens).clicked() {
            stays = false;
        }
        if !form.is_new() {
            let remove = Button::quiet("Remove this computer").icon(Icon::Trash);
            if remove.show(ui, tokens).clicked() {
                ctx.act(removal(&form.cluster));
                stays = false;
            }
        }
    });
    stays
}

fn removal(cluster: &Cluster) -> Action {
    let undo = ClusterRequest::Save {
        cluster: cluster.clone(),
        token: None,
    };
    let id = cluster.id.clone();
    let request = Request::Cluster(ClusterRequest::Remove { id });
    Action::new(REMOVE, request)
        .say(format!("{} was removed", cluster.name))
        .undo_with(Request::Cluster(undo))
}

/// What trying found.
fn tried_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    let Some(ActionState::Done(Response::Cluster(ClusterResponse::Tried { ray_version }))) =
        ctx.store.actions().state(TRY)
    else {
        return;
    };
    let ink = Tone::Success.text(tokens);
    ui.horizontal(|ui| {
        Icon::CheckCircle.show(ui, tokens.size.icon_small, ink);
        let words = format!("It is ready: Ray {ray_version}, and it sees the data folder");
        ui.label(tokens.body(words).color(ink));
    });
}
