//! Which part of a bank serves a test task.

use std::collections::BTreeSet;

use lore_core::{BankAtTest, Filter, SplitKind};

/// The filter under which a task of `split` retrieves, or `None` when nothing of the bank may serve it.
///
/// An empty list of task types in a [`Filter`] means all of them; a choice that leaves no type must
/// therefore become `None`, never an empty list.
pub(crate) fn served(
    choice: BankAtTest,
    split: SplitKind,
    bank_types: &[String],
    unseen_types: &[String],
    configured: &Filter,
) -> Option<Filter> {
    let is_unseen = |name: &String| unseen_types.contains(name);
    let allowed = |name: &String| match (choice, split) {
        (BankAtTest::Empty, _) => false,
        (BankAtTest::All, _) => true,
        (BankAtTest::TrainingOnly, _)
        | (BankAtTest::Matched, SplitKind::Seen)
        | (BankAtTest::Mismatched, SplitKind::Unseen) => !is_unseen(name),
        (BankAtTest::Matched, SplitKind::Unseen) | (BankAtTest::Mismatched, SplitKind::Seen) => {
            is_unseen(name)
        }
    };
    let wanted =
        |name: &String| configured.task_types.is_empty() || configured.task_types.contains(name);
    let task_types: BTreeSet<String> = bank_types
        .iter()
        .filter(|name| allowed(name) && wanted(name))
        .cloned()
        .collect();
    (!task_types.is_empty()).then(|| Filter {
        task_types: task_types.into_iter().collect(),
        ..configured.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn served_types(choice: BankAtTest, split: SplitKind, configured: &[&str]) -> Vec<String> {
        let configured = Filter {
            task_types: types(configured),
            ..Filter::default()
        };
        let bank = types(&["heat", "look", "pick"]);
        let filter = served(choice, split, &bank, &types(&["heat"]), &configured);
        filter.map_or_else(Vec::new, |filter| {
            assert!(
                !filter.task_types.is_empty(),
                "an empty list would mean everything"
            );
            filter.task_types
        })
    }

    #[test]
    fn each_choice_serves_what_it_says() {
        use BankAtTest::{All, Empty, Matched, Mismatched, TrainingOnly};
        use SplitKind::{Seen, Unseen};
        assert_eq!(served_types(Matched, Seen, &[]), ["look", "pick"]);
        assert_eq!(served_types(Matched, Unseen, &[]), ["heat"]);
        assert_eq!(served_types(TrainingOnly, Unseen, &[]), ["look", "pick"]);
        assert_eq!(served_types(Mismatched, Seen, &[]), ["heat"]);
        assert_eq!(served_types(Mismatched, Unseen, &[]), ["look", "pick"]);
        assert_eq!(served_types(All, Seen, &[]), ["heat", "look", "pick"]);
        assert!(served_types(Empty, Seen, &[]).is_empty());
    }

    #[test]
    fn the_configured_filter_can_only_take_away() {
        let chosen = served_types(BankAtTest::Matched, SplitKind::Seen, &["pick", "heat"]);
        assert_eq!(chosen, ["pick"]);
        assert!(served_types(BankAtTest::Matched, SplitKind::Unseen, &["pick"]).is_empty());
    }
}
