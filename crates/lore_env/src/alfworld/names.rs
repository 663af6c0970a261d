//! The names people read: `apple 2` for `apple_bar__minus_01_dot_20_…`.

use std::collections::BTreeMap;

/// Gives each identifier its name. The rule is ALFWorld's: identifiers are sorted, and those of one
/// kind get their numbers from the highest down.
pub(super) fn number(sorted_ids: &[&str]) -> Vec<String> {
    debug_assert!(sorted_ids.is_sorted(), "numbers depend on the order");
    let kinds: Vec<_> = sorted_ids.iter().map(|id| kind(id)).collect();
    let mut left: BTreeMap<&str, u32> = BTreeMap::new();
    for kind in kinds.iter().flatten() {
        *left.entry(kind).or_default() += 1;
    }
    kinds
        .iter()
        .zip(sorted_ids)
        .map(|(kind, id)| match kind {
            Some(kind) => {
                let next = left.get_mut(kind.as_str()).expect("every kind was counted");
                let name = format!("{kind} {next}");
                *next -= 1;
                name
            }
            None => (*id).to_owned(),
        })
        .collect()
}

/// What an identifier is called, without its number; `None` when it carries no position.
fn kind(id: &str) -> Option<String> {
    let (kind, _) = id.split_once("_bar_")?;
    // `sink_bar_…_bar_sinkbasin` is the basin, `sink_bar_…` the furniture around it.
    let basin = if id.contains("basin") { "basin" } else { "" };
    Some(format!("{kind}{basin}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_handed_out_from_the_end() {
        let ids = [
            "agent1",
            "cup_bar_1",
            "cup_bar_2",
            "sink_bar_3",
            "sink_bar_3_bar_sinkbasin",
        ];
        let names = ["agent1", "cup 2", "cup 1", "sink 1", "sinkbasin 1"];
        assert_eq!(number(&ids), names);
    }
}
