//! The experience bank on LanceDB, and retrieval from it.
//!
//! An [`ExperienceBank`] is one LanceDB table: a row is an experience with its keys, one for static
//! retrieval (the task), one for dynamic retrieval (the whole trajectory) and, where asked for, one of the
//! task with its outcome; keys of stretches of steps stand in a table beside it. [`BankRetriever`] joins a
//! bank and its embedder to a [`lore_core::Retriever`].
//!
//! Small banks are searched exactly. From [`INDEX_ROWS`] experiences on
//! [`ExperienceBank::tidy`] makes indices, and search by meaning becomes approximate.
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
mod whole;

pub use bank::{BankRowFilter, ExperienceBank, INDEX_ROWS, KeyedExperience, NewBank};
pub use map::map_points;
pub use name::bank_id;
pub use retriever::BankRetriever;
