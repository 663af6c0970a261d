//! Data sets: importers, exporters, splits, statistics.
