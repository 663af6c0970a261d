//! Which task types training must not see.

use lore_core::{UNSEEN_TYPES, content_hash};

/// The task types held out when nobody chose: the paper's own for ALFWorld, else the last third of
/// the types by alphabet. Something always stays to train on.
pub fn default_unseen_types<'a>(types: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut types: Vec<&str> = types.into_iter().collect();
    types.sort_unstable();
    types.dedup();
    let papers: Vec<&str> = types
        .iter()
        .copied()
        .filter(|name| UNSEEN_TYPES.contains(name))
        .collect();
    let unseen = match papers.len() {
        0 => types.split_off(types.len() - types.len() / 3),
        all if all == types.len() => Vec::new(),
        _ => papers,
    };
    unseen.into_iter().map(str::to_owned).collect()
}

/// Names the split: equal only for the same items and the same unseen types.
pub(crate) fn split_hash(items_hash: &str, unseen_types: &[String]) -> String {
    let mut unseen: Vec<&str> = unseen_types.iter().map(String::as_str).collect();
    unseen.sort_unstable();
    unseen.dedup();
    content_hash([items_hash].into_iter().chain(unseen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alfworld::TYPES;

    #[test]
    fn the_papers_split_is_the_default_for_its_world() {
        let mut papers = UNSEEN_TYPES.map(str::to_owned).to_vec();
        papers.sort();
        assert_eq!(default_unseen_types(TYPES), papers);
        let heat = ["pick_heat_then_place_in_recep"];
        assert!(default_unseen_types(heat).is_empty(), "something stays");
    }

    #[test]
    fn elsewhere_the_last_third_is_held_out() {
        assert_eq!(default_unseen_types(["d", "b", "a", "c", "b"]), ["d"]);
        assert_eq!(
            default_unseen_types(["a", "f", "b", "e", "c", "d"]),
            ["e", "f"]
        );
        assert!(default_unseen_types(["a", "b"]).is_empty());
        assert!(default_unseen_types([]).is_empty());
    }

    #[test]
    fn the_hash_names_items_and_types_but_not_their_order() {
        let ab = ["a".to_owned(), "b".to_owned()];
        let ba = ["b".to_owned(), "a".to_owned()];
        assert_eq!(split_hash("x", &ab), split_hash("x", &ba));
        assert_ne!(split_hash("x", &ab), split_hash("y", &ab));
        assert_ne!(split_hash("x", &ab), split_hash("x", &ab[..1]));
    }
}
