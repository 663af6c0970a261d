//! Every page paints in every state, theme and size; pictures for people who look at them with
//! `LOREKEEPER_SCREENS=folder`.

mod common;

use common::Window;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use lore_protocol::{Event, Language, ShellEvent, Source, Theme};
use lore_ui::backend::Sample;
use lore_ui::{PageId, Route};

/// A page in a state.
struct Scene {
    name: String,
    sample: Sample,
    route: Route,
    /// True when a person does something there first.
    prepared: bool,
    /// What.
    prepare: fn(&mut Window),
}

fn scene(name: &str, sample: Sample, route: Route, prepare: fn(&mut Window)) -> Scene {
    Scene {
        name: name.to_owned(),
        sample,
        route,
        prepared: true,
        prepare,
    }
}

/// A page as it opens.
fn untouched(name: &str, sample: Sample, route: Route) -> Scene {
    Scene {
        prepared: false,
        ..scene(name, sample, route, |_| {})
    }
}

#[expect(clippy::too_many_lines, reason = "a table, one scene after the other")]
fn scenes() -> Vec<Scene> {
    let datasets = || PageId::Datasets.route();
    let asked = || Route::Datasets(Some("alfworld-human".into()));
    let bank = || PageId::Bank.route();
    let worlds = || PageId::Worlds.route();
    let mut scenes: Vec<Scene> = PageId::ALL
        .into_iter()
        .map(|page| {
            let name = page.label().to_lowercase().replace(' ', "-");
            untouched(&name, Sample::busy(), page.route())
        })
        .collect();
    scenes.extend(PageId::ALL.into_iter().map(|page| {
        let name = page.label().to_lowercase().replace(' ', "-");
        untouched(&format!("{name}-fresh"), Sample::fresh(), page.route())
    }));
    scenes.extend(vec![
        scene("data-sets-dropped", Sample::busy(), datasets(), |window| {
            let paths = vec!["/home/ada/runs.jsonl".to_owned()];
            window
                .core
                .happen(Event::Shell(ShellEvent::Dropped { paths }));
            window.settle();
        }),
        scene("data-sets-collect", Sample::busy(), datasets(), |window| {
            window.click("Collect expert episodes");
        }),
        scene("data-sets-bank", Sample::busy(), datasets(), |window| {
            window.click("Build a bank");
        }),
        scene(
            "data-sets-table",
            Sample::with_table(),
            datasets(),
            |window| {
                let paths = vec!["/home/ada/steps.csv".to_owned()];
                let dropped = ShellEvent::Dropped { paths };
                window.core.happen(Event::Shell(dropped));
                window.settle();
            },
        ),
        scene("data-sets-export", Sample::busy(), datasets(), |window| {
            let keys = (Modifiers::COMMAND, Key::E);
            window.harness.key_press_modifiers(keys.0, keys.1);
            window.settle();
        }),
        scene("data-sets-asked", Sample::busy(), asked(), |window| {
            window.click("Ask an agent");
        }),
        scene("data-sets-leaks", Sample::busy(), datasets(), |window| {
            scroll_to(window, "Counted by");
        }),
        scene("data-sets-labels", Sample::busy(), datasets(), |window| {
            scroll_to(window, "Edit labels");
            window.click("Edit labels");
            scroll_to(window, "Change the labels");
        }),
        scene("worlds-connect", Sample::busy(), worlds(), |window| {
            window.click("Connect a server");
            window.write("Address of the server", "http://localhost:8000");
            window.click("Play one step");
        }),
        untouched("worlds-play", Sample::playing(), worlds()),
        scene(
            "try-answer",
            Sample::busy(),
            PageId::Try.route(),
            |window| {
                window.click("Memories");
                window.write("Message", "Your task is to: put a clean mug on the desk");
                window.click("Send");
            },
        ),
        untouched("try-endpoint", Sample::serving(), PageId::Try.route()),
        scene("bank-detail", Sample::busy(), bank(), |window| {
            let row = window
                .harness
                .get_by_label_contains("Put a clean mug in the shelf");
            row.click();
            window.settle();
        }),
        scene("bank-map", Sample::busy(), bank(), |window| {
            window.click("Map");
        }),
        scene("bank-ask", Sample::busy(), bank(), |window| {
            window.click("What would be retrieved for…");
            window.harness.get_by_label("Task in words").focus();
            window.settle();
            let field = window.harness.get_by_label("Task in words");
            field.type_text("put a clean mug on the desk");
            window.settle();
            window.click("Ask");
        }),
        scene("welcome", Sample::first_start(), Route::Home, |_| {}),
        scene(
            "welcome-needs",
            Sample::first_start(),
            Route::Home,
            |window| {
                window.click("Next");
            },
        ),
        scene(
            "welcome-begin",
            Sample::first_start(),
            Route::Home,
            |window| {
                window.click("Next");
                window.click("Next");
            },
        ),
        scene("tour", Sample::first_start(), Route::Home, |window| {
            window.click("Next");
            window.click("Next");
            window.click("Show me around");
            window.settle();
        }),
        scene("episode", Sample::busy(), episode(), |_| {}),
        scene("episode-map", Sample::busy(), episode(), |window| {
            window.click("Map");
            window.harness.key_press(Key::J);
            window.settle();
        }),
        scene("episode-notes", Sample::busy(), episode(), |window| {
            window.click("Notes");
        }),
        scene("episode-find", Sample::busy(), episode(), |window| {
            window.harness.key_press(Key::Slash);
            window.settle();
            let field = window.harness.get_by_label("Find in this episode");
            field.type_text("mug");
            window.settle();
        }),
        scene("beside", Sample::busy(), beside(), |_| {}),
        scene(
            "trainings",
            Sample::busy(),
            PageId::Train.route(),
            |window| {
                window.click("Trainings (1)");
            },
        ),
        scene(
            "new-experiment",
            Sample::busy(),
            PageId::Runs.route(),
            |window| {
                window.click("New experiment");
            },
        ),
        scene("palette", Sample::busy(), Route::Home, |window| {
            window
                .harness
                .key_press_modifiers(Modifiers::COMMAND, Key::K);
            window.settle();
        }),
        scene("toast", Sample::busy(), PageId::Models.route(), |window| {
            let bin = window.harness.get_all_by_label("Remove this model").next();
            bin.expect("a model can be removed").click();
            window.settle();
        }),
        scene("drop", Sample::busy(), Route::Home, |window| {
            window
                .core
                .happen(Event::Shell(ShellEvent::Hover { count: 1 }));
            window.settle();
        }),
    ]);
    scenes
}

fn scroll_to(window: &mut Window, label: &str) {
    let found = window.harness.get_all_by_label(label).next();
    found.expect("asked for by label").scroll_to_me();
    window.settle();
}

fn source() -> Source {
    Source::Experiment {
        id: "sample-1".into(),
    }
}

fn episode() -> Route {
    let rows = Sample::busy().rows;
    Route::Trajectories {
        source: Some(source()),
        id: rows.first().map(|row| row.id.clone()),
    }
}

fn beside() -> Route {
    let rows = Sample::busy().rows;
    Route::Beside {
        source: source(),
        left: rows[0].id.clone(),
        right: rows[6].id.clone(),
        right_source: None,
    }
}

#[test]
fn every_page_can_be_painted() {
    let folder = std::env::var("LOREKEEPER_SCREENS").ok();
    let only = std::env::var("LOREKEEPER_SCENE").unwrap_or_default();
    for scene in scenes() {
        // The tests of the pages open those that need no preparation.
        if folder.is_none() && !scene.prepared {
            continue;
        }
        if !only.is_empty() && !only.split(',').any(|name| name == scene.name) {
            continue;
        }
        for (theme, size) in [
            (Theme::Light, [1280.0, 800.0]),
            (Theme::Dark, [900.0, 620.0]),
        ] {
            let mut sample = scene.sample.clone();
            sample.settings.theme = theme;
            if std::env::var("LOREKEEPER_LANGUAGE").is_ok_and(|name| name == "de") {
                sample.settings.language = Language::German;
            }
            let mut builder = Harness::builder().with_size(size);
            if folder.is_some() {
                builder = builder.wgpu();
            }
            let mut window = Window::build(builder, sample, scene.route.clone());
            (scene.prepare)(&mut window);
            if let Some(folder) = &folder {
                let image = window.harness.render().unwrap();
                let path = format!("{folder}/{}-{theme:?}-{}.png", scene.name, size[0]);
                image.save(path).unwrap();
            }
        }
    }
}
