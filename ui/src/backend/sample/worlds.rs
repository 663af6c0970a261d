//! Worlds, and a task being played.

use lore_core::{
    EpisodeEnd, JavaWorld, ServerSpec, Split, Step, Task, Trajectory, TrajectoryId, WorldSpec,
};
use lore_protocol::{GameView, Response, WorldInfo, WorldRequest, WorldResponse};

use super::{Sample, page};

/// One world of each kind; one of them is not installed.
pub(super) fn worlds() -> Vec<WorldInfo> {
    let info = |spec, name: &str, about: &str, missing| WorldInfo {
        spec,
        name: name.into(),
        about: about.into(),
        missing,
    };
    let server = ServerSpec {
        name: "Web shop".into(),
        address: "http://localhost:8000".into(),
        ..ServerSpec::default()
    };
    vec![
        info(
            WorldSpec::default(),
            "Household games, small rooms",
            "ALFWorld's six kinds of household task, made from a seed",
            None,
        ),
        info(
            WorldSpec::ScienceWorld { easy: false },
            "ScienceWorld",
            "30 kinds of school science experiment in 7207 variations",
            None,
        ),
        info(
            WorldSpec::TextWorldExpress,
            "TextWorld-Express",
            "Eight small games, played thousands of steps a second",
            Some(JavaWorld::TextWorldExpress),
        ),
        info(
            WorldSpec::Server(server),
            "Web shop",
            "OpenEnv server at http://localhost:8000",
            None,
        ),
    ]
}

/// A few tasks.
pub(super) fn tasks() -> Vec<Task> {
    let task = |id: &str, task_type: &str, goal: &str| Task {
        id: id.into(),
        environment: "alfworld".into(),
        task_type: task_type.into(),
        goal: goal.into(),
        split: Split::Train,
    };
    vec![
        task(
            "lamp-1",
            "look_at_obj_in_light",
            "Examine the book with the desklamp",
        ),
        task(
            "heat-2",
            "pick_heat_then_place_in_recep",
            "Heat some egg and put it in diningtable",
        ),
    ]
}

/// A task after its first action.
fn game() -> GameView {
    let step = Step {
        action: "go to desk 1".into(),
        observation: "You arrive at desk 1. On the desk 1, you see a book 1, and a desklamp 1."
            .into(),
        ..Step::default()
    };
    let trajectory = Trajectory::new(
        tasks().remove(0),
        "person",
        "You are in the middle of a room. Looking quickly around you, you see a bed 1, and a desk \
         1.\n\nYour task is to: examine the book with the desklamp.",
        vec![step],
        EpisodeEnd::Truncated,
    );
    GameView {
        world: WorldSpec::default(),
        trajectory,
        admissible: [
            "examine desk 1",
            "go to bed 1",
            "inventory",
            "look",
            "take book 1 from desk 1",
            "use desklamp 1",
        ]
        .map(str::to_owned)
        .to_vec(),
        templates: vec!["go to {recep}".into()],
        end: None,
    }
}

impl Sample {
    pub(super) fn world(&self, request: &WorldRequest) -> Response {
        Response::World(match request {
            WorldRequest::List => WorldResponse::List(self.worlds.clone()),
            WorldRequest::Tasks {
                text,
                offset,
                limit,
                ..
            } => {
                let mut tasks = self.world_tasks.clone();
                tasks.retain(|task| task.goal.contains(text.as_str()));
                WorldResponse::Tasks(page(&tasks, *offset, *limit))
            }
            WorldRequest::Install { .. } => WorldResponse::Job("install-1".into()),
            WorldRequest::Try { .. } => WorldResponse::Tried(Box::new(game())),
            WorldRequest::Begin { .. } | WorldRequest::Act { .. } => {
                WorldResponse::Game(Box::new(game()))
            }
            WorldRequest::Current => match &self.game {
                Some(game) => WorldResponse::Game(Box::new(game.clone())),
                None => return Response::Done,
            },
            WorldRequest::Suggest { .. } => WorldResponse::Suggestions(game().admissible),
            WorldRequest::Keep { .. } => WorldResponse::Kept {
                dataset: "mine".into(),
                trajectory: TrajectoryId::from("t"),
            },
            WorldRequest::SaveServer { .. }
            | WorldRequest::RemoveServer { .. }
            | WorldRequest::Leave => return Response::Done,
        })
    }

    /// The same program while a person plays.
    pub fn playing() -> Self {
        Self {
            game: Some(game()),
            ..Self::busy()
        }
    }
}
