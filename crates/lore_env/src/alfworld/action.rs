//! Actions and their commands.

use super::domain::Appliance;
use super::game::{Game, Thing};

/// Something the agent can do; numbers are ranks of receptacles and objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Look,
    Inventory,
    Help,
    GoTo {
        receptacle: usize,
    },
    Open {
        receptacle: usize,
    },
    Close {
        receptacle: usize,
    },
    ExamineReceptacle {
        receptacle: usize,
    },
    ExamineObject {
        object: usize,
    },
    Take {
        object: usize,
        receptacle: usize,
    },
    Put {
        object: usize,
        receptacle: usize,
    },
    Apply {
        appliance: Appliance,
        object: usize,
        receptacle: usize,
    },
    Use {
        object: usize,
    },
    Slice {
        object: usize,
        knife: usize,
    },
}

impl Action {
    /// What a command means in `game`, whether it can be done now or not; `None` for words the
    /// game does not know.
    pub(super) fn parse(command: &str, game: &Game) -> Option<Self> {
        match command {
            "look" => return Some(Self::Look),
            "inventory" => return Some(Self::Inventory),
            "help" => return Some(Self::Help),
            _ => {}
        }
        let receptacle = |name: &str| match game.names.get(name)? {
            Thing::Receptacle(rank) => Some(*rank),
            Thing::Object(_) => None,
        };
        let object = |name: &str| match game.names.get(name)? {
            Thing::Object(rank) => Some(*rank),
            Thing::Receptacle(_) => None,
        };
        let pair = |text: &str, between: &str| {
            let (first, second) = text.split_once(between)?;
            Some((object(first)?, receptacle(second)?))
        };
        let (put, into) = game.wording.put_parts();
        if let Some(rest) = command.strip_prefix(put) {
            let (object, receptacle) = pair(rest, into)?;
            return Some(Self::Put { object, receptacle });
        }
        let (verb, rest) = command.split_once(' ')?;
        Some(match verb {
            "go" => Self::GoTo {
                receptacle: receptacle(rest.strip_prefix("to ")?)?,
            },
            "open" => Self::Open {
                receptacle: receptacle(rest)?,
            },
            "close" => Self::Close {
                receptacle: receptacle(rest)?,
            },
            "use" => Self::Use {
                object: object(rest)?,
            },
            "examine" => match game.names.get(rest)? {
                Thing::Receptacle(receptacle) => Self::ExamineReceptacle {
                    receptacle: *receptacle,
                },
                Thing::Object(object) => Self::ExamineObject { object: *object },
            },
            "take" => {
                let (object, receptacle) = pair(rest, " from ")?;
                Self::Take { object, receptacle }
            }
            "slice" => {
                let (sliced, knife) = rest.split_once(" with ")?;
                Self::Slice {
                    object: object(sliced)?,
                    knife: object(knife)?,
                }
            }
            _ => {
                let appliance = Appliance::ALL
                    .into_iter()
                    .find(|known| known.verb() == verb)?;
                let (object, receptacle) = pair(rest, " with ")?;
                Self::Apply {
                    appliance,
                    object,
                    receptacle,
                }
            }
        })
    }

    /// The command for this action.
    pub(super) fn command(self, game: &Game) -> String {
        let receptacle_name = |rank: usize| game.receptacles[rank].name.as_str();
        let object_name = |rank: usize| game.objects[rank].name.as_str();
        match self {
            Self::Look => "look".to_owned(),
            Self::Inventory => "inventory".to_owned(),
            Self::Help => "help".to_owned(),
            Self::GoTo { receptacle } => format!("go to {}", receptacle_name(receptacle)),
            Self::Open { receptacle } => format!("open {}", receptacle_name(receptacle)),
            Self::Close { receptacle } => format!("close {}", receptacle_name(receptacle)),
            Self::ExamineReceptacle { receptacle } => {
                format!("examine {}", receptacle_name(receptacle))
            }
            Self::ExamineObject { object } => format!("examine {}", object_name(object)),
            Self::Take { object, receptacle } => format!(
                "take {} from {}",
                object_name(object),
                receptacle_name(receptacle)
            ),
            Self::Put { object, receptacle } => game
                .wording
                .put(object_name(object), receptacle_name(receptacle)),
            Self::Apply {
                appliance,
                object,
                receptacle,
            } => format!(
                "{} {} with {}",
                appliance.verb(),
                object_name(object),
                receptacle_name(receptacle)
            ),
            Self::Use { object } => format!("use {}", object_name(object)),
            Self::Slice { object, knife } => {
                format!("slice {} with {}", object_name(object), object_name(knife))
            }
        }
    }
}
