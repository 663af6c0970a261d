//! Pieces of pages that need to know more than a widget: errors, things on their way, jobs.

mod agreement;
mod asked;
mod errors;
mod export_episodes;
mod job;
mod loaded;
mod memory_mix;
mod page;
mod retrieval_choices;
mod run_on;
mod train_numbers;
mod trials;
mod world_choices;

pub(crate) use agreement::{agent_words, agreement_ui};
pub(crate) use asked::Asked;
pub(crate) use errors::{action_error_ui, error_ui};
pub(crate) use export_episodes::ExportEpisodes;
pub(crate) use job::{job_at_ui, job_progress_ui, job_tone};
pub(crate) use loaded::loaded_ui;
pub(crate) use memory_mix::memory_mix_ui;
pub(crate) use page::{crumb_ui, page_column, page_scroll};
pub(crate) use retrieval_choices::{Asker, key_ui, retrieval_choices_ui, sentence, toggles};
pub(crate) use run_on::{computer_name, run_on_ui};
pub(crate) use train_numbers::{number, train_numbers_ui};
pub(crate) use trials::trial_plan_ui;
pub(crate) use world_choices::world_choices;
