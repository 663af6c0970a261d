//! Attention to keys and values in pages.
//!
//! A page holds the keys and values of [`PAGE`] tokens of one layer. Sequences that begin alike share
//! pages, and where they are read one after the other, a page that several sequences share comes from
//! memory once. Softmax is computed page by page (Milakov and Gimelshein 2018), so memory does not
//! grow with the length.
//!
//! A query is computed in the same order whatever queries stand beside it, however many threads there
//! are and however much of the sequence was in the cache before: the same numbers give the same bits.

mod attend;
mod block;
mod halves;
mod page;
mod product;

pub use attend::{Sequence, attend};
pub use page::{PAGE, Page, Precision};

#[cfg(test)]
mod tests;
