//! The experience bank on LanceDB, and retrieval from it.
//!
//! An [`ExperienceBank`] is one LanceDB table: a row is an experience with two keys, one for static
//! retrieval (the task) and one for dynamic retrieval (the whole trajectory). [`BankRetriever`] joins
//! a bank and its embedder to a [`lore_core::Retriever`].
//!
//! Everything blocks: the bank owns a runtime of its own, so it must be called from plain threads,
//! never from inside another asynchronous runtime.
//!
//! **Invariants:** LanceDB and Arrow types do not leave this crate; the guard of a query holds
//! whatever the scores are; equal questions get equal answers, ties included.

mod bank;
mod catalog;
mod map;
mod name;
mod pca;
mod retriever;
mod schema;
mod sql;
mod table;

pub use bank::{BankRowFilter, ExperienceBank, KeyedExperience, NewBank};
pub use map::map_points;
pub use name::bank_id;
pub use retriever::BankRetriever;
