//! The laws of `lore_llm`, checked on tiny random models against what Hugging Face says of them, and,
//! where `LOREKEEPER_TEST_MODELS` names a folder with the real ones, on those.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod adapters;
mod chats;
mod damage;
mod embedders;
mod exports;
mod files;
mod fixtures;
mod generation;
mod inference;
mod real_models;
