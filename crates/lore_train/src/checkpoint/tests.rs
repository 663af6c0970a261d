//! Checkpoints that are whole, damaged, unfinished, or of something else.

use lore_core::TrainConfig;

use super::*;
use crate::buffers::LoraBuffers;
use crate::init_adapter;
use crate::testing::tiny_weights;

fn state_after(steps: u64) -> TrainState {
    state_with(MomentFormat::Single, steps)
}

fn state_with(moments: MomentFormat, steps: u64) -> TrainState {
    let config = TrainConfig::default();
    let adapter = init_adapter(&tiny_weights(), &config.lora, 1, "tiny");
    let mut gradients = LoraBuffers::zeros(&adapter);
    gradients.pairs[1].b.fill(0.25);
    let mut state = TrainState::new(adapter, moments);
    for step in 0..steps {
        state
            .optimizer
            .step(&config, 0.1, &gradients, &mut state.adapter);
        state.losses.push(1.0 / (step as f64 + 3.0));
        state.norms.push(1.0 / (step as f64 + 5.0));
    }
    state
}

fn load(store: &CheckpointStore) -> Result<(Option<TrainState>, Vec<String>)> {
    load_as(store, &state_after(0))
}

fn load_as(
    store: &CheckpointStore,
    fresh: &TrainState,
) -> Result<(Option<TrainState>, Vec<String>)> {
    let mut reports = Vec::new();
    let state = store.load_latest(fresh, &mut |text| reports.push(text.to_owned()))?;
    Ok((state, reports))
}

#[test]
fn what_was_saved_comes_back_exactly() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let store = CheckpointStore::new(&dir.path().join("checkpoints"), "t".into());
    assert_eq!(load(&store)?.0, None);
    for steps in 1..=4 {
        store.save(&state_after(steps))?;
    }
    assert_eq!(load(&store)?.0, Some(state_after(4)));
    assert_eq!(store.list()?.len(), NUM_KEPT, "older ones are gone");
    Ok(())
}

#[test]
fn moments_in_eight_bits_come_back_exactly() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let store = CheckpointStore::new(dir.path(), "t".into());
    let state = state_with(MomentFormat::EightBit, 3);
    store.save(&state)?;
    let fresh = state_with(MomentFormat::EightBit, 0);
    assert_eq!(load_as(&store, &fresh)?.0, Some(state));
    assert_eq!(load(&store)?.0, None, "other moments are other files");
    Ok(())
}

#[test]
fn a_damaged_checkpoint_is_set_aside_for_the_one_before() -> Result<()> {
    type Damage = fn(&Path) -> std::io::Result<()>;
    let damages: [Damage; 4] = [
        |dir| fs::write(dir.join(STATE_FILE), "{"),
        |dir| fs::remove_file(dir.join(MOMENTS_FILE)),
        |dir| fs::write(dir.join("adapter_model.safetensors"), "short"),
        |dir| {
            let mut bytes = fs::read(dir.join(MOMENTS_FILE))?;
            *bytes.last_mut().expect("not empty") ^= 1;
            fs::write(dir.join(MOMENTS_FILE), bytes)
        },
    ];
    for damage in damages {
        let dir = tempfile::tempdir()?;
        let store = CheckpointStore::new(dir.path(), "t".into());
        store.save(&state_after(1))?;
        store.save(&state_after(2))?;
        damage(&store.folder(2))?;
        let (state, reports) = load(&store)?;
        assert_eq!(state, Some(state_after(1)));
        assert_eq!(reports.len(), 1);
        assert!(dir.path().join("damaged-00000002").exists());
        assert_eq!(load(&store)?.1.len(), 0, "reported once");
    }
    Ok(())
}

#[test]
fn half_a_checkpoint_is_not_seen() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let store = CheckpointStore::new(dir.path(), "t".into());
    store.save(&state_after(1))?;
    fs::create_dir(dir.path().join("unfinished-00000002"))?;
    assert_eq!(load(&store)?.0, Some(state_after(1)));
    store.save(&state_after(2))?;
    assert_eq!(load(&store)?.0, Some(state_after(2)));
    Ok(())
}

#[test]
fn another_training_is_not_resumed_from() -> Result<()> {
    let dir = tempfile::tempdir()?;
    CheckpointStore::new(dir.path(), "one".into()).save(&state_after(1))?;
    let error = load(&CheckpointStore::new(dir.path(), "two".into())).expect_err("refused");
    assert!(error.to_string().contains("another training"));
    Ok(())
}
