//! Whole trainings of a tiny model.

use lore_core::{MomentFormat, TargetModule};

use super::*;
use crate::testing::{Listener, tiny_config, tiny_examples, tiny_weights};

fn job<'a>(
    weights: &'a Weights,
    examples: &'a [Example],
    config: &'a TrainConfig,
    checkpoints: &'a Path,
) -> TrainJob<'a> {
    TrainJob {
        weights,
        base_name: "tiny",
        examples,
        mixed: None,
        config,
        checkpoints,
        memory_budget: u64::MAX,
        crew: None,
    }
}

#[test]
fn resuming_gives_the_same_bytes_as_not_stopping() -> Result<()> {
    check_resuming(&tiny_config())?;
    let mut other = tiny_config();
    other.moments = MomentFormat::EightBit;
    other.lora.use_dora = true;
    other.lora.use_rslora = true;
    other.packing = true;
    check_resuming(&other)
}

fn check_resuming(config: &TrainConfig) -> Result<()> {
    let (weights, examples) = (tiny_weights(), tiny_examples());
    let straight = tempfile::tempdir()?;
    let job_straight = job(&weights, &examples, config, straight.path());
    let mut listener = Listener::default();
    let expected = train(&job_straight, &mut listener, &StopToken::new())?;

    let broken = tempfile::tempdir()?;
    let job_broken = job(&weights, &examples, config, broken.path());
    let stop = StopToken::new();
    let outcome = train(&job_broken, &mut Listener::stopping_at(3, &stop), &stop)?;
    assert_eq!(outcome, TrainOutcome::Stopped { step: 3 });
    let mut second = Listener::default();
    let resumed = train(&job_broken, &mut second, &StopToken::new())?;
    assert_eq!(resumed, expected);
    // What was told before the stop is told again: who listened then may be gone.
    for name in [
        "train/loss",
        "train/grad_norm",
        "train/learning_rate",
        "train/epoch",
    ] {
        let [first, again] = [&listener, &second].map(|it| it.inner.values(name));
        assert_eq!(first, again, "{name}");
    }
    assert_eq!(second.inner.values("train/tokens_per_sec").len(), 3);
    for file in [
        "adapter_model.safetensors",
        "adapter_config.json",
        "optimizer.safetensors",
    ] {
        let read = |dir: &Path| std::fs::read(dir.join("step-00000006").join(file));
        assert_eq!(read(straight.path())?, read(broken.path())?, "{file}");
    }

    let TrainOutcome::Finished {
        certificate,
        losses,
        steps,
        ..
    } = expected
    else {
        panic!("must have finished");
    };
    assert!(certificate.holds());
    assert_eq!((steps, losses.len()), (6, 6));
    assert_eq!(listener.certificates, 1);
    assert_eq!(listener.saved, [2, 4, 6]);
    assert_eq!(listener.inner.values("train/loss"), losses);
    Ok(())
}

/// The losses of nine passes with these options.
fn losses_with(change: impl FnOnce(&mut TrainConfig)) -> Result<Vec<f64>> {
    let (weights, examples) = (tiny_weights(), tiny_examples());
    let mut config = tiny_config();
    config.max_steps = 60;
    config.learning_rate = 2e-2;
    config.lora.dropout = 0.0;
    change(&mut config);
    let dir = tempfile::tempdir()?;
    let job = job(&weights, &examples, &config, dir.path());
    match train(&job, &mut Listener::default(), &StopToken::new())? {
        TrainOutcome::Finished { losses, .. } => Ok(losses),
        TrainOutcome::Stopped { .. } => panic!("must have finished"),
    }
}

#[test]
fn the_loss_of_a_small_set_falls() -> Result<()> {
    let options: [fn(&mut TrainConfig); 3] = [
        |_| {},
        |config| config.lora.use_dora = true,
        |config| config.moments = MomentFormat::EightBit,
    ];
    for change in options {
        let losses = losses_with(change)?;
        let (first, last) = (losses[0], losses[losses.len() - 1]);
        assert!(last < first * 0.7, "{first} to {last}");
    }
    Ok(())
}

/// Over nine passes, rounded moments stay within a twentieth of the loss that exact ones reach.
#[test]
fn moments_in_eight_bits_learn_as_single_precision_does() -> Result<()> {
    let exact = losses_with(|_| {})?;
    let rounded = losses_with(|config| config.moments = MomentFormat::EightBit)?;
    assert_ne!(exact, rounded, "they are rounded");
    for (step, (exact, rounded)) in exact.iter().zip(&rounded).enumerate() {
        let distance = (rounded / exact - 1.0).abs();
        assert!(distance < 0.05, "step {step}: {exact} and {rounded}");
    }
    Ok(())
}

#[test]
fn recomputed_activations_change_nothing() {
    let (weights, examples) = (tiny_weights(), tiny_examples());
    for modules in [TargetModule::ATTENTION.to_vec(), TargetModule::ALL.to_vec()] {
        let mut config = tiny_config();
        config.lora.target_modules = modules;
        let outcomes = [u64::MAX, 0].map(|memory_budget| {
            let dir = tempfile::tempdir().expect("a folder");
            let mut job = job(&weights, &examples, &config, dir.path());
            job.memory_budget = memory_budget;
            train(&job, &mut Listener::default(), &StopToken::new()).expect("trains")
        });
        assert_eq!(outcomes[0], outcomes[1]);
    }
}

/// With dropout, whose masks belong to examples and not to passes, and with every kind of projection.
#[test]
fn packed_examples_give_what_they_give_one_by_one() -> Result<()> {
    let (weights, examples) = (tiny_weights(), tiny_examples());
    for use_dora in [false, true] {
        let mut lora = tiny_config().lora;
        lora.target_modules = TargetModule::ALL.to_vec();
        lora.use_dora = use_dora;
        let mut adapter = init_adapter(&weights, &lora, 3, "tiny");
        for (index, b) in adapter.pairs.iter_mut().flat_map(|p| &mut p.b).enumerate() {
            *b = (index as f32).sin() * 0.2;
        }
        let arithmetic = lore_llm::ops::Arithmetic::Float;
        let model = TrainableModel::with_arithmetic(&weights, u64::MAX, arithmetic);
        let seeds: Vec<u64> = (0..examples.len() as u64).collect();
        let of = |range: std::ops::Range<usize>, gradients: &mut LoraBuffers| {
            let examples: Vec<&Example> = examples[range.clone()].iter().collect();
            let pass = Pass {
                examples: &examples,
                weight: 0.1,
                dropout_seeds: Some(&seeds[range]),
            };
            model.add_gradient(&adapter, &pass, gradients)
        };
        let mut packed = LoraBuffers::zeros(&adapter);
        let packed_loss = of(0..examples.len(), &mut packed)?;
        let mut single = LoraBuffers::zeros(&adapter);
        let mut single_loss = 0.0;
        for index in 0..examples.len() {
            single_loss += of(index..index + 1, &mut single)?;
        }
        assert!((packed_loss / single_loss - 1.0).abs() < 1e-5);
        for (packed, single) in packed.pairs.iter().zip(&single.pairs) {
            for (packed, single) in packed.parts().into_iter().zip(single.parts()) {
                let largest = single.iter().fold(0.0f32, |max, x| max.max(x.abs()));
                for (packed, single) in packed.iter().zip(single) {
                    assert!(
                        (packed - single).abs() <= 2e-5 * largest,
                        "{packed} {single}"
                    );
                }
            }
        }
    }
    Ok(())
}

#[test]
fn a_packed_training_ends_where_an_unpacked_one_does() -> Result<()> {
    // Few steps: AdamW makes large moves of small differences.
    let apart = losses_with(|config| config.max_steps = 8)?;
    let packed = losses_with(|config| {
        config.max_steps = 8;
        config.packing = true;
    })?;
    assert_eq!(apart.len(), packed.len());
    for (apart, packed) in apart.iter().zip(&packed) {
        assert!((packed / apart - 1.0).abs() < 1e-2, "{apart} {packed}");
    }
    Ok(())
}

/// Forgets the gradient of one matrix, as a cut graph would.
struct Cut<'a> {
    inner: TrainableModel<'a>,
    cuts_a: bool,
}

impl LossGradient for Cut<'_> {
    fn add_gradient(
        &self,
        adapter: &AdapterWeights,
        pass: &Pass<'_>,
        gradients: &mut LoraBuffers,
    ) -> Result<f64> {
        let loss = self.inner.add_gradient(adapter, pass, gradients)?;
        let pair = &mut gradients.pairs[5];
        let matrix = if self.cuts_a {
            &mut pair.a
        } else {
            &mut pair.b
        };
        matrix.fill(0.0);
        Ok(loss)
    }
}

#[test]
fn a_cut_gradient_stops_the_training() -> Result<()> {
    let (weights, examples, config) = (tiny_weights(), tiny_examples(), tiny_config());
    for cuts_a in [false, true] {
        let dir = tempfile::tempdir()?;
        let job = job(&weights, &examples, &config, dir.path());
        let cut = Cut {
            inner: TrainableModel::new(&weights, u64::MAX),
            cuts_a,
        };
        let error = train_with(&cut, &job, &mut Listener::default(), &StopToken::new())
            .expect_err("must be caught");
        assert!(
            error.to_string().contains("received no gradient"),
            "{error}"
        );
    }
    Ok(())
}

#[test]
fn an_exploding_training_says_what_to_do() -> Result<()> {
    let (weights, examples, mut config) = (tiny_weights(), tiny_examples(), tiny_config());
    config.learning_rate = 1e30;
    config.max_steps = 60;
    let dir = tempfile::tempdir()?;
    let job = job(&weights, &examples, &config, dir.path());
    let error =
        train(&job, &mut Listener::default(), &StopToken::new()).expect_err("cannot go well");
    let text = error.to_string();
    assert!(
        text.contains("learning rate") || text.contains("gradient"),
        "{text}"
    );
    Ok(())
}

/// Unpacked once or for every product, and whichever way products are computed.
#[test]
fn a_base_model_as_its_file_has_it_gives_the_same_bits() -> Result<()> {
    use lore_llm::ops::Arithmetic;
    use lore_llm::{BaseModel, WeightForm};
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lore_llm/tests/fixtures");
    let examples = tiny_examples();
    for name in ["tiny-llama.gguf", "tiny-qwen2", "tiny-qwen3.gguf"] {
        let load = |form| BaseModel::load_as(&fixtures.join(name), form);
        let (unpacked, stored) = (load(WeightForm::Unpacked)?, load(WeightForm::Stored)?);
        assert!(stored.weights.num_bytes() < unpacked.weights.num_bytes());
        let mut lora = tiny_config().lora;
        lora.use_dora = true;
        let adapter = init_adapter(&unpacked.weights, &lora, 1, name);
        assert_eq!(adapter, init_adapter(&stored.weights, &lora, 1, name));
        for arithmetic in [Arithmetic::Float, Arithmetic::Fixed, Arithmetic::FixedAnew] {
            let of = |weights: &Weights| {
                let model = TrainableModel::with_arithmetic(weights, u64::MAX, arithmetic);
                let mut gradients = LoraBuffers::zeros(&adapter);
                let pass = Pass {
                    examples: &[&examples[4]],
                    weight: 1.0,
                    dropout_seeds: Some(&[1]),
                };
                let loss = model.add_gradient(&adapter, &pass, &mut gradients)?;
                anyhow::Ok((loss, gradients))
            };
            assert_eq!(of(&unpacked.weights)?, of(&stored.weights)?, "{name}");
        }
    }
    Ok(())
}
