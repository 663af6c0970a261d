//! Where an adapter came from: its training, its experiment, its bank.

use lore_bank::ExperienceBank;
use lore_core::{Adapter, BankInfo, DataDir, ExperimentResults};
use lore_protocol::{JobSpec, TrainWork, Work};

use crate::files::read_json;

/// What is still known of an adapter's making. Everything may have been deleted since.
#[derive(Debug, Default)]
pub(in super::super) struct Origin {
    job: Option<JobSpec>,
    /// What the experiment found, where it has.
    pub(super) results: Option<ExperimentResults>,
    /// The bank memories came from.
    pub(super) bank: Option<BankInfo>,
}

impl Origin {
    /// Reads what is there.
    pub(in super::super) fn read(data: &DataDir, adapter: &Adapter) -> Self {
        let origin = &adapter.origin;
        let job = origin.job.as_ref().and_then(|id| {
            let folder = data.job(origin.experiment.as_ref(), id);
            read_json::<JobSpec>(&folder.join("job.json")).ok()
        });
        let results = origin.experiment.as_ref().and_then(|id| {
            let path = data.experiment(id).join("results.json");
            read_json::<ExperimentResults>(&path).ok()
        });
        let mut origin = Self {
            job,
            results,
            bank: None,
        };
        origin.bank = origin
            .training()
            .and_then(|work| work.bank.as_ref())
            .and_then(|id| ExperienceBank::open(data, id).ok()?.info().ok());
        origin
    }

    /// How the adapter was trained, where the job is still there.
    pub(in super::super) fn training(&self) -> Option<&TrainWork> {
        match &self.job.as_ref()?.work {
            Work::Train(work) => Some(work),
            _ => None,
        }
    }
}
