//! Worlds: the native ALFWorld engine and a generator of fresh games.

pub mod alfworld;
mod things;
