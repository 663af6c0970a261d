//! Whether a cluster can do jobs: who it is, and whether it sees the data folder.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use lore_core::{Cluster, DataDir};
use lore_protocol::ApiError;

use super::client::{Client, RuntimeEnv, Status, Submit, Trouble};
use super::place::{Place, quoted};

/// How long a cluster may take to look for a file.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often it is asked.
const OFTEN: Duration = Duration::from_millis(500);

/// Asks `cluster` for its version, then has it look for a file that is made in the data folder `dir` for
/// this. `tag` tells this attempt from others. Returns the version of Ray.
///
/// # Errors
/// In a sentence, what is in the way.
pub(crate) fn try_out(
    client: &Client,
    cluster: &Cluster,
    dir: &DataDir,
    tag: &str,
) -> Result<String> {
    let told = |trouble: Trouble| client.error(&trouble);
    let version = client.version().map_err(told)?;
    let place = Place::of(dir, cluster)?;
    let file = Mark::make(dir.root().join(format!(".seen-from-elsewhere-{tag}")))?;
    let there = place.path(dir, &file.0)?;
    let submit = Submit {
        entrypoint: format!("test -f {}", quoted(&there)),
        submission_id: format!("lorekeeper-probe-{tag}"),
        runtime_env: RuntimeEnv::default(),
        metadata: [("job_name".to_owned(), "lorekeeper probe".to_owned())].into(),
        entrypoint_num_cpus: None,
    };
    client.submit(&submit).map_err(told)?;
    let outcome = wait(client, &submit.submission_id);
    client.delete(&submit.submission_id).ok();
    match outcome? {
        Status::Succeeded => Ok(version),
        _ => bail!(ApiError::precondition(format!(
            "{:?} is there, but does not find the data folder as {}. Both computers must see the same \
             folder; write how it is called there",
            cluster.name,
            place.root()
        ))),
    }
}

fn wait(client: &Client, id: &str) -> Result<Status> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let job = client.job(id).map_err(|trouble| client.error(&trouble))?;
        match job.map(|details| details.status) {
            Some(status) if status.is_over() => return Ok(status),
            Some(_) if Instant::now() < deadline => std::thread::sleep(OFTEN),
            _ => bail!(ApiError::new(
                "The other computer is there, but does not get to a small job. Look at it in Ray's dashboard"
            )),
        }
    }
}

/// A file that is there as long as this is.
struct Mark(PathBuf);

impl Mark {
    fn make(path: PathBuf) -> Result<Self> {
        let made = fs::write(
            &path,
            "Lorekeeper looks whether another computer sees this.\n",
        );
        made.with_context(|| format!("Could not write {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        // What is left is a small file that says what it was for.
        fs::remove_file(&self.0).ok();
    }
}
