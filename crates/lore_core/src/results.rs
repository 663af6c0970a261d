//! What came out: episodes, runs, and arms compared.

use serde::{Deserialize, Serialize};

use crate::{
    Arm, EpisodeEnd, ExperimentId, ExperimentSpec, JobId, SplitKind, TaskId, TrajectoryId, stats,
};

/// One episode in a table: the trajectory without its text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpisodeSummary {
    /// The full record.
    pub trajectory: TrajectoryId,
    /// The task played.
    pub task: TaskId,
    /// Its type.
    pub task_type: String,
    /// Whether training saw the type.
    pub split: SplitKind,
    /// The task in words.
    pub goal: String,
    /// How it ended.
    pub end: EpisodeEnd,
    /// Actions taken.
    pub num_steps: u32,
    /// Prompt tokens over all steps.
    pub prompt_tokens: u64,
    /// Completion tokens over all steps.
    pub completion_tokens: u64,
    /// Wall time in milliseconds.
    pub millis: u64,
    /// Memories in the prompt.
    pub num_memories: u32,
}

/// One arm with one seed (`summary.json` of a run).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The job that made it.
    pub job: JobId,
    /// The arm.
    pub arm: Arm,
    /// The seed.
    pub seed: u64,
    /// Every episode, in the order of the tasks.
    pub episodes: Vec<EpisodeSummary>,
}

/// A success rate with its interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Proportion {
    /// Episodes that succeeded.
    pub successes: u32,
    /// Episodes played.
    pub n: u32,
    /// Lower end of the 95 % Wilson interval.
    pub low: f64,
    /// Upper end of the 95 % Wilson interval.
    pub high: f64,
}

impl Proportion {
    /// Counts successes.
    pub fn of<'a>(episodes: impl IntoIterator<Item = &'a EpisodeSummary>) -> Self {
        let (mut successes, mut n) = (0, 0);
        for episode in episodes {
            n += 1;
            successes += u32::from(episode.end == EpisodeEnd::Success);
        }
        let (low, high) = stats::wilson(successes, n);
        Self {
            successes,
            n,
            low,
            high,
        }
    }

    /// Successes over episodes; `None` when nothing was played.
    pub fn rate(&self) -> Option<f64> {
        (self.n > 0).then(|| f64::from(self.successes) / f64::from(self.n))
    }
}

/// One arm over all its seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmSummary {
    /// The arm.
    pub arm: Arm,
    /// Success on task types that training saw.
    pub seen: Proportion,
    /// Success on task types that training never saw.
    pub unseen: Proportion,
    /// Success by task type, in alphabetical order.
    pub by_type: Vec<(String, Proportion)>,
    /// Mean actions over all episodes.
    pub mean_steps: Option<f64>,
    /// Mean actions over the successful ones.
    pub mean_steps_success: Option<f64>,
    /// Mean prompt and completion tokens per episode.
    pub mean_tokens: Option<f64>,
    /// Mean seconds per episode.
    pub mean_secs: Option<f64>,
    /// Seeds that are finished.
    pub num_seeds: usize,
}

/// Two arms on the same tasks with the same seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedComparison {
    /// One arm.
    pub a: String,
    /// The other.
    pub b: String,
    /// On which tasks.
    pub split: SplitKind,
    /// Pairs looked at.
    pub n: u32,
    /// Tasks that only `a` won.
    pub only_a: u32,
    /// Tasks that only `b` won.
    pub only_b: u32,
    /// Exact McNemar probability.
    pub p_value: f64,
}

/// An experiment's table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExperimentResults {
    /// Which experiment.
    pub experiment: ExperimentId,
    /// The arms, in the order of the specification.
    pub arms: Vec<ArmSummary>,
    /// Every arm against the last one (ExpRAG-LoRA in the paper's order), per split.
    pub comparisons: Vec<PairedComparison>,
    /// Runs the numbers come from.
    pub runs: Vec<RunSummary>,
}

impl ExperimentResults {
    /// Pools finished runs arm by arm.
    pub fn from_runs(spec: &ExperimentSpec, runs: Vec<RunSummary>) -> Self {
        let arms = spec
            .arms
            .iter()
            .map(|arm| summarise_arm(arm, &runs))
            .collect();
        let comparisons = spec
            .arms
            .split_last()
            .map_or_else(Vec::new, |(last, others)| {
                others
                    .iter()
                    .flat_map(|other| {
                        [SplitKind::Seen, SplitKind::Unseen]
                            .map(|split| compare(&other.id, &last.id, split, &runs))
                    })
                    .filter(|comparison| comparison.n > 0)
                    .collect()
            });
        Self {
            experiment: spec.id.clone(),
            arms,
            comparisons,
            runs,
        }
    }
}

fn summarise_arm(arm: &Arm, runs: &[RunSummary]) -> ArmSummary {
    let own: Vec<&RunSummary> = runs.iter().filter(|run| run.arm.id == arm.id).collect();
    let episodes: Vec<&EpisodeSummary> = own.iter().flat_map(|run| &run.episodes).collect();
    let of_split = |split| Proportion::of(episodes.iter().copied().filter(|e| e.split == split));
    let mut types: Vec<String> = episodes.iter().map(|e| e.task_type.clone()).collect();
    types.sort();
    types.dedup();
    let by_type = types
        .into_iter()
        .map(|name| {
            let rate = Proportion::of(episodes.iter().copied().filter(|e| e.task_type == name));
            (name, rate)
        })
        .collect();
    let mean = |value: fn(&EpisodeSummary) -> f64| stats::mean(episodes.iter().map(|e| value(e)));
    ArmSummary {
        arm: arm.clone(),
        seen: of_split(SplitKind::Seen),
        unseen: of_split(SplitKind::Unseen),
        by_type,
        mean_steps: mean(|e| f64::from(e.num_steps)),
        mean_steps_success: stats::mean(
            episodes
                .iter()
                .filter(|e| e.end == EpisodeEnd::Success)
                .map(|e| f64::from(e.num_steps)),
        ),
        mean_tokens: mean(|e| (e.prompt_tokens + e.completion_tokens) as f64),
        mean_secs: mean(|e| e.millis as f64 / 1000.0),
        num_seeds: own.len(),
    }
}

fn compare(a: &str, b: &str, split: SplitKind, runs: &[RunSummary]) -> PairedComparison {
    let wins = |arm: &str, seed: u64, task: &TaskId| {
        runs.iter()
            .filter(|run| run.arm.id == arm && run.seed == seed)
            .flat_map(|run| &run.episodes)
            .find(|episode| episode.task == *task)
            .map(|episode| episode.end == EpisodeEnd::Success)
    };
    let (mut n, mut only_a, mut only_b) = (0, 0, 0);
    for run in runs.iter().filter(|run| run.arm.id == a) {
        for episode in run.episodes.iter().filter(|e| e.split == split) {
            let won_a = episode.end == EpisodeEnd::Success;
            if let Some(won_b) = wins(b, run.seed, &episode.task) {
                n += 1;
                only_a += u32::from(won_a && !won_b);
                only_b += u32::from(won_b && !won_a);
            }
        }
    }
    PairedComparison {
        a: a.to_owned(),
        b: b.to_owned(),
        split,
        n,
        only_a,
        only_b,
        p_value: stats::mcnemar_exact(only_a, only_b),
    }
}
