//! LoRA training: examples, loss mask, optimiser, schedule, checkpoints.
