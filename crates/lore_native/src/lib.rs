//! The interface in a native window, with the core in the same process.
