//! Installing the worlds that run in Java.

use egui::Ui;
use lore_core::JavaWorld;
use lore_protocol::{FileKind, JavaSource, Request, Work, WorldRequest};

use crate::command::Action;
use crate::context::Ctx;
use crate::parts::{action_error_ui, job_progress_ui};
use crate::widgets::{Button, Card, Icon, ListRow};

/// Where the progress and the error of installing are shown.
const PLACE: &str = "worlds/install";

/// View state.
#[derive(Debug, Default)]
pub(super) struct Install {
    seen_file: u64,
}

impl Install {
    /// A file that was picked is installed at once.
    pub(super) fn follow_picks(&mut self, ctx: &Ctx<'_>) {
        let shell = ctx.store.shell();
        if let Some(path) = shell.newly_picked(FileKind::WorldFile, &mut self.seen_file) {
            let path = path.to_owned();
            install(ctx, JavaSource::File { path });
        }
    }
}

/// The card.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    Card::titled("From this computer")
        .tight()
        .show(ui, tokens, |ui| {
            let row = ListRow::new("A wheel or a JAR…")
                .subtitle("Of ScienceWorld, TextWorld-Express or py4j")
                .icon(Icon::File);
            if row.show(ui, tokens).clicked() {
                ctx.pick(FileKind::WorldFile);
            }
            action_error_ui(ctx, ui, "shell/pick");
        });
    under_way_ui(ctx, ui);
}

/// What is being installed, and what went wrong.
fn under_way_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    action_error_ui(ctx, ui, PLACE);
    let started = ctx.store.actions().job(PLACE);
    for record in ctx.store.jobs().iter() {
        let info = &record.info;
        let is_install = matches!(info.spec.work, Work::InstallWorld(_));
        if is_install && (info.state.is_active() || started == Some(&info.spec.id)) {
            Card::new().show(ui, ctx.tokens, |ui| job_progress_ui(ctx, ui, record));
        }
    }
}

/// The button that installs a world.
pub(super) fn button_ui(ctx: &Ctx<'_>, ui: &mut Ui, world: JavaWorld) {
    let label = format!("Install {}", world.label());
    let button = Button::primary(&label)
        .icon(Icon::Download)
        .busy(ctx.is_busy(PLACE))
        .hover("Takes the one that Python has here, or gets it from Python's package index");
    if button.show(ui, ctx.tokens).clicked() {
        install(ctx, JavaSource::Package { world });
    }
}

fn install(ctx: &Ctx<'_>, source: JavaSource) {
    let request = Request::World(WorldRequest::Install { source });
    ctx.act(Action::new(PLACE, request));
}
