//! Having the scripted expert play, to get episodes of one's own.

use egui::Ui;
use lore_core::{DatasetId, DatasetKind, WorldSpec};
use lore_protocol::{DatasetRequest, Request};

use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::format;
use crate::parts::{action_error_ui, job_at_ui};
use crate::widgets::{
    Button, Card, Field, Icon, choice, field, field_with_help, number_field, text_field,
};

/// Where the collection's progress and error are shown.
const PLACE: &str = "datasets/collect";

/// View state.
#[derive(Debug)]
pub(super) struct Collect {
    /// True while the form is in view.
    pub(super) open: bool,
    world: World,
    seed: u64,
    per_type: usize,
    name: String,
}

/// Where games come from, as a list of choices.
#[derive(Clone, Debug, PartialEq)]
enum World {
    Small,
    Full,
    Games(DatasetId),
    /// A world that shows itself how its tasks are done.
    Shown(WorldSpec),
}

impl Default for Collect {
    fn default() -> Self {
        Self {
            open: false,
            world: World::Small,
            seed: 1,
            per_type: 20,
            name: String::new(),
        }
    }
}

impl Collect {
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        if ctx.job_at(PLACE).is_some() {
            Card::new().show(ui, tokens, |ui| {
                job_at_ui(ctx, ui, PLACE);
                if Button::quiet("Close").show(ui, tokens).clicked() {
                    ctx.send(Command::Dismiss(PLACE.into()));
                }
            });
        }
        if !self.open {
            return;
        }
        Card::titled("Collect expert episodes")
            .subtitle(
                "An expert that follows the rules of the game, but sees only what an agent sees, \
                 plays every kind of task. Its episodes become a data set.",
            )
            .highlighted()
            .show(ui, tokens, |ui| {
                self.form_ui(ctx, ui);
                self.buttons_ui(ctx, ui);
                action_error_ui(ctx, ui, PLACE);
            });
    }

    fn form_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        let worlds = worlds(ctx);
        field(ui, tokens, "Games", |ui| {
            choice(ui, tokens, &mut self.world, &worlds, "Games")
        });
        if matches!(self.world, World::Small | World::Full) {
            let seed = Field {
                label: "Seed",
                help: "The same seed makes the same games, on every computer",
                note: "",
            };
            field_with_help(ui, tokens, seed, |ui| {
                number_field(ui, tokens, &mut self.seed, 0..=9999, "", "Seed")
            });
        }
        let num_types = self.world.spec(self.seed).task_types().len();
        let note = format!(
            "{} in all, for {num_types} kinds of task",
            format::counted((self.per_type * num_types) as u64, "episode", "episodes")
        );
        let per_type = Field {
            label: "Episodes of each kind",
            help: "",
            note: &note,
        };
        field_with_help(ui, tokens, per_type, |ui| {
            let label = "Episodes of each kind";
            number_field(ui, tokens, &mut self.per_type, 1..=1000, "", label)
        });
        field(ui, tokens, "Name", |ui| {
            let hint = "Expert episodes";
            text_field(ui, tokens, &mut self.name, "Name of the new data set", hint)
        });
    }

    fn buttons_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        ui.horizontal(|ui| {
            let start = Button::primary("Collect")
                .icon(Icon::Play)
                .busy(ctx.is_busy(PLACE))
                .show(ui, tokens);
            if start.clicked() {
                ctx.act(Action::new(PLACE, Request::Dataset(self.request())));
                self.open = false;
            }
            if Button::quiet("Cancel").show(ui, tokens).clicked() {
                self.open = false;
            }
        });
    }

    fn request(&self) -> DatasetRequest {
        let name = self.name.trim();
        DatasetRequest::Collect {
            world: self.world.spec(self.seed),
            per_type: self.per_type,
            name: if name.is_empty() {
                "Expert episodes".to_owned()
            } else {
                name.to_owned()
            },
        }
    }
}

impl World {
    /// What the core knows it as; generated games are made from `seed`.
    fn spec(&self, seed: u64) -> WorldSpec {
        let generated = |small| WorldSpec::Generated { seed, small };
        match self {
            Self::Small => generated(true),
            Self::Full => generated(false),
            Self::Games(id) => WorldSpec::Games {
                train: id.clone(),
                test: None,
            },
            Self::Shown(spec) => spec.clone(),
        }
    }
}

/// The generated worlds, every data set of games, and the worlds that know how they are won.
fn worlds(ctx: &Ctx<'_>) -> Vec<(World, String)> {
    let mut worlds = vec![
        (World::Small, "Generated, small rooms".to_owned()),
        (World::Full, "Generated, full rooms".to_owned()),
    ];
    let datasets = ctx.datasets().ready().unwrap_or_default();
    worlds.extend(
        datasets
            .iter()
            .filter(|dataset| dataset.kind == DatasetKind::Games)
            .map(|dataset| (World::Games(dataset.id.clone()), dataset.name.clone())),
    );
    let installed = ctx.worlds().ready().unwrap_or_default().iter();
    let shown = installed.filter(|world| {
        let knows = matches!(
            world.spec,
            WorldSpec::ScienceWorld { .. } | WorldSpec::TextWorldExpress
        );
        knows && world.missing.is_none()
    });
    worlds.extend(shown.map(|world| (World::Shown(world.spec.clone()), world.name.clone())));
    worlds
}
