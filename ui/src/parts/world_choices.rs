//! Worlds that agents can play in, for forms.

use lore_core::{DatasetId, DatasetKind, WorldSpec};

use crate::context::Ctx;

/// The generated worlds, every data set of games, what is installed, and servers.
pub(crate) fn world_choices(ctx: &Ctx<'_>) -> Vec<(WorldSpec, String)> {
    let generated = |small| WorldSpec::Generated { seed: 1, small };
    let mut worlds = vec![
        (generated(true), "Generated games, small rooms".to_owned()),
        (generated(false), "Generated games, full rooms".to_owned()),
    ];
    let games = ctx.datasets().ready().unwrap_or_default();
    for dataset in games.iter().filter(|it| it.kind == DatasetKind::Games) {
        let train: DatasetId = dataset.id.clone();
        worlds.push((WorldSpec::Games { train, test: None }, dataset.name.clone()));
    }
    worlds.extend(installed_worlds(ctx));
    worlds
}

/// Worlds that run in Java, where they are installed, and servers.
fn installed_worlds(ctx: &Ctx<'_>) -> Vec<(WorldSpec, String)> {
    let worlds = ctx.worlds().ready().unwrap_or_default();
    let mut installed = Vec::new();
    for world in worlds.iter().filter(|world| world.missing.is_none()) {
        match world.spec {
            WorldSpec::Generated { .. } | WorldSpec::Games { .. } => {}
            WorldSpec::ScienceWorld { .. } => {
                installed.push((world.spec.clone(), world.name.clone()));
                let name = format!("{}, with simplifications", world.name);
                installed.push((WorldSpec::ScienceWorld { easy: true }, name));
            }
            WorldSpec::TextWorldExpress | WorldSpec::Server(_) => {
                installed.push((world.spec.clone(), world.name.clone()));
            }
        }
    }
    installed
}
