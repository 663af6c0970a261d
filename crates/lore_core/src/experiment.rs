//! Experiments: which arms are compared, on which tasks, with which seeds.

use serde::{Deserialize, Serialize};

use crate::prompt::MemoryFormat;
use crate::{
    Arm, ClusterId, ExperimentId, ModelId, RetrievalConfig, Sampling, Schedule, TrainConfig,
    TrialPlan, WorldSpec,
};

/// One experiment: everything needed to run it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExperimentSpec {
    /// Its name on disk.
    pub id: ExperimentId,
    /// Its name for people.
    pub name: String,
    /// The size it was started from.
    pub preset: Preset,
    /// Where tasks come from.
    pub world: WorldSpec,
    /// Task types that training never sees. All others are seen.
    pub unseen_types: Vec<String>,
    /// How many tasks.
    pub tasks: TaskPlan,
    /// The base model.
    pub model: ModelId,
    /// The embedder of the bank.
    pub embedder: ModelId,
    /// The recipe; its `retrieval` is set per arm from [`ExperimentSpec::retrieval`].
    pub train: TrainConfig,
    /// How adapters are tried while they are trained. Not written when they are not: an experiment of
    /// before there was a choice stays the same text.
    #[serde(skip_serializing_if = "TrialPlan::is_off")]
    pub trials: TrialPlan,
    /// Retrieval, in training and at test.
    pub retrieval: RetrievalConfig,
    /// The bank that serves a test episode.
    pub bank_at_test: BankAtTest,
    /// How episodes are played.
    pub agent: AgentConfig,
    /// What is compared.
    pub arms: Vec<Arm>,
    /// Every arm is trained and played once with each; those that no seed changes once ([`Self::seeds_of`]).
    pub seeds: Vec<u64>,
    /// The cluster that trains and plays, if not this computer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterId>,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
}

impl Default for ExperimentSpec {
    fn default() -> Self {
        Self::preset(Preset::Smoke)
    }
}

impl ExperimentSpec {
    /// The paper's comparison at one of the three sizes, on generated games.
    pub fn preset(preset: Preset) -> Self {
        let mut spec = Self {
            id: ExperimentId::default(),
            name: format!("Learning from experience ({})", preset.label()),
            preset,
            world: WorldSpec::default(),
            unseen_types: UNSEEN_TYPES.map(str::to_owned).to_vec(),
            tasks: TaskPlan::default(),
            model: ModelId::from("smollm2-135m-instruct"),
            embedder: ModelId::from("all-minilm-l6-v2"),
            train: TrainConfig::default(),
            trials: TrialPlan::default(),
            retrieval: RetrievalConfig::default(),
            bank_at_test: BankAtTest::Matched,
            agent: AgentConfig::default(),
            arms: Arm::paper(),
            seeds: vec![2025],
            cluster: None,
            created_ms: 0,
        };
        match preset {
            Preset::Smoke => {
                spec.tasks = TaskPlan {
                    train_per_type: 8,
                    seen_test: 9,
                    unseen_test: 9,
                    seed: 7,
                };
                // Many small steps: with so few episodes a model needs them to learn to pick
                // things up at all.
                spec.train.batch_size = 1;
                spec.train.max_steps = 40;
                spec.train.learning_rate = 1e-3;
                spec.train.max_tokens = 2048;
                spec.agent.max_steps = 15;
                // A model that has seen two dozen episodes knows what to do before it can spell it.
                spec.agent.action_mode = ActionMode::Choose;
                spec.agent.leaves_loops = true;
                spec.retrieval.format = MemoryFormat::Plain;
            }
            Preset::Laptop => {
                spec.tasks = TaskPlan {
                    train_per_type: 40,
                    seen_test: 60,
                    unseen_test: 60,
                    seed: 7,
                };
                // A small model learns little at the paper's rate: fewer passes, larger steps.
                spec.train.epochs = 2.0;
                spec.train.batch_size = 2;
                spec.train.learning_rate = 1e-3;
                spec.train.schedule = Schedule::Cosine;
                spec.train.warmup_steps = 5;
                spec.train.max_tokens = 3072;
                spec.retrieval.format = MemoryFormat::Plain;
                spec.agent.max_steps = 30;
                spec.agent.action_mode = ActionMode::Choose;
                spec.agent.rates_all = false;
                spec.agent.leaves_loops = true;
                spec.seeds = vec![2025, 2026, 2027];
            }
            Preset::Paper => {
                spec.world = WorldSpec::Generated {
                    seed: 1,
                    small: false,
                };
                spec.tasks = TaskPlan {
                    train_per_type: 600,
                    seen_test: 73,
                    unseen_test: 61,
                    seed: 7,
                };
                spec.train.max_tokens = 8192;
                spec.agent.max_steps = 50;
                spec.seeds = vec![2025, 2026, 2027];
            }
        }
        spec
    }

    /// True for task types that training never sees.
    pub fn is_unseen(&self, task_type: &str) -> bool {
        self.unseen_types.iter().any(|unseen| unseen == task_type)
    }

    /// The seeds with which an arm is played: one for an arm that does the same with every seed, because
    /// nothing of it is trained and it always takes the likeliest action.
    pub fn seeds_of(&self, arm: &Arm) -> &[u64] {
        let is_fixed = arm.lora_with_memory.is_none() && self.agent.sampling.temperature <= 0.0;
        if is_fixed {
            &self.seeds[..self.seeds.len().min(1)]
        } else {
            &self.seeds
        }
    }

    /// The arm that others are compared with: the last one that plays as the experiment says.
    pub fn reference_arm(&self) -> Option<&Arm> {
        let plain = self.arms.iter().rev().find(|arm| !arm.is_variant());
        plain.or(self.arms.last())
    }
}

/// The paper's unseen ALFWorld types.
pub const UNSEEN_TYPES: [&str; 3] = [
    "pick_heat_then_place_in_recep",
    "pick_cool_then_place_in_recep",
    "pick_two_obj_and_place",
];

/// How large an experiment is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Minutes on a small machine: shows that everything works, proves nothing.
    #[default]
    Smoke,
    /// An evening on a laptop.
    Laptop,
    /// The paper's size; wants a GPU.
    Paper,
}

impl Preset {
    /// Every size, smallest first.
    pub const ALL: [Self; 3] = [Self::Smoke, Self::Laptop, Self::Paper];

    /// The word shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Smoke => "quick look",
            Self::Laptop => "laptop",
            Self::Paper => "paper",
        }
    }
}

/// How many tasks an experiment uses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskPlan {
    /// Expert episodes per task type, for bank and training.
    pub train_per_type: usize,
    /// Test tasks of the seen types, spread evenly over them.
    pub seen_test: usize,
    /// Test tasks of the unseen types, spread evenly over them.
    pub unseen_test: usize,
    /// The seed that picks them.
    pub seed: u64,
}

/// Whether training saw a task's type.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum SplitKind {
    /// The type was in training ("easy" in the paper).
    #[default]
    Seen,
    /// The type was never in training ("hard" in the paper).
    Unseen,
}

impl SplitKind {
    /// The word shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Seen => "seen types",
            Self::Unseen => "unseen types",
        }
    }
}

/// The bank that serves a test episode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BankAtTest {
    /// Training-split episodes of the tested kind: seen types serve seen, unseen serve unseen.
    #[default]
    Matched,
    /// Only episodes of seen types.
    TrainingOnly,
    /// Episodes of every type.
    All,
    /// Episodes of the other kind only: unseen types serve seen, seen types serve unseen.
    Mismatched,
    /// Nothing.
    Empty,
}

impl BankAtTest {
    /// Every choice, for forms.
    pub const ALL: [Self; 5] = [
        Self::Matched,
        Self::TrainingOnly,
        Self::All,
        Self::Mismatched,
        Self::Empty,
    ];

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Matched => "matching task types",
            Self::TrainingOnly => "seen types only",
            Self::All => "all types",
            Self::Mismatched => "the other task types",
            Self::Empty => "empty",
        }
    }
}

/// How an episode is played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentConfig {
    /// Actions before the episode is cut off.
    pub max_steps: usize,
    /// How an action is picked.
    pub action_mode: ActionMode,
    /// Whether an agent that picks rates every possible action, or only as many as it takes to find the
    /// likeliest one: the same action sooner, but the others' probabilities stay unknown.
    pub rates_all: bool,
    /// Whether an action that led to nothing new is set aside until something new is seen. For agents
    /// that pick among the possible actions.
    pub leaves_loops: bool,
    /// How tokens are picked.
    pub sampling: Sampling,
    /// The longest prompt, in tokens; older turns are left out beyond it.
    pub max_prompt_tokens: usize,
}

impl Default for AgentConfig {
    fn default() -> Self {
        Self {
            max_steps: 50,
            action_mode: ActionMode::Generate,
            rates_all: true,
            leaves_loops: false,
            sampling: Sampling::default(),
            max_prompt_tokens: 4096,
        }
    }
}

/// How an action is picked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionMode {
    /// The model writes it, as in the paper.
    #[default]
    Generate,
    /// The most likely of the actions that the world accepts; needs a world that lists them.
    Choose,
}

impl ActionMode {
    /// Every choice, for forms.
    pub const ALL: [Self; 2] = [Self::Generate, Self::Choose];

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Generate => "model writes the action",
            Self::Choose => "model picks from the possible actions",
        }
    }
}
