//! What a job that ended well changed under the application: jobs that came with a backup, settings, the
//! next data folder.

use std::collections::BTreeSet;
use std::path::PathBuf;

use lore_core::JobId;
use lore_protocol::Work;

use super::disk;
use super::state::State;
use crate::files;

impl State {
    /// Takes in what the job changed.
    pub(super) fn take_in(&mut self, id: &JobId) {
        let Some(job) = self.jobs.get(id).filter(|job| job.is_finished()) else {
            return;
        };
        match &job.info.spec.work {
            Work::Restore(work) => {
                if work.settings {
                    self.setup.settings.reload();
                }
                self.learn_all();
                self.follow_on();
            }
            Work::MoveData(work) => {
                let next = PathBuf::from(&work.folder);
                let noted = self
                    .setup
                    .home
                    .as_ref()
                    .map(|home| home.set_next(Some(next)));
                if let Some(Err(error)) = noted {
                    log::error!("{error:?}");
                    self.setup.warnings.add(format!("{error:#}"));
                }
            }
            _ => {}
        }
    }

    /// Learns every job whose folder nobody has looked into yet.
    fn learn_all(&mut self) {
        let known: BTreeSet<PathBuf> = self.jobs.values().map(|job| job.folder.clone()).collect();
        let dir = &self.setup.dir;
        let mut places = vec![dir.jobs()];
        let experiments = files::subfolders(&dir.experiments());
        places.extend(experiments.iter().map(|folder| folder.join("runs")));
        let folders = places.iter().flat_map(|place| files::subfolders(place));
        for folder in folders.filter(|folder| !known.contains(folder)) {
            if let Some(record) = disk::load_one(&self.setup, folder) {
                self.jobs.entry(record.id().clone()).or_insert(record);
            }
        }
    }
}
