//! Tables as text; with an even first byte, somebody has said what the columns mean.
#![no_main]

use lore_core::{ColumnMap, ColumnRole};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, table)) = bytes.split_first() else {
        return;
    };
    let columns = [
        (ColumnRole::Episode, "episode"),
        (ColumnRole::Goal, "goal"),
        (ColumnRole::Observation, "seen"),
        (ColumnRole::Action, "action"),
    ];
    let columns = columns.map(|(role, name)| (role, name.to_owned()));
    let columns = ColumnMap(columns.into());
    let columns = first.is_multiple_of(2).then_some(&columns);
    let table = bytes::Bytes::copy_from_slice(table);
    lore_data::check_bytes("episodes.csv", table, columns).ok();
});
