//! Worlds: the native ALFWorld engine and a generator of fresh games.
