//! The experience bank on LanceDB, and retrieval from it.
