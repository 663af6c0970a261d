//! Worlds: what can be played, servers, and a person playing. What needs a world is done by the
//! worker that answers questions.

use std::sync::PoisonError;

use anyhow::{Context as _, Result};
use lore_core::{
    DatasetId, DatasetInfo, DatasetKind, JavaWorld, JobId, ServerSpec, Trajectory, WorldSpec,
};
use lore_data::{Dataset, NewDataset};
use lore_protocol::{
    Answer, ApiError, GameView, InstallWork, JavaSource, Question, Response, Topic, Work,
    WorldAnswer, WorldInfo, WorldQuestion, WorldRequest, WorldResponse,
};

use super::datasets;
use crate::core::Core;
use crate::{files, names};

/// Answers.
pub(super) fn handle(core: &Core, request: WorldRequest) -> Result<Response> {
    let response = match request {
        WorldRequest::List => WorldResponse::List(list(core)?),
        WorldRequest::Tasks {
            world,
            text,
            offset,
            limit,
        } => {
            let limit = datasets::capped(limit);
            let question = WorldQuestion::Tasks {
                world,
                text,
                offset,
                limit,
            };
            match ask(core, question)? {
                WorldAnswer::Tasks(page) => WorldResponse::Tasks(page),
                other => return Err(unexpected(&other)),
            }
        }
        WorldRequest::Install { source } => WorldResponse::Job(install(core, source)?),
        WorldRequest::Try { server } => {
            let view = game(ask(core, WorldQuestion::Try { server })?)?;
            WorldResponse::Tried(Box::new(view))
        }
        WorldRequest::SaveServer { server } => return save(core, &server),
        WorldRequest::RemoveServer { name } => return remove(core, &name),
        WorldRequest::Begin { world, task } => play(core, WorldQuestion::Begin { world, task })?,
        WorldRequest::Current => match current(core) {
            Some(view) => WorldResponse::Game(Box::new(view)),
            None => return Ok(Response::Done),
        },
        WorldRequest::Act { action } => play(core, WorldQuestion::Act { action })?,
        WorldRequest::Suggest { .. } => match ask(core, WorldQuestion::Suggest)? {
            WorldAnswer::Actions(actions) => WorldResponse::Suggestions(actions),
            other => return Err(unexpected(&other)),
        },
        WorldRequest::Keep { name } => keep(core, &name)?,
        WorldRequest::Leave => {
            leave(core)?;
            return Ok(Response::Done);
        }
    };
    Ok(Response::World(response))
}

fn ask(core: &Core, question: WorldQuestion) -> Result<WorldAnswer> {
    match core.interactive.ask(Question::World(question))? {
        Answer::World(answer) => Ok(answer),
        _ => Err(ApiError::new("The part of Lorekeeper that plays answered something else").into()),
    }
}

fn unexpected(answer: &WorldAnswer) -> anyhow::Error {
    anyhow::anyhow!("{answer:?}")
        .context("The part of Lorekeeper that plays answered something else")
}

fn game(answer: WorldAnswer) -> Result<GameView> {
    match answer {
        WorldAnswer::Game(view) => Ok(*view),
        other => Err(unexpected(&other)),
    }
}

/// Begins or goes on, and remembers where the person is.
fn play(core: &Core, question: WorldQuestion) -> Result<WorldResponse> {
    let view = game(ask(core, question)?)?;
    set_current(core, Some(view.clone()));
    Ok(WorldResponse::Game(Box::new(view)))
}

fn current(core: &Core) -> Option<GameView> {
    let game = core.game.lock();
    game.unwrap_or_else(PoisonError::into_inner).clone()
}

/// Ends the game, wherever it stands.
fn leave(core: &Core) -> Result<()> {
    set_current(core, None);
    ask(core, WorldQuestion::Leave).map(drop)
}

fn set_current(core: &Core, view: Option<GameView>) {
    // A worker that is let go takes the game with it.
    core.interactive.hold(view.is_some());
    *core.game.lock().unwrap_or_else(PoisonError::into_inner) = view;
    core.hub.stale(Topic::Game);
}

/// Every world: the generated ones, those of data sets, those in Java, servers.
fn list(core: &Core) -> Result<Vec<WorldInfo>> {
    let ready = |spec, name: &str, about: &str| WorldInfo {
        spec,
        name: name.to_owned(),
        about: about.to_owned(),
        missing: None,
    };
    let mut worlds = vec![
        ready(
            WorldSpec::default(),
            "Household games, small rooms",
            "ALFWorld's six kinds of household task, made from a seed",
        ),
        ready(
            WorldSpec::Generated {
                seed: 1,
                small: false,
            },
            "Household games, full rooms",
            "The same tasks in rooms as full as ALFWorld's",
        ),
    ];
    let games = Dataset::list(&core.dir)?.into_iter();
    for dataset in games.filter(|dataset| dataset.kind == DatasetKind::Games) {
        let spec = WorldSpec::Games {
            train: dataset.id,
            test: None,
        };
        worlds.push(ready(spec, &dataset.name, "Games of a data set"));
    }
    let java = [
        (
            JavaWorld::ScienceWorld,
            WorldSpec::ScienceWorld { easy: false },
            "30 kinds of school science experiment in 7207 variations",
        ),
        (
            JavaWorld::TextWorldExpress,
            WorldSpec::TextWorldExpress,
            "Eight small games, played thousands of steps a second",
        ),
    ];
    for (world, spec, about) in java {
        let is_there = core.dir.java_world(world).is_file();
        worlds.push(WorldInfo {
            missing: (!is_there).then_some(world),
            ..ready(spec, world.label(), about)
        });
    }
    for server in servers(core)? {
        let about = format!("{} server at {}", server.protocol.label(), server.address);
        let name = server.name.clone();
        worlds.push(ready(WorldSpec::Server(server), &name, &about));
    }
    Ok(worlds)
}

fn servers(core: &Core) -> Result<Vec<ServerSpec>> {
    let warn = |sentence| core.warnings.add(sentence);
    files::read_or_set_aside(&core.dir.servers(), "saved servers", warn)
}

/// Saves a server in place of the one with its name.
fn save(core: &Core, server: &ServerSpec) -> Result<Response> {
    let server = ServerSpec {
        name: server.name.trim().to_owned(),
        address: server.address.trim().to_owned(),
        ..server.clone()
    };
    if server.name.is_empty() || server.address.is_empty() {
        return Err(ApiError::new("A server needs a name and an address").into());
    }
    change_servers(core, |servers| {
        servers.retain(|other| other.name != server.name);
        servers.push(server);
        servers.sort_by(|a, b| a.name.cmp(&b.name));
    })
}

fn remove(core: &Core, name: &str) -> Result<Response> {
    change_servers(core, |servers| servers.retain(|server| server.name != name))
}

fn change_servers(core: &Core, change: impl FnOnce(&mut Vec<ServerSpec>)) -> Result<Response> {
    core.while_naming(|| {
        let mut servers = servers(core)?;
        change(&mut servers);
        files::write_json(&core.dir.servers(), &servers)
    })?;
    core.hub.stale(Topic::Worlds);
    Ok(Response::Done)
}

fn install(core: &Core, source: JavaSource) -> Result<JobId> {
    let title = match &source {
        JavaSource::Package { world } => format!("Install {}", world.label()),
        JavaSource::File { path } => {
            let name = std::path::Path::new(path).file_name().unwrap_or_default();
            format!("Install {}", name.to_string_lossy())
        }
    };
    core.submit(&title, |_| Ok(Work::InstallWorld(InstallWork { source })))
}

/// Keeps what was played so far in the data set called `name`.
fn keep(core: &Core, name: &str) -> Result<WorldResponse> {
    let view = current(core).context("There is nothing to keep: no task is being played")?;
    if view.trajectory.steps.is_empty() {
        return Err(ApiError::new("There is nothing to keep: no action was taken yet").into());
    }
    let name = match name.trim() {
        "" => "Played by me",
        name => name,
    };
    let trajectory = view.trajectory.id.clone();
    let has_ended = view.end.is_some();
    let dataset = core.while_naming(|| add(core, name, view.trajectory))?;
    core.hub.stale(Topic::Datasets);
    // What has ended and is kept needs no more attention; what goes on can be kept again.
    if has_ended {
        leave(core)?;
    }
    Ok(WorldResponse::Kept {
        dataset,
        trajectory,
    })
}

fn add(core: &Core, name: &str, trajectory: Trajectory) -> Result<DatasetId> {
    if let Some(mut known) = kept_before(core, name)? {
        known.append(&core.dir, trajectory)?;
        return Ok(known.info().id.clone());
    }
    let target = NewDataset {
        data: core.dir.clone(),
        id: datasets::free_id(core, name),
        name: name.to_owned(),
        source: "a person".to_owned(),
        unseen_types: None,
        created_ms: core.clock.now_ms(),
    };
    lore_data::write_dataset(&target, [Ok(trajectory)])?;
    Ok(target.id)
}

/// The data set of this name that holds episodes, if there is one.
fn kept_before(core: &Core, name: &str) -> Result<Option<Dataset>> {
    let is_it = |set: &DatasetInfo| set.name == name && set.kind == DatasetKind::Trajectories;
    if let Some(known) = Dataset::list(&core.dir)?.iter().find(|set| is_it(set)) {
        return Dataset::open(&core.dir, &known.id).map(Some);
    }
    // One that cannot be read has no name in the list. A second one beside it would part what belongs
    // together.
    let usual = DatasetId::from(names::slug(name));
    if !core.dir.dataset(&usual).exists() {
        return Ok(None);
    }
    let known = Dataset::open(&core.dir, &usual)?;
    Ok(is_it(known.info()).then_some(known))
}
