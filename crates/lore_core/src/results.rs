//! What came out: episodes, runs, and arms compared.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::stats::{Cluster, Estimate, PairedTask};
use crate::{
    Arm, EpisodeEnd, ExperimentId, ExperimentSpec, JobId, Prices, SplitKind, TaskId, TrajectoryId,
    stats,
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
    /// What the model's tokens cost when it was played, where they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
}

impl RunSummary {
    /// What its episodes cost, in US dollars; `None` where no price is known.
    pub fn cost(&self) -> Option<f64> {
        let prices = self.prices?;
        let costs = self.episodes.iter();
        Some(
            costs
                .map(|episode| prices.cost(episode.prompt_tokens, episode.completion_tokens))
                .sum(),
        )
    }
}

/// A success rate with its interval: of episodes, or of steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Proportion {
    /// Those that succeeded.
    pub successes: u32,
    /// All of them.
    pub n: u32,
    /// Lower end of the 95 % Wilson interval; plays of one task count as far as they are independent
    /// ([`stats::pooled_wilson`]).
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Proportion {
    /// Counts successes.
    pub fn of<'a>(episodes: impl IntoIterator<Item = &'a EpisodeSummary>) -> Self {
        let mut tasks: BTreeMap<&TaskId, Cluster> = BTreeMap::new();
        for episode in episodes {
            let task = tasks.entry(&episode.task).or_default();
            task.n += 1;
            task.successes += u32::from(episode.end == EpisodeEnd::Success);
        }
        let tasks: Vec<Cluster> = tasks.into_values().collect();
        Self::of_clusters(&tasks)
    }

    /// Counts successes of what varies together, such as plays of one task.
    pub fn of_clusters(clusters: &[Cluster]) -> Self {
        let (low, high) = stats::pooled_wilson(clusters);
        Self {
            successes: clusters.iter().map(|cluster| cluster.successes).sum(),
            n: clusters.iter().map(|cluster| cluster.n).sum(),
            low,
            high,
        }
    }

    /// This rate minus another, with the interval that both leave (Newcombe 1998); `None` when either was
    /// not played.
    pub fn minus(&self, other: &Self) -> Option<Estimate> {
        Some(stats::newcombe(self.estimate()?, other.estimate()?))
    }

    /// The rate with its interval; `None` when nothing was played.
    pub fn estimate(&self) -> Option<Estimate> {
        Some(Estimate {
            value: self.rate()?,
            low: self.low,
            high: self.high,
        })
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
    /// What all episodes cost, in US dollars; `None` where no price is known.
    #[serde(default)]
    pub cost: Option<f64>,
    /// Seeds that are finished.
    pub num_seeds: usize,
}

/// Two arms on the same tasks with the same seeds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
    /// How probable so uneven a split would be between equally good arms: McNemar's exact test, with
    /// several seeds the exact sign-flip test over tasks ([`stats::sign_flip_exact`]).
    pub p_value: f64,
    /// The same, corrected for the number of comparisons on this split (Holm).
    #[serde(default)]
    pub p_corrected: f64,
    /// Success of `b` minus success of `a`, with an interval from drawing whole tasks anew.
    #[serde(default)]
    pub difference: Estimate,
    /// The smallest difference that this many tasks find four times in five, given how often these arms
    /// differ; `None` when they find none.
    #[serde(default)]
    pub smallest_detectable: Option<f64>,
}

/// An experiment's table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExperimentResults {
    /// Which experiment.
    pub experiment: ExperimentId,
    /// The arms, in the order of the specification.
    pub arms: Vec<ArmSummary>,
    /// Every arm against the reference ([`ExperimentResults::reference`]; ExpRAG-LoRA in the paper's order),
    /// per split.
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
        let comparisons = corrected(comparisons(spec, &runs));
        Self {
            experiment: spec.id.clone(),
            arms,
            comparisons,
            runs,
        }
    }

    /// The arm that the others are compared with.
    pub fn reference(&self) -> Option<&ArmSummary> {
        let plain = self.arms.iter().rev().find(|it| !it.arm.is_variant());
        plain.or(self.arms.last())
    }
}

/// Every arm against the reference, on both splits.
fn comparisons(spec: &ExperimentSpec, runs: &[RunSummary]) -> Vec<PairedComparison> {
    let Some(reference) = spec.reference_arm() else {
        return Vec::new();
    };
    let others = spec.arms.iter().filter(|arm| arm.id != reference.id);
    others
        .flat_map(|other| {
            // What no seed changes would do the same again beside every seed of the other.
            let is_fixed = spec.seeds_of(other).len() < spec.seeds_of(reference).len();
            let plays = Plays::of(&other.id, is_fixed, runs);
            [SplitKind::Seen, SplitKind::Unseen]
                .map(|split| compare(&plays, &reference.id, split, runs))
        })
        .filter(|comparison| comparison.n > 0)
        .collect()
}

/// What an arm did.
struct Plays<'a> {
    arm: &'a str,
    /// With one seed for all.
    is_fixed: bool,
    won: BTreeMap<(u64, &'a TaskId), bool>,
}

impl<'a> Plays<'a> {
    fn of(arm: &'a str, is_fixed: bool, runs: &'a [RunSummary]) -> Self {
        let mut won = BTreeMap::new();
        for run in runs.iter().filter(|run| run.arm.id == arm) {
            let seed = if is_fixed { 0 } else { run.seed };
            for episode in &run.episodes {
                let success = episode.end == EpisodeEnd::Success;
                won.insert((seed, &episode.task), success);
            }
        }
        Self { arm, is_fixed, won }
    }

    /// Whether it reached the goal; `None` when it was not asked to.
    fn has_won(&self, seed: u64, task: &'a TaskId) -> Option<bool> {
        let seed = if self.is_fixed { 0 } else { seed };
        self.won.get(&(seed, task)).copied()
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
        cost: own.iter().filter_map(|run| run.cost()).reduce(|a, b| a + b),
        num_seeds: own.len(),
    }
}

/// Corrects the probabilities of each split for their number.
fn corrected(mut comparisons: Vec<PairedComparison>) -> Vec<PairedComparison> {
    for split in [SplitKind::Seen, SplitKind::Unseen] {
        let of_split: Vec<&mut PairedComparison> = comparisons
            .iter_mut()
            .filter(|comparison| comparison.split == split)
            .collect();
        let p_values: Vec<f64> = of_split.iter().map(|it| it.p_value).collect();
        for (comparison, p) in of_split.into_iter().zip(stats::holm(&p_values)) {
            comparison.p_corrected = p;
        }
    }
    comparisons
}

fn compare(a: &Plays<'_>, b: &str, split: SplitKind, runs: &[RunSummary]) -> PairedComparison {
    let tasks = paired_tasks(a, b, split, runs);
    let sum = |count: fn(&PairedTask) -> u32| tasks.iter().map(count).sum::<u32>();
    let (n, only_a, only_b) = (
        sum(|task| task.n),
        sum(|task| task.only_a),
        sum(|task| task.only_b),
    );
    let discordant = f64::from(only_a + only_b) / f64::from(n.max(1));
    PairedComparison {
        a: a.arm.to_owned(),
        b: b.to_owned(),
        split,
        n,
        only_a,
        only_b,
        p_value: stats::sign_flip_exact(&tasks),
        p_corrected: 1.0,
        difference: stats::clustered_bootstrap(&tasks).unwrap_or_default(),
        smallest_detectable: stats::smallest_detectable(tasks.len() as u32, discordant),
    }
}

/// What two arms did on each task that both played with the same seed.
fn paired_tasks(a: &Plays<'_>, b: &str, split: SplitKind, runs: &[RunSummary]) -> Vec<PairedTask> {
    let mut tasks: BTreeMap<&TaskId, PairedTask> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.arm.id == b) {
        for episode in run.episodes.iter().filter(|e| e.split == split) {
            let won_b = episode.end == EpisodeEnd::Success;
            if let Some(won_a) = a.has_won(run.seed, &episode.task) {
                let task = tasks.entry(&episode.task).or_default();
                task.n += 1;
                task.only_a += u32::from(won_a && !won_b);
                task.only_b += u32::from(won_b && !won_a);
            }
        }
    }
    tasks.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Preset;

    /// One arm with one seed that wins these of three tasks.
    fn run(arm: &str, seed: u64, wins: [bool; 3]) -> RunSummary {
        let episodes = wins.iter().enumerate().map(|(task, won)| EpisodeSummary {
            task: TaskId(task.to_string()),
            split: SplitKind::Unseen,
            end: if *won {
                EpisodeEnd::Success
            } else {
                EpisodeEnd::Truncated
            },
            ..EpisodeSummary::default()
        });
        let arms = Arm::paper();
        let arm = arms.into_iter().find(|it| it.id == arm);
        RunSummary {
            job: JobId::default(),
            arm: arm.expect("one of the paper's"),
            seed,
            episodes: episodes.collect(),
            prices: None,
        }
    }

    #[test]
    fn seeds_of_one_task_stay_together() {
        let runs = vec![
            run("base", 1, [false, false, true]),
            run("base", 2, [false, false, true]),
            run("exprag_lora", 1, [true, false, true]),
            run("exprag_lora", 2, [true, true, true]),
        ];
        let results = ExperimentResults::from_runs(&ExperimentSpec::preset(Preset::Smoke), runs);
        let [pair] = results.comparisons.as_slice() else {
            panic!("one pair on one split: {:?}", results.comparisons);
        };
        assert_eq!((pair.n, pair.only_a, pair.only_b), (6, 0, 3));
        // Leads 2 and 1 on two tasks: both signs alike in two of four cases.
        assert!((pair.p_value - 0.5).abs() < 1e-12, "{}", pair.p_value);
        assert!((pair.difference.value - 0.5).abs() < 1e-12);
        let base = &results.arms[0].unseen;
        let once = stats::wilson(1, 3);
        assert_eq!((base.successes, base.n), (2, 6));
        assert!(
            (base.low - once.0).abs() < 1e-12,
            "six plays of three tasks"
        );
    }

    #[test]
    fn costs_are_summed_where_prices_are_known() {
        let mut runs = [1, 2].map(|seed| run("base", seed, [true, false, true]));
        for run in &mut runs {
            run.episodes[0].prompt_tokens = 1_000_000;
            run.episodes[1].completion_tokens = 1_000_000;
        }
        runs[0].prices = Some(Prices {
            prompt: 0.25,
            completion: 1.0,
        });
        let spec = ExperimentSpec::preset(Preset::Smoke);
        let results = ExperimentResults::from_runs(&spec, runs.to_vec());
        assert_eq!(results.arms[0].cost, Some(1.25));
        assert_eq!(results.arms[1].cost, None);
    }

    #[test]
    fn what_no_seed_changes_is_paired_with_every_seed() {
        let mut spec = ExperimentSpec::preset(Preset::Smoke);
        spec.seeds = vec![1, 2];
        let runs = vec![
            run("base", 1, [false, true, false]),
            run("exprag_lora", 1, [true, false, false]),
            run("exprag_lora", 2, [true, true, false]),
        ];
        let results = ExperimentResults::from_runs(&spec, runs);
        let pair = &results.comparisons[0];
        assert_eq!((pair.n, pair.only_a, pair.only_b), (6, 1, 2));
        assert_eq!(results.arms[0].unseen.n, 3);
    }

    #[test]
    fn variants_are_compared_with_what_they_vary() {
        let mut spec = ExperimentSpec::preset(Preset::Smoke);
        spec.arms.extend(Arm::variants());
        let mut empty = run("exprag_lora", 1, [false, false, true]);
        empty.arm = Arm::variants().remove(0);
        let runs = vec![run("exprag_lora", 1, [true, false, true]), empty];
        let results = ExperimentResults::from_runs(&spec, runs);
        let [pair] = results.comparisons.as_slice() else {
            panic!("one pair: {:?}", results.comparisons);
        };
        assert_eq!(
            (pair.a.as_str(), pair.b.as_str()),
            ("exprag_lora_empty", "exprag_lora")
        );
        assert_eq!((pair.only_a, pair.only_b), (0, 1));
    }

    #[test]
    fn probabilities_are_corrected_split_by_split() {
        let pair = |split, p_value| PairedComparison {
            split,
            p_value,
            ..PairedComparison::default()
        };
        let pairs = corrected(vec![
            pair(SplitKind::Seen, 0.04),
            pair(SplitKind::Unseen, 0.01),
            pair(SplitKind::Unseen, 0.03),
        ]);
        let p: Vec<f64> = pairs.iter().map(|pair| pair.p_corrected).collect();
        assert_eq!(p, [0.04, 0.02, 0.03]);
    }
}
