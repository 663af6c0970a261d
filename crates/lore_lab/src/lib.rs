//! Experiments: arms and seeds become jobs, episodes, metrics, figures and reports.
