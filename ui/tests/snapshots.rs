//! Small pictures of pages (`tests/snapshots`), so that nobody changes the looks without seeing it.
//! `UPDATE_SNAPSHOTS=1` takes them anew.

mod common;

use common::Window;
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};
use lore_protocol::{Source, Theme};
use lore_ui::backend::Sample;
use lore_ui::{PageId, Route};

/// How many points may look another way: drivers differ in the edges of letters.
const TOLERATED: usize = 1000;

fn episode() -> Route {
    let rows = Sample::busy().rows;
    Route::Trajectories {
        source: Some(Source::Experiment {
            id: "sample-1".into(),
        }),
        id: rows.first().map(|row| row.id.clone()),
    }
}

/// A page half as large, which shows where things stand and in which colour.
fn open(theme: Theme, sample: Sample, route: Route) -> Window {
    let mut sample = sample;
    sample.settings.theme = theme;
    let builder = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_pixels_per_point(0.5)
        .wgpu();
    Window::build(builder, sample, route)
}

#[test]
fn pages_look_as_they_did() {
    use PageId::{Bank, Datasets, Results, Runs, Settings, Train};
    let busy: fn() -> Sample = Sample::busy;
    let scenes = [
        (
            "welcome-light",
            Theme::Light,
            Sample::first_start as fn() -> Sample,
            Route::Home,
        ),
        ("home-dark", Theme::Dark, busy, Route::Home),
        ("data-sets-light", Theme::Light, busy, Datasets.route()),
        ("bank-dark", Theme::Dark, busy, Bank.route()),
        ("train-light", Theme::Light, busy, Train.route()),
        ("runs-fresh-dark", Theme::Dark, Sample::fresh, Runs.route()),
        ("runs-light", Theme::Light, busy, Runs.route()),
        ("episode-light", Theme::Light, busy, episode()),
        ("results-light", Theme::Light, busy, Results.route()),
        ("results-dark", Theme::Dark, busy, Results.route()),
        ("settings-dark", Theme::Dark, busy, Settings.route()),
    ];
    let options = SnapshotOptions::new().max_failed_pixels(TOLERATED);
    let mut results = SnapshotResults::new();
    for (name, theme, sample, route) in scenes {
        let mut window = open(theme, sample(), route);
        results.add(window.harness.try_snapshot_options(name, &options));
    }
    let mut map = open(Theme::Dark, busy(), PageId::Bank.route());
    map.harness.get_by_label("Map").click();
    map.settle();
    results.add(map.harness.try_snapshot_options("bank-map-dark", &options));
}
