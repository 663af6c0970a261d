//! Understanding what is to be done, from the words of the goal.

/// What a goal asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// Hold a thing and use a lamp.
    Look { thing: String, lamp: String },
    /// Bring things to a receptacle.
    Bring {
        thing: String,
        target: String,
        /// `clean`, `heat` or `cool`, when that is to be done on the way.
        treatment: Option<&'static str>,
        two: bool,
    },
}

impl Goal {
    /// Reads a goal in the words of ALFWorld's templates; `None` for other words.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('.').to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        let bring = |thing: &str, target: &str, treatment, two| {
            Some(Self::Bring {
                thing: thing.to_owned(),
                target: target.to_owned(),
                treatment,
                two,
            })
        };
        match words.as_slice() {
            ["look", "at", thing, "under", "the", lamp]
            | ["examine", "the", thing, "with", "the", lamp] => Some(Self::Look {
                thing: (*thing).to_owned(),
                lamp: (*lamp).to_owned(),
            }),
            ["put", "two", thing, "in" | "on", target]
            | [
                "find",
                "two",
                thing,
                "and",
                "put",
                "them",
                "in" | "on",
                target,
            ] => bring(thing, target, None, true),
            ["put", "a" | "an" | "some", thing, "in" | "on", target] => {
                bring(thing, target, None, false)
            }
            ["put", "a", state, thing, "in" | "on", target]
            | [
                state,
                "some",
                thing,
                "and",
                "put",
                "it",
                "in" | "on",
                target,
            ] => bring(thing, target, Some(treatment(state)?), false),
            _ => None,
        }
    }
}

fn treatment(word: &str) -> Option<&'static str> {
    match word {
        "clean" => Some("clean"),
        "hot" | "heat" => Some("heat"),
        "cool" | "cold" => Some("cool"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, thing: &str, target: &str, treatment: Option<&'static str>, two: bool) {
        let bring = Goal::Bring {
            thing: thing.to_owned(),
            target: target.to_owned(),
            treatment,
            two,
        };
        assert_eq!(Goal::parse(text), Some(bring), "{text}");
    }

    #[test]
    fn all_templates_are_understood() {
        check("put a mug in desk.", "mug", "desk", None, false);
        check("put some mug on desk.", "mug", "desk", None, false);
        check(
            "put a clean mug in desk.",
            "mug",
            "desk",
            Some("clean"),
            false,
        );
        check(
            "clean some mug and put it in desk.",
            "mug",
            "desk",
            Some("clean"),
            false,
        );
        check(
            "put a hot egg in fridge.",
            "egg",
            "fridge",
            Some("heat"),
            false,
        );
        check(
            "cool some egg and put it in desk.",
            "egg",
            "desk",
            Some("cool"),
            false,
        );
        check("put two cd in safe.", "cd", "safe", None, true);
        check(
            "find two cd and put them in safe.",
            "cd",
            "safe",
            None,
            true,
        );
        for text in [
            "look at cd under the desklamp.",
            "examine the cd with the desklamp.",
        ] {
            let (thing, lamp) = ("cd".to_owned(), "desklamp".to_owned());
            assert_eq!(
                Goal::parse(text),
                Some(Goal::Look { thing, lamp }),
                "{text}"
            );
        }
        assert_eq!(Goal::parse("make me a sandwich"), None);
    }
}
