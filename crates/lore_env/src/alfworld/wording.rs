//! The two sets of words official games speak in.

/// Which words a game uses. Agents trained on one read the other less well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wording {
    /// Of the released games: `You arrive at loc 29.`, `put X in/on Y`.
    #[default]
    Released,
    /// Of the ALFWorld package since 0.4: `You arrive at cabinet 1.`, `move X to Y`, and `help`.
    Revised,
}

impl Wording {
    /// The wording of a text grammar (`alfred.twl2`).
    pub fn of_grammar(grammar: &str) -> Self {
        if grammar.contains("move {o} to {r}") {
            Self::Revised
        } else {
            Self::Released
        }
    }

    /// The command that puts `object` into or onto `receptacle`.
    pub(super) fn put(self, object: &str, receptacle: &str) -> String {
        match self {
            Self::Released => format!("put {object} in/on {receptacle}"),
            Self::Revised => format!("move {object} to {receptacle}"),
        }
    }

    /// Verb and separator of that command.
    pub(super) fn put_parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Released => ("put ", " in/on "),
            Self::Revised => ("move ", " to "),
        }
    }

    /// The general forms of action, for the system prompt.
    pub fn templates(self) -> Vec<String> {
        let put = self.put("{object}", "{receptacle}");
        let mut templates: Vec<String> = [
            "go to {receptacle}",
            "open {receptacle}",
            "close {receptacle}",
            "take {object} from {receptacle}",
            put.as_str(),
            "clean {object} with {receptacle}",
            "heat {object} with {receptacle}",
            "cool {object} with {receptacle}",
            "slice {object} with {object}",
            "use {object}",
            "examine {object or receptacle}",
            "inventory",
            "look",
        ]
        .map(str::to_owned)
        .into();
        if self == Self::Revised {
            templates.push("help".to_owned());
        }
        templates
    }
}
