//! Whole trainings of a tiny model, shared out over real connections. Whatever happens to assistants, what comes
//! of it is what one computer alone makes.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use anyhow::{Result, bail};

use lore_core::{MomentFormat, Secret, StopToken, TrainConfig};
use lore_llm::{AdapterWeights, Weights};

use super::frames::{Limits, ToAssistant, ToLeader, VERSION, encode};
use super::wire::Wire;
use super::*;
use crate::buffers::LoraBuffers;
use crate::example::Example;
use crate::model::{LossGradient, TrainableModel};
use crate::pass::Pass;
use crate::testing::{Listener, tiny_config, tiny_examples, tiny_weights};
use crate::train::{TrainJob, TrainOutcome, TrainWatcher, train, train_with};

const TOKEN: &str = "sesame-4711";

/// What one does to the gradient of its pass with this number, from 1.
type Deed = fn(usize, &mut LoraBuffers) -> Result<()>;

/// A model that computes, and then does something to it.
struct Acting<'a> {
    model: TrainableModel<'a>,
    num_computed: &'a AtomicUsize,
    deed: Deed,
}

impl LossGradient for Acting<'_> {
    fn add_gradient(
        &self,
        adapter: &AdapterWeights,
        pass: &Pass<'_>,
        gradients: &mut LoraBuffers,
    ) -> Result<f64> {
        let loss = self.model.add_gradient(adapter, pass, gradients)?;
        let number = 1 + self.num_computed.fetch_add(1, Ordering::Relaxed);
        (self.deed)(number, gradients)?;
        Ok(loss)
    }
}

/// So slow that others get to compute.
const SLOWLY: Deed = |_number, _gradients| {
    thread::sleep(Duration::from_millis(20));
    Ok(())
};

const HONESTLY: Deed = |_number, _gradients| Ok(());

/// A tiny training on this computer.
struct Scene {
    weights: Weights,
    examples: Vec<Example>,
    config: TrainConfig,
    listener: TcpListener,
    address: SocketAddr,
    num_own: AtomicUsize,
}

impl Scene {
    /// Six steps of five passes.
    fn new() -> Self {
        let mut config = tiny_config();
        config.batch_size = 5;
        Self::with(config)
    }

    fn with(config: TrainConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        Self {
            weights: tiny_weights(),
            examples: tiny_examples(),
            config,
            address: listener.local_addr().expect("has an address"),
            listener,
            num_own: AtomicUsize::new(0),
        }
    }

    fn job<'a>(&'a self, checkpoints: &'a Path, crew: Option<&'a Crew>) -> TrainJob<'a> {
        TrainJob {
            weights: &self.weights,
            base_name: "tiny",
            examples: &self.examples,
            mixed: None,
            config: &self.config,
            checkpoints,
            memory_budget: u64::MAX,
            crew,
        }
    }

    fn model<'a>(&'a self, num_computed: &'a AtomicUsize, deed: Deed) -> Acting<'a> {
        let model = TrainableModel::new(&self.weights, u64::MAX);
        Acting {
            model: model.with_moments(self.config.moments),
            num_computed,
            deed,
        }
    }

    /// What one computer alone makes.
    fn alone(&self) -> TrainOutcome {
        let folder = tempfile::tempdir().expect("a folder");
        let job = self.job(folder.path(), None);
        train(&job, &mut Listener::default(), &StopToken::new()).expect("trains")
    }

    fn crew(&self) -> Crew {
        let listener = self.listener.try_clone().expect("is open");
        Crew::open(listener, Secret::from(TOKEN)).expect("opens")
    }

    /// The same with a crew, by a leader that is slow.
    fn together(&self, crew: &Crew, folder: &Path, watcher: &mut dyn TrainWatcher) -> TrainOutcome {
        let (job, stop) = (self.job(folder, Some(crew)), StopToken::new());
        let model = self.model(&self.num_own, SLOWLY);
        train_with(&model, &job, watcher, &stop).expect("trains")
    }

    fn assist(&self, num_computed: &AtomicUsize, deed: Deed) -> Result<Farewell> {
        let model = Box::new(self.model(num_computed, deed));
        let mut assistant = Assistant::with_model(model, &self.weights, &self.config);
        let stream = TcpStream::connect(self.address)?;
        assistant.serve(stream, &Secret::from(TOKEN), &StopToken::new())
    }
}

/// Trains with assistants that do these deeds; what each said and how much it computed, and what was told.
fn with_assistants(scene: &Scene, deeds: &[Deed]) -> (Vec<(Result<Farewell>, usize)>, Vec<String>) {
    let counts: Vec<AtomicUsize> = deeds.iter().map(|_| AtomicUsize::new(0)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let mut watcher = Listener::default();
    let farewells = thread::scope(|scope| {
        let crew = scene.crew();
        let assist = |(deed, count)| scope.spawn(move || scene.assist(count, deed));
        let helpers = deeds.iter().copied().zip(&counts).map(assist);
        let helpers: Vec<ScopedJoinHandle<'_, _>> = helpers.collect();
        let outcome = scene.together(&crew, folder.path(), &mut watcher);
        assert!(
            outcome == scene.alone(),
            "it is another training with {} assistants",
            deeds.len()
        );
        drop(crew);
        let ends = helpers.into_iter().map(|it| it.join().expect("ends"));
        ends.collect::<Vec<_>>()
    });
    let counts = counts.iter().map(|it| it.load(Ordering::Relaxed));
    (
        farewells.into_iter().zip(counts).collect(),
        watcher.inner.messages,
    )
}

/// Every kind of number that is sent, and passes of several examples.
fn unusual() -> TrainConfig {
    let mut config = tiny_config();
    config.batch_size = 5;
    config.max_tokens = 40;
    config.moments = MomentFormat::EightBit;
    config.lora.use_dora = true;
    config.packing = true;
    config
}

#[test]
fn any_number_of_assistants_changes_no_bit() {
    for config in [Scene::new().config, unusual()] {
        let crews: [&[Deed]; 3] = [&[], &[HONESTLY], &[HONESTLY, HONESTLY]];
        for deeds in crews {
            let scene = Scene::with(config.clone());
            let (ends, messages) = with_assistants(&scene, deeds);
            let mut num_computed = 0;
            for (end, count) in ends {
                assert_eq!(end.expect("no reason to leave"), Farewell::Over);
                // The first pass only shows what it can.
                assert!(count > 1, "all take part");
                num_computed += count - 1;
            }
            let own = scene.num_own.into_inner();
            assert!(deeds.is_empty() || own < 30, "less is left to the leader");
            assert!(own + num_computed >= 6, "{own} and {num_computed}");
            let words = format!("{} workers are computing", deeds.len() + 1);
            assert_eq!(messages.contains(&words), !deeds.is_empty(), "{messages:?}");
        }
    }
}

#[test]
fn whoever_breaks_in_the_middle_of_a_step_is_replaced() {
    let dies: Deed = |number, _| if number == 5 { bail!("dead") } else { Ok(()) };
    let (ends, messages) = with_assistants(&Scene::new(), &[dies, HONESTLY]);
    assert!(ends[0].0.is_err() && ends[0].1 == 5, "{:?}", ends[0]);
    assert_eq!(ends[1].0.as_ref().expect("stays"), &Farewell::Over);
    assert!(
        messages.iter().any(|it| it == "2 workers are computing"),
        "{messages:?}"
    );
}

#[test]
fn nobody_waits_for_one_who_hangs() {
    let hangs: Deed = |number, _| {
        if number == 3 {
            thread::sleep(Duration::from_secs(5));
        }
        Ok(())
    };
    let (ends, _) = with_assistants(&Scene::new(), &[hangs]);
    assert_eq!(ends[0].1, 3, "it was given nothing more");
}

#[test]
fn numbers_that_are_none_are_not_added() {
    let broken: [Deed; 3] = [
        |number, gradients| {
            if number == 4 {
                gradients.pairs[0].a[0] = f32::NAN;
            }
            Ok(())
        },
        |number, gradients| {
            if number == 4 {
                gradients.pairs[0].b.push(0.0);
            }
            Ok(())
        },
        |number, gradients| {
            if number == 4 {
                gradients.pairs.pop();
            }
            Ok(())
        },
    ];
    for deed in broken {
        let (ends, messages) = with_assistants(&Scene::new(), &[deed]);
        let (end, count) = &ends[0];
        assert!(end.as_ref().ok() != Some(&Farewell::Over), "{end:?}");
        assert_eq!(*count, 4, "it was sent away");
        let told = messages.iter().any(|it| it.contains("was sent away"));
        assert!(told, "{messages:?}");
    }
}

#[test]
fn whoever_computes_other_numbers_takes_no_part() {
    let other: Deed = |_, gradients| {
        let number = &mut gradients.pairs[1].a[2];
        *number = f32::from_bits(number.to_bits() ^ 1);
        Ok(())
    };
    let (ends, messages) = with_assistants(&Scene::new(), &[other]);
    let (end, count) = &ends[0];
    let words = format!("{:#}", end.as_ref().expect_err("is sent away"));
    assert!(words.contains("another kind of processor"), "{words}");
    assert_eq!(*count, 1);
    assert!(
        messages.iter().any(|it| it.contains("was sent away")),
        "{messages:?}"
    );
}

#[test]
fn strangers_are_kept_out() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().expect("a folder");
    let crew = scene.crew();
    let connect = || TcpStream::connect(scene.address).expect("somebody listens");
    // Nothing, noise, a length without end, and somebody who says hello and then talks nonsense.
    let silent = connect();
    let mut noisy = connect();
    noisy.write_all(&[0xff; 64]).expect("sends");
    let mut endless = connect();
    endless
        .write_all(&[[0; 4], [0xff; 4], [0xff; 4]].concat())
        .expect("sends");
    let hello = |token: &str| ToLeader::Hello {
        version: VERSION,
        token: Secret::from(token),
    };
    let mut knows = connect();
    let nonsense = [encode(&hello(TOKEN), &[]).expect("is JSON"), vec![7; 1000]].concat();
    knows.write_all(&nonsense).expect("sends");
    let guesses = Wire::new(connect()).expect("is open");
    guesses.say(&hello("sesame-4712")).expect("sends");
    let (answer, _) = guesses
        .read::<ToAssistant>(Limits::GREETING)
        .expect("answers");
    assert_eq!(answer, ToAssistant::Refused {});
    let old = Wire::new(connect()).expect("is open");
    let other = ToLeader::Hello {
        version: VERSION + 1,
        token: Secret::from(TOKEN),
    };
    old.say(&other).expect("sends");
    let (answer, _) = old.read::<ToAssistant>(Limits::GREETING).expect("answers");
    assert_eq!(answer, ToAssistant::Refused {});
    let mut watcher = Listener::default();
    let outcome = scene.together(&crew, folder.path(), &mut watcher);
    assert!(outcome == scene.alone(), "it is another training");
    assert_eq!(scene.num_own.load(Ordering::Relaxed), 30, "all by itself");
    drop((silent, noisy, endless, knows));
}

#[test]
fn one_may_come_at_any_step() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().expect("a folder");
    let (call, called) = channel();
    let num_computed = AtomicUsize::new(0);
    let mut watcher = Listener {
        calls: Some((2, call)),
        ..Listener::default()
    };
    thread::scope(|scope| {
        let crew = scene.crew();
        let (scene, num_computed) = (&scene, &num_computed);
        let late = scope.spawn(move || {
            called.recv().expect("is called");
            scene.assist(num_computed, HONESTLY)
        });
        let outcome = scene.together(&crew, folder.path(), &mut watcher);
        assert!(outcome == scene.alone(), "it is another training");
        drop(crew);
        assert_eq!(late.join().expect("ends").expect("stays"), Farewell::Over);
    });
    assert!(num_computed.into_inner() > 1, "it took part");
    assert!(
        scene.num_own.into_inner() > 10,
        "the first two steps were the leader's"
    );
}

#[test]
fn a_stop_and_other_assistants_change_no_bit() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().expect("a folder");
    let stop = StopToken::new();
    let mut watcher = Listener::stopping_at(3, &stop);
    let num_computed = AtomicUsize::new(0);
    thread::scope(|scope| {
        let crew = scene.crew();
        let first = scope.spawn(|| scene.assist(&num_computed, HONESTLY));
        let (job, model) = (
            scene.job(folder.path(), Some(&crew)),
            scene.model(&scene.num_own, SLOWLY),
        );
        let outcome = train_with(&model, &job, &mut watcher, &stop).expect("trains");
        assert_eq!(outcome, TrainOutcome::Stopped { step: 3 });
        drop(crew);
        assert_eq!(first.join().expect("ends").expect("stays"), Farewell::Over);

        let crew = scene.crew();
        let deeds = [HONESTLY, SLOWLY];
        let others = deeds.map(|deed| {
            let num_computed = &num_computed;
            let scene = &scene;
            scope.spawn(move || scene.assist(num_computed, deed))
        });
        let outcome = scene.together(&crew, folder.path(), &mut Listener::default());
        assert!(outcome == scene.alone(), "it is another training");
        drop(crew);
        for other in others {
            assert_eq!(other.join().expect("ends").expect("stays"), Farewell::Over);
        }
    });
    assert!(num_computed.into_inner() > 2, "they took part");
}
