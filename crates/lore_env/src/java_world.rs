//! Java worlds on this machine.

use anyhow::{Result, bail};
use lore_core::{DataDir, JavaWorld};

use crate::Launch;

/// How an installed world is started; an error that says what to do when it is not installed.
pub(crate) fn installed(world: JavaWorld, data: &DataDir) -> Result<Launch> {
    let jar = data.java_world(world);
    if !jar.is_file() {
        bail!(
            "{} is not installed: its program {} is missing. Open the page Worlds and install \
             it.",
            world.label(),
            jar.display()
        );
    }
    let py4j = Some(data.py4j()).filter(|jar| jar.is_file());
    if py4j.is_none() && world == JavaWorld::TextWorldExpress {
        bail!(
            "TextWorld-Express needs py4j as well: {} is missing. Open the page Worlds and install \
             it.",
            data.py4j().display()
        );
    }
    Ok(Launch::new(jar, py4j))
}

#[cfg(test)]
pub(crate) mod testing {
    //! The real worlds, where `LOREKEEPER_TEST_WORLDS` names a folder with their wheels and py4j's.

    use lore_core::{DataDir, JavaWorld};

    use crate::{Launch, install};

    /// A world taken out of its wheel; `None`, said aloud, where there are no wheels.
    pub(crate) fn real(world: JavaWorld) -> Option<(tempfile::TempDir, Launch)> {
        let Some(wheels) = std::env::var_os("LOREKEEPER_TEST_WORLDS") else {
            eprintln!("skipped: LOREKEEPER_TEST_WORLDS names no folder with wheels");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder for the test");
        let data = DataDir::new(folder.path());
        for entry in std::fs::read_dir(wheels)
            .expect("the folder is there")
            .flatten()
        {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "whl") {
                // Other wheels may stand there, too.
                install(&data, &path).ok();
            }
        }
        let launch = super::installed(world, &data).expect("its wheel is there");
        assert!(launch.py4j.is_some(), "py4j's wheel is there");
        Some((folder, launch))
    }
}
