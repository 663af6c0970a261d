//! Data sets: importers, exporters, splits, statistics.
//!
//! [`inspect`] says what a file holds, [`import`] brings it in ([`inspect_as`] and [`import_as`] when
//! somebody said what the columns of a table mean), [`write_dataset`] keeps episodes
//! that were played here. What came in is a folder that [`Dataset`] reads a page at a time;
//! [`export`] writes it for other programs. [`TrajectoryFile`] pages any file of trajectories, those
//! of a run that is still being played included. Whole folders go into one file and come back out of it
//! through [`ArchiveWriter`] and [`ArchiveReader`].
//!
//! **Invariants:** the source of an import is never changed; a folder without a dot in front of its
//! name is complete, whatever killed the program; damaged input ends in words, never in a panic.

mod alfworld;
mod archive;
mod chat;
mod dataset;
mod disk;
mod export;
mod format;
mod formats;
mod game;
mod game_file;
mod import;
mod index;
mod inspect;
mod rows;
mod source;
mod split;
mod tally;
mod trajectory_file;
mod tree;
mod twins;
mod writer;

pub use archive::{ArchiveHead, ArchiveReader, ArchiveWriter, ArchivedFile};
pub use dataset::Dataset;
pub use export::export;
pub use game::Game;
pub use game_file::GameFile;
pub use import::{Imported, check_bytes, import, import_as};
pub use inspect::{inspect, inspect_as};
pub use split::default_unseen_types;
pub use trajectory_file::TrajectoryFile;
pub use tree::{Pumped, Tell, TreeFile, copy_file, hash_file, pump, tree};
pub use writer::{NewDataset, write_dataset};
