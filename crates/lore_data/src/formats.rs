//! The formats that can be brought in.

mod agentgym;
mod alfworld_expert;
mod alfworld_games;
mod alfworld_release;
mod alpaca;
mod atif;
mod inspect_log;
mod messages;
mod own;
mod scienceworld;
mod sharegpt;
mod spans;
mod swe_agent;
mod table;
mod tau_bench;

use serde_json::Value;

pub(crate) use table::{Table, columns_of, guess_columns};

use crate::format::Format;

/// Every format, the most particular first: a row that fits several belongs to the first.
pub(crate) const ALL: [&dyn Format; 15] = [
    &own::Own,
    &tau_bench::TauBench,
    &alfworld_expert::AlfworldExpert,
    &scienceworld::ScienceWorldGold,
    &alfworld_release::AlfworldRelease,
    &alfworld_games::AlfworldGames,
    &atif::Atif,
    &inspect_log::InspectLog,
    &swe_agent::SweAgent,
    &spans::Spans,
    &agentgym::AgentGym,
    &sharegpt::ShareGpt,
    &messages::Messages,
    &alpaca::Alpaca,
    &table::Table,
];

/// The names of every format, for a sentence.
pub(crate) fn names() -> String {
    ALL.map(Format::name).join(", ")
}

/// True when `row` is an object with all of these fields.
fn has(row: &Value, fields: &[&str]) -> bool {
    fields.iter().all(|field| row.get(field).is_some())
}
