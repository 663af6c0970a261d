//! A person as the agent.

use anyhow::{Context as _, Result, ensure};

use lore_core::{
    DataDir, Environment, EpisodeEnd, Page, ServerSpec, Step, Task, TaskId, Trajectory, WorldSpec,
};
use lore_env::World;
use lore_protocol::{GameView, WorldAnswer, WorldQuestion};

/// Who acted, for the record.
const SOURCE: &str = "person";

/// Worlds for a person: the one looked at last, and the task being played.
#[derive(Default)]
pub(crate) struct Playing {
    world: Option<(WorldSpec, Box<dyn World>)>,
    game: Option<Game>,
}

/// A task being played.
struct Game {
    world: WorldSpec,
    environment: Box<dyn Environment + Send>,
    record: Trajectory,
    end: Option<EpisodeEnd>,
}

impl Playing {
    /// Answers a question.
    pub(crate) fn answer(
        &mut self,
        data: &DataDir,
        question: WorldQuestion,
    ) -> Result<WorldAnswer> {
        let game = |view| WorldAnswer::Game(Box::new(view));
        Ok(match question {
            WorldQuestion::Tasks {
                world,
                text,
                offset,
                limit,
            } => WorldAnswer::Tasks(self.tasks(data, &world, &text, offset, limit)?),
            WorldQuestion::Try { server } => game(try_server(&server)?),
            WorldQuestion::Begin { world, task } => game(self.begin(data, &world, &task)?),
            WorldQuestion::Act { action } => game(self.act(&action)?),
            WorldQuestion::Suggest => WorldAnswer::Actions(self.suggest()?),
            WorldQuestion::Leave => {
                self.game = None;
                WorldAnswer::Left
            }
        })
    }

    /// A part of a world's tasks: those that contain `text`, whatever the case.
    fn tasks(
        &mut self,
        data: &DataDir,
        spec: &WorldSpec,
        text: &str,
        offset: u64,
        limit: u64,
    ) -> Result<Page<Task>> {
        let text = text.to_lowercase();
        let world = self.world(data, spec)?;
        let matching = world.tasks().iter().filter(|task| {
            [task.id.as_str(), &task.goal, &task.task_type]
                .iter()
                .any(|field| field.to_lowercase().contains(&text))
        });
        let matching: Vec<&Task> = matching.collect();
        let rows = matching.iter().skip(offset as usize).take(limit as usize);
        Ok(Page {
            total: matching.len() as u64,
            offset,
            rows: rows.map(|task| (*task).clone()).collect(),
        })
    }

    /// The world, opened once. Data sets change behind the back of an open world of theirs; such a
    /// world is opened anew.
    fn world(&mut self, data: &DataDir, spec: &WorldSpec) -> Result<&dyn World> {
        let changes = matches!(spec, WorldSpec::Games { .. } | WorldSpec::Server(_));
        let known = self
            .world
            .take()
            .filter(|(known, _)| known == spec && !changes);
        let entry = match known {
            Some(entry) => entry,
            None => (spec.clone(), lore_env::open_world(spec, data)?),
        };
        Ok(self.world.insert(entry).1.as_ref())
    }

    /// Begins a task, in place of the one being played.
    fn begin(&mut self, data: &DataDir, spec: &WorldSpec, task: &TaskId) -> Result<GameView> {
        self.game = None;
        let environment = self.world(data, spec)?.open(task)?;
        let game = Game::begin(spec.clone(), environment)?;
        Ok(self.game.insert(game).view())
    }

    /// Takes an action.
    fn act(&mut self, action: &str) -> Result<GameView> {
        let game = self.current()?;
        game.act(action);
        Ok(game.view())
    }

    /// Everything that could be done now.
    fn suggest(&mut self) -> Result<Vec<String>> {
        let game = self.current()?;
        if game.end.is_some() {
            return Ok(Vec::new());
        }
        game.environment
            .suggest_actions()
            .context("The world could not say what can be done.")
    }

    fn current(&mut self) -> Result<&mut Game> {
        self.game
            .as_mut()
            .context("No task is being played any more. Begin one again.")
    }
}

/// Connects to a server and plays one step of its first task: with an action that the server names,
/// else with `look`.
fn try_server(spec: &ServerSpec) -> Result<GameView> {
    let world = lore_env::ServerWorld::connect(spec)?;
    let task = world.tasks().first();
    let task = task.context("The server has no tasks. Say how many it has.")?;
    let mut game = Game::begin(WorldSpec::Server(spec.clone()), world.open(&task.id)?)?;
    let action = game.environment.admissible_actions().into_iter().next();
    game.act(action.as_deref().unwrap_or("look"));
    ensure!(
        game.end != Some(EpisodeEnd::EnvironmentError),
        "The server began a task, and then failed: {}",
        game.record
            .steps
            .last()
            .map_or("", |step| &step.observation)
    );
    Ok(game.view())
}

impl Game {
    fn begin(world: WorldSpec, mut environment: Box<dyn Environment + Send>) -> Result<Self> {
        let observation = environment
            .reset()
            .context("The world could not begin the task.")?;
        let record = Trajectory::new(
            environment.task().clone(),
            SOURCE,
            observation,
            Vec::new(),
            EpisodeEnd::Truncated,
        );
        Ok(Self {
            world,
            environment,
            record,
            end: None,
        })
    }

    /// Takes an action; after the end nothing happens any more.
    fn act(&mut self, action: &str) {
        if self.end.is_some() {
            return;
        }
        let mut step = Step {
            action: action.trim().to_owned(),
            admissible: self.environment.admissible_actions(),
            ..Step::default()
        };
        self.end = match self.environment.step(&step.action) {
            Ok(outcome) => {
                step.observation = outcome.observation;
                step.reward = outcome.reward;
                outcome.end
            }
            Err(error) => {
                step.observation = format!("The world failed: {error:#}");
                Some(EpisodeEnd::EnvironmentError)
            }
        };
        self.record.steps.push(step);
        self.record.end = self.end.unwrap_or(EpisodeEnd::Truncated);
        self.record.id = self.record.content_id();
    }

    fn view(&self) -> GameView {
        GameView {
            world: self.world.clone(),
            trajectory: self.record.clone(),
            admissible: match self.end {
                None => self.environment.admissible_actions(),
                Some(_) => Vec::new(),
            },
            templates: self.environment.action_templates(),
            end: self.end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_did_is_a_trajectory() {
        let data = DataDir::new("nowhere");
        let spec = WorldSpec::default();
        let mut playing = Playing::default();
        assert!(playing.act("look").is_err(), "nothing was begun");
        let page = playing.tasks(&data, &spec, "LOOK_AT", 1, 2).unwrap();
        assert!(page.total > 100 && page.rows.len() == 2);
        let task = page.rows[0].clone();
        let begun = playing.begin(&data, &spec, &task.id).unwrap();
        assert!(!begun.admissible.is_empty() && begun.trajectory.steps.is_empty());
        assert_eq!(playing.suggest().unwrap(), begun.admissible);
        let view = playing.act(&format!(" {} ", begun.admissible[0])).unwrap();
        let record = view.trajectory;
        assert_eq!(
            (record.source.as_str(), record.task.id),
            ("person", task.id)
        );
        assert_eq!(record.steps[0].action, begun.admissible[0]);
        assert_eq!(record.steps[0].admissible, begun.admissible);
        assert_eq!(record.end, EpisodeEnd::Truncated);
        playing.answer(&data, WorldQuestion::Leave).unwrap();
        assert!(playing.act("look").is_err());
    }

    #[test]
    fn a_game_that_is_won_is_over() {
        let data = DataDir::new("nowhere");
        let spec = WorldSpec::default();
        let mut playing = Playing::default();
        let task = playing
            .tasks(&data, &spec, "", 0, 1)
            .unwrap()
            .rows
            .remove(0);
        let world = lore_env::open_world(&spec, &data).unwrap();
        let shown = world.demonstrate(&task.id, 50).unwrap();
        playing.begin(&data, &spec, &task.id).unwrap();
        let mut end = None;
        for step in &shown.steps {
            end = playing.act(&step.action).unwrap().end;
        }
        assert_eq!(end, Some(EpisodeEnd::Success));
        let after = playing.act("look").unwrap();
        assert_eq!(after.trajectory.num_steps(), shown.num_steps());
        assert!(playing.suggest().unwrap().is_empty());
    }
}
