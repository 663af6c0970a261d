//! The pages. Each owns its view state; everything else arrives by [`Ctx`].

mod bank;
mod datasets;
mod export;
mod home;
mod models;
mod results;
mod runs;
mod settings;
mod start;
mod talk;
mod train;
mod trajectories;
mod worlds;

use egui::Ui;

use crate::PageId;
use crate::command::Order;
use crate::context::Ctx;
use crate::shell::PaletteEntry;

pub(crate) use models::starter_models_ui;
pub(crate) use settings::look_ui;
pub(crate) use start::{sample_experiment, sample_spec};

/// A page.
pub(crate) trait Page {
    /// What stands above the page.
    fn title(&self, ctx: &Ctx<'_>) -> String {
        ctx.route.page().label().to_owned()
    }

    /// What can be done, at the right of the title; the most important first.
    fn actions_ui(&mut self, _ctx: &Ctx<'_>, _ui: &mut Ui) {}

    /// The page itself; it has the room below the title.
    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui);

    /// What the list of commands offers on this page, before everything else. The keys of an entry
    /// work while the page is in view.
    fn commands(&self, _ctx: &Ctx<'_>) -> Vec<PaletteEntry> {
        Vec::new()
    }

    /// Does what an entry of [`Page::commands`] asked for.
    fn obey(&mut self, _order: Order) {}
}

/// Every page with its view state.
#[derive(Default)]
pub(crate) struct Pages {
    home: home::HomePage,
    datasets: datasets::DatasetsPage,
    worlds: worlds::WorldsPage,
    bank: bank::BankPage,
    models: models::ModelsPage,
    train: train::TrainPage,
    talk: talk::TalkPage,
    runs: runs::RunsPage,
    trajectories: trajectories::TrajectoriesPage,
    results: results::ResultsPage,
    export: export::ExportPage,
    settings: settings::SettingsPage,
}

impl Pages {
    /// One page.
    pub(crate) fn get(&mut self, page: PageId) -> &mut dyn Page {
        match page {
            PageId::Home => &mut self.home,
            PageId::Datasets => &mut self.datasets,
            PageId::Worlds => &mut self.worlds,
            PageId::Bank => &mut self.bank,
            PageId::Models => &mut self.models,
            PageId::Train => &mut self.train,
            PageId::Try => &mut self.talk,
            PageId::Runs => &mut self.runs,
            PageId::Trajectories => &mut self.trajectories,
            PageId::Results => &mut self.results,
            PageId::Export => &mut self.export,
            PageId::Settings => &mut self.settings,
        }
    }
}
