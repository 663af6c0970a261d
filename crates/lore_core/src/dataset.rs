//! Data sets: what came in, and what is in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{DatasetId, EpisodeEnd, Trajectory};

/// A data set (`dataset.json`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatasetInfo {
    /// Its name on disk.
    pub id: DatasetId,
    /// Its name for people.
    pub name: String,
    /// Games to play, or trajectories to learn from.
    pub kind: DatasetKind,
    /// The file it came from, or the world its episodes were played in.
    pub source: String,
    /// Games or trajectories.
    pub num_items: u64,
    /// Trajectories that succeeded.
    pub num_successes: u64,
    /// Counts by task type, in alphabetical order.
    pub types: Vec<TypeCount>,
    /// Environments, in alphabetical order.
    pub environments: Vec<String>,
    /// Counts by environment, in alphabetical order; empty in sets that were made before they were counted.
    pub by_environment: Vec<TypeCount>,
    /// Trajectories by about how many tokens they have, each length up to the next power of two; empty in
    /// sets that were made before they were counted.
    pub tokens: Vec<LengthCount>,
    /// Steps over all trajectories.
    pub num_steps: u64,
    /// Trajectories whose text also stands elsewhere in the set.
    pub num_duplicates: u64,
    /// Trajectories whose text is nearly that of another one in the set, equal texts not counted.
    pub num_near_duplicates: u64,
    /// Task types that training must not see.
    pub unseen_types: Vec<String>,
    /// Hash of the items.
    pub content_hash: String,
    /// Hash of the seen/unseen split.
    pub split_hash: String,
    /// What did not come in, and why.
    pub report: ImportReport,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// Bytes on disk.
    pub num_bytes: u64,
}

impl DatasetInfo {
    /// About how many tokens a trajectory has: by the lengths that were counted, else by its steps.
    pub fn mean_tokens(&self) -> f64 {
        // A length stands for all down to half of it.
        const MEAN_OF_LENGTH: f64 = 0.75;
        const TOKENS_PER_STEP: f64 = 34.0;
        let counted: u64 = self.tokens.iter().map(|one| one.count).sum();
        if counted == 0 {
            return self.mean_steps() * TOKENS_PER_STEP;
        }
        let lengths = self.tokens.iter();
        let sum: u64 = lengths.map(|one| one.length * one.count).sum();
        sum as f64 * MEAN_OF_LENGTH / counted as f64
    }

    /// How many steps a trajectory has.
    pub fn mean_steps(&self) -> f64 {
        self.num_steps as f64 / self.num_items.max(1) as f64
    }
}

/// What a data set holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatasetKind {
    /// Records of episodes.
    #[default]
    Trajectories,
    /// Games that can be played.
    Games,
}

/// How often a task type, or an environment, occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeCount {
    /// The task type or environment.
    pub name: String,
    /// Items.
    pub count: u64,
    /// Items that succeeded.
    pub successes: u64,
}

/// What a file seems to hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FormatGuess {
    /// The file or folder.
    pub path: String,
    /// The name of the format, for people; empty when nothing fits.
    pub format: String,
    /// Games or trajectories.
    pub kind: DatasetKind,
    /// Items found in the part that was looked at.
    pub num_items: u64,
    /// True when the whole file was looked at.
    pub complete: bool,
    /// The first few items, in words.
    pub examples: Vec<String>,
    /// Problems found in the part that was looked at.
    pub report: ImportReport,
    /// Bytes of the file.
    pub num_bytes: u64,
    /// The columns, when it is a table.
    #[serde(default)]
    pub columns: Vec<String>,
    /// What stands in these columns in the first row, cut short.
    #[serde(default)]
    pub samples: Vec<String>,
    /// What the columns of a table mean, by their names or by what somebody said.
    #[serde(default)]
    pub mapping: ColumnMap,
    /// The first few items of a table as they would come in.
    #[serde(default)]
    pub previews: Vec<ItemPreview>,
}

/// An item as it would come in, texts cut short.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemPreview {
    /// What is to be done.
    pub goal: String,
    /// The family of the task.
    pub task_type: String,
    /// The world.
    pub environment: String,
    /// The first observation.
    pub observation: String,
    /// The first action.
    pub action: String,
    /// Actions.
    pub num_steps: u64,
    /// The sum of all rewards.
    pub reward: f64,
    /// How it ended.
    pub end: EpisodeEnd,
}

/// What the columns of a table mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ColumnMap(pub BTreeMap<ColumnRole, String>);

impl ColumnMap {
    /// The column that plays `role`.
    pub fn column(&self, role: ColumnRole) -> Option<&str> {
        self.0.get(&role).map(String::as_str)
    }
}

/// What a column of a table can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnRole {
    /// Which episode a row belongs to.
    Episode,
    /// The identifier of the task.
    Task,
    /// What is to be done.
    Goal,
    /// The family of the task.
    TaskType,
    /// The world.
    Environment,
    /// What the agent saw before it acted.
    Observation,
    /// What the agent did.
    Action,
    /// What the world answered.
    Result,
    /// The reward of the step.
    Reward,
    /// Whether the goal was reached.
    Outcome,
}

impl ColumnRole {
    /// Every role, for forms.
    pub const ALL: [Self; 10] = [
        Self::Episode,
        Self::Task,
        Self::Goal,
        Self::TaskType,
        Self::Environment,
        Self::Observation,
        Self::Action,
        Self::Result,
        Self::Reward,
        Self::Outcome,
    ];

    /// The word shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Episode => "episode",
            Self::Task => "task identifier",
            Self::Goal => "goal",
            Self::TaskType => "task type",
            Self::Environment => "environment",
            Self::Observation => "observation",
            Self::Action => "action",
            Self::Result => "result",
            Self::Reward => "reward",
            Self::Outcome => "outcome",
        }
    }

    /// What the role is for, in a sentence.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Episode => {
                "Rows below each other with the same value are the steps of one episode; \
                 without it every row is an episode of one step"
            }
            Self::Task => "Episodes with the same value are attempts at the same task",
            Self::Goal => "What was to be done, in words",
            Self::TaskType => "The family of the task; seen and unseen are made of these",
            Self::Environment => "The world the episode was played in",
            Self::Observation => "What the agent saw before it acted",
            Self::Action => "What the agent did; the only column that must be there",
            Self::Result => "What the world answered to the action",
            Self::Reward => "A number for each step",
            Self::Outcome => "Yes, true, success or 1 when the goal was reached",
        }
    }
}

/// Figures of a data set that are counted when they are asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatasetStats {
    /// Trajectories by how they ended.
    pub outcomes: BTreeMap<EpisodeEnd, u64>,
    /// Trajectories by number of steps.
    pub steps: Vec<LengthCount>,
    /// Trajectories by about how many tokens they have; see [`DatasetInfo::tokens`].
    pub tokens: Vec<LengthCount>,
    /// Goals of one task type that occur more than once, by how many attempts there are at them.
    pub attempts: Vec<LengthCount>,
    /// Trajectories by environment; see [`DatasetInfo::by_environment`].
    pub environments: Vec<TypeCount>,
}

/// How many have a length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LengthCount {
    /// The length.
    pub length: u64,
    /// How many have it.
    pub count: u64,
}

/// Two items of a data set that are the same game or nearly the same text, one of them among the seen
/// task types and one among the unseen: what training learns of the first gives the second away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SplitLeak {
    /// The identifier of the one training sees.
    pub seen: String,
    /// The identifier of the one training must not see.
    pub unseen: String,
    /// Their goals.
    pub goals: [String; 2],
    /// Their task types.
    pub task_types: [String; 2],
    /// Share of common word triples, from 0 to 1, estimated.
    pub similarity: f32,
    /// True when it is one game under two task types.
    pub same_game: bool,
}

/// What came in and what did not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportReport {
    /// Items that came in.
    pub num_accepted: u64,
    /// Items that were there already.
    pub num_duplicates: u64,
    /// Items that were not understood.
    pub num_rejected: u64,
    /// The first hundred of those.
    pub rejected: Vec<RejectedRow>,
}

/// A row that was not understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// The file, when there are several.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// Why, in words.
    pub reason: String,
}

/// Labels to give; what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Labels {
    /// The family of the task.
    pub task_type: Option<String>,
    /// How the episode ended.
    pub end: Option<EpisodeEnd>,
}

impl Labels {
    /// Gives these labels to a trajectory.
    pub fn apply(&self, trajectory: &mut Trajectory) {
        if let Some(task_type) = &self.task_type {
            task_type.clone_into(&mut trajectory.task.task_type);
        }
        trajectory.end = self.end.unwrap_or(trajectory.end);
        trajectory.id = trajectory.content_id();
    }
}

/// The form in which trajectories are written for other programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportForm {
    /// Our own, with everything: one trajectory a line.
    #[default]
    Lorekeeper,
    /// `{"conversations": [{"from": "human", "value": …}, …]}` a line.
    ShareGpt,
    /// `{"messages": [{"role": "user", "content": …}, …]}` a line.
    OpenAi,
    /// The agent trajectory interchange format: one record a line.
    Atif,
    /// A Parquet table with a list of messages in each row.
    Parquet,
}

impl ExportForm {
    /// Every choice, for forms.
    pub const ALL: [Self; 5] = [
        Self::Lorekeeper,
        Self::ShareGpt,
        Self::OpenAi,
        Self::Atif,
        Self::Parquet,
    ];

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Lorekeeper => "Lorekeeper trajectories",
            Self::ShareGpt => "ShareGPT conversations",
            Self::OpenAi => "OpenAI messages",
            Self::Atif => "ATIF trajectory",
            Self::Parquet => "Parquet table",
        }
    }

    /// What it is good for, in a sentence.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Lorekeeper => {
                "Everything that is known of each episode; another Lorekeeper reads it without loss"
            }
            Self::ShareGpt => {
                "Chats of human and gpt, one a line, as programs for fine-tuning read them"
            }
            Self::OpenAi => {
                "Chats of user and assistant, one a line, as OpenAI's service reads them"
            }
            Self::Atif => {
                "Steps with observations, one episode a line, for programs that study agents"
            }
            Self::Parquet => {
                "One table with a row for each episode, as the Hugging Face hub keeps it"
            }
        }
    }

    /// How names of its files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            _ => "jsonl",
        }
    }
}
