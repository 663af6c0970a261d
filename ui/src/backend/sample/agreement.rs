//! Agents that were asked along the episodes of a data set.

use lore_core::{Agreement, JobId, LeftOut, RetrievalConfig, SplitKind, TrajectoryAgreement};
use lore_protocol::{AgreementWork, JobInfo, JobState, Work};

use super::datasets::{TYPES, UNSEEN};
use super::jobs;

/// The agent with an adapter and memories; the other one is the model as it is.
const TUNED: &str = "agreement-tuned";

/// Two jobs that are done.
pub(super) fn jobs() -> Vec<JobInfo> {
    let finished = |id: &str, agent: &str, is_tuned: bool| {
        let work = Work::Agreement(AgreementWork {
            model: "smollm2-135m-instruct".into(),
            adapter: is_tuned.then(|| "sample-1-exprag-lora-seed2025".into()),
            bank: is_tuned.then(|| "sample-1-bank".into()),
            retrieval: RetrievalConfig::default(),
            dataset: "alfworld-human".into(),
            max_trajectories: 24,
            seed: 7,
        });
        let title = format!("Ask {agent} about ALFWorld, recorded by people");
        let mut job = jobs::job(id, &title, work);
        job.spec.id = id.into();
        job.spec.experiment = None;
        let rate = agreement(&job.spec.id).all;
        job.state = JobState::Finished {
            summary: format!(
                "The agent would have done the same in {} of {} steps of 24 episodes.",
                rate.successes, rate.n
            ),
        };
        job
    };
    vec![
        finished(TUNED, "ExpRAG-LoRA of the sample", true),
        finished("agreement-base", "SmolLM2 135M Instruct", false),
    ]
}

/// What came of it: the adapter helps, on kinds it learned more than on others.
pub(super) fn agreement(job: &JobId) -> Agreement {
    let is_tuned = job.as_str() == TUNED;
    let trajectories = (0..24).map(|index| {
        let task_type = TYPES[index % TYPES.len()];
        let split = if UNSEEN.contains(&task_type) {
            SplitKind::Unseen
        } else {
            SplitKind::Seen
        };
        let num_steps = 7 + (index * 5 % 9) as u32;
        let tenths = match (is_tuned, split) {
            (false, _) => 2,
            (true, SplitKind::Unseen) => 5,
            (true, SplitKind::Seen) => 7,
        };
        let wobble = (index * 7 % 4) as u32;
        TrajectoryAgreement {
            id: format!("recorded-{index}").into(),
            task_type: task_type.to_owned(),
            split,
            num_steps,
            num_agreed: (num_steps * tenths / 10 + wobble).min(num_steps),
            num_first_lines: 0,
        }
    });
    let left_out = LeftOut {
        learned: Some(0),
        too_long: 3,
    };
    Agreement::of(trajectories.collect(), left_out)
}
