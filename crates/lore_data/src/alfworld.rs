//! What ALFWorld's files say through names: task types, splits and goals.
//!
//! Shridhar et al., "ALFWorld: Aligning Text and Embodied Environments for Interactive Learning"
//! (ICLR 2021). A game stands at `<split>/<type>-<object>-<mrecep>-<recep>-<scene>/<trial>`.

use lore_core::Split;

/// The world's name in tasks.
pub(crate) const ENVIRONMENT: &str = "alfworld";

/// The six task types.
pub(crate) const TYPES: [&str; 6] = [
    "look_at_obj_in_light",
    "pick_and_place_simple",
    "pick_clean_then_place_in_recep",
    "pick_cool_then_place_in_recep",
    "pick_heat_then_place_in_recep",
    "pick_two_obj_and_place",
];

/// The task type named in an identifier or a path.
pub(crate) fn type_in(text: &str) -> Option<&'static str> {
    TYPES.into_iter().find(|task_type| text.contains(task_type))
}

/// The split named by a part of an identifier or path; training when none is named.
pub(crate) fn split_in(text: &str) -> Split {
    named_split(text).unwrap_or_default()
}

/// The split named by a part of an identifier or path. The benchmark calls both of its held-out
/// splits validation. Papers report on rooms that training has not seen, `valid_unseen`; the other
/// one is for choosing between checkpoints.
pub(crate) fn named_split(text: &str) -> Option<Split> {
    text.split(['/', '\\']).find_map(|part| match part {
        "valid_unseen" | "test" | "eval_out_of_distribution" => Some(Split::Test),
        "valid_seen" | "valid_train" | "valid" | "validation" | "dev" | "eval_in_distribution" => {
            Some(Split::Validation)
        }
        "train" => Some(Split::Train),
        _ => None,
    })
}

/// The goal in the text a world prints: what follows `Your task is to:`, to the end of the line.
pub(crate) fn goal_in(text: &str) -> Option<String> {
    const MARK: &str = "Your task is to: ";
    let start = text.find(MARK)? + MARK.len();
    let rest = &text[start..];
    // In a grammar the text stands in quotes, with line ends written out.
    let end = rest.find(['\n', '"', '\\']).unwrap_or(rest.len());
    let goal = rest[..end].trim();
    (!goal.is_empty() && !goal.contains("UNKNOWN GOAL")).then(|| goal.to_owned())
}

/// The goal as the name of a game's folder tells it, in the benchmark's own wording.
pub(crate) fn goal_from_folder(folder: &str) -> Option<String> {
    let task_type = type_in(folder)?;
    let mut parts = folder
        .strip_prefix(task_type)?
        .strip_prefix('-')?
        .split('-');
    let object = parts.next()?.to_lowercase();
    let receptacle = parts.nth(1)?.to_lowercase();
    Some(match task_type {
        "look_at_obj_in_light" => format!("look at {object} under the {receptacle}."),
        "pick_clean_then_place_in_recep" => {
            format!("clean some {object} and put it in {receptacle}.")
        }
        "pick_cool_then_place_in_recep" => {
            format!("cool some {object} and put it in {receptacle}.")
        }
        "pick_heat_then_place_in_recep" => {
            format!("heat some {object} and put it in {receptacle}.")
        }
        "pick_two_obj_and_place" => format!("put two {object} in {receptacle}."),
        _ => format!("put a {object} in {receptacle}."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_are_read_from_paths() {
        assert_eq!(split_in("json_2.1.1/valid_unseen/x/y"), Split::Test);
        assert_eq!(split_in("valid_seen/x"), Split::Validation);
        assert_eq!(split_in("train/x"), Split::Train);
        assert_eq!(split_in("x"), Split::Train);
        assert_eq!(named_split("x"), None);
    }

    #[test]
    fn goals_are_found_in_text_grammar_and_names() {
        assert_eq!(
            goal_in("A room.\n\nYour task is to: put a mug in desk.\n> ").unwrap(),
            "put a mug in desk."
        );
        assert_eq!(
            goal_in(r#""rhs": "Your task is to: heat some egg." }"#).unwrap(),
            "heat some egg."
        );
        assert_eq!(goal_in(r#""rhs": "Your task is to: UNKNOWN GOAL.""#), None);
        let folder = "pick_heat_then_place_in_recep-Cup-None-DiningTable-23";
        assert_eq!(
            goal_from_folder(folder).unwrap(),
            "heat some cup and put it in diningtable."
        );
        assert_eq!(goal_from_folder("notes"), None);
    }
}
