//! The system from outside: architecture, workers, transcripts, windows.
