//! How memories are mixed while training, chosen where trainings are described and found by the words one
//! sees.

mod common;

use common::Window;
use common::work::{enter, pick, press};
use egui::accesskit::Role;
use lore_core::{ExperimentSpec, MemoryCount, MemoryMix};
use lore_protocol::{ExperimentRequest, JobRequest, Language, Request, TrainWork, Work};
use lore_ui::PageId;
use lore_ui::backend::Sample;

const CARD: &str = "Memories while training";
const WITH_MEMORIES: &str = "Show similar past episodes while training (ExpRAG-LoRA)";

fn mix_everything(window: &mut Window) -> MemoryMix {
    enter(window, "Episodes without memories", "30");
    pick(window, "Memories shown", "From one to all, by chance");
    press(window, Role::Switch, "In random order");
    enter(window, "Unrelated memories", "12.5");
    MemoryMix {
        without: 0.3,
        count: MemoryCount::FromOne,
        shuffled: true,
        unrelated: 0.125,
    }
}

fn trained(window: &Window) -> Option<TrainWork> {
    let sent = window.core.sent().into_iter();
    sent.rev().find_map(|request| match request {
        Request::Job(JobRequest::Submit { work, .. }) => match *work {
            Work::Train(work) => Some(work),
            _ => None,
        },
        _ => None,
    })
}

fn started(window: &Window) -> Option<Box<ExperimentSpec>> {
    let sent = window.core.sent().into_iter();
    sent.rev().find_map(|request| match request {
        Request::Experiment(ExperimentRequest::Start { spec }) => Some(spec),
        _ => None,
    })
}

#[test]
fn a_training_mixes_its_memories_as_it_was_filled_in() {
    let mut window = Window::open(Sample::busy(), PageId::Train.route());
    window.click("All numbers");
    assert!(!window.shows(CARD), "no memories are in view yet");
    window.click(WITH_MEMORIES);
    assert!(window.shows(CARD));
    let mix = mix_everything(&mut window);
    window.click("Start training");
    let work = trained(&window).expect("a training was asked for");
    assert_eq!(work.config.memory_mix, mix);
}

#[test]
fn a_training_without_memories_mixes_none() {
    let mut window = Window::open(Sample::busy(), PageId::Train.route());
    window.click("All numbers");
    window.click(WITH_MEMORIES);
    mix_everything(&mut window);
    press(&mut window, Role::Switch, WITH_MEMORIES);
    window.click("Start training");
    let work = trained(&window).expect("a training was asked for");
    assert!(work.config.memory_mix.is_default());
}

#[test]
fn an_experiment_mixes_memories_where_an_arm_learns_with_them() {
    let mut window = Window::open(Sample::busy(), PageId::Runs.route());
    window.click("New experiment");
    window.click("All choices");
    assert!(window.shows(CARD));
    let mix = mix_everything(&mut window);
    window.click("Start experiment");
    let spec = started(&window).expect("an experiment was asked for");
    assert_eq!(spec.train.memory_mix, mix);

    window.click("New experiment");
    window.click("All choices");
    press(&mut window, Role::Switch, "ExpRAG-LoRA");
    assert!(!window.shows(CARD), "no arm learns with memories in view");
}

#[test]
fn the_choices_are_explained_in_german() {
    let mut sample = Sample::busy();
    sample.settings.language = Language::German;
    let mut window = Window::open(sample, PageId::Train.route());
    window.click("Alle Zahlen");
    window.click_first("(ExpRAG-LoRA)");
    for words in [
        "Erinnerungen beim Training",
        "Ein Modell, das immer gute Erinnerungen sah",
        "Episoden ohne Erinnerungen",
        "Dieser Anteil der Episoden",
        "Gezeigte Erinnerungen",
        "Jede Episode zeigt alles",
        "In zufälliger Reihenfolge",
        "Sonst steht die beste vorn",
        "Unpassende Erinnerungen",
        "Dieser Anteil der Erinnerungen",
    ] {
        assert!(window.shows(words), "{words}");
    }
}
