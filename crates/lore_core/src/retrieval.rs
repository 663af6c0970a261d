//! Experience, and finding it again: ExpRAG's retrieval.

use serde::{Deserialize, Serialize};

use crate::prompt::MemoryFormat;
use crate::{ExperienceId, KeyKind, Selection, Task, Trajectory, TrajectoryId};

/// A trajectory kept for reuse, with what a bank knows about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experience {
    /// Equal to the identifier of the trajectory.
    pub id: ExperienceId,
    /// The record itself.
    pub trajectory: Trajectory,
    /// Tokens of the trajectory as text, by the bank's embedder; an estimate for other models.
    pub num_tokens: u32,
    /// Shown first and never removed by clean-up.
    #[serde(default)]
    pub pinned: bool,
    /// Never retrieved.
    #[serde(default)]
    pub never_use: bool,
    /// What somebody noted about it; stands in front of it in the prompt.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lesson: String,
}

/// Finds experiences for a situation.
pub trait Retriever {
    /// The best experiences for the query, best first; at most `query.k`.
    fn retrieve(&mut self, query: &Query) -> anyhow::Result<Vec<Hit>>;
}

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// The text compared with the keys.
    pub text: String,
    /// Task keys (static retrieval) or whole-trajectory keys (dynamic retrieval).
    pub mode: RetrievalMode,
    /// How many experiences to return.
    pub k: usize,
    /// What may be returned.
    pub filter: Filter,
    /// What must not be returned, whatever its score.
    #[serde(default)]
    pub guard: LeakGuard,
    /// How the best are found and chosen.
    #[serde(default)]
    pub selection: Selection,
}

impl Query {
    /// What of an experience the text is compared with.
    pub fn key(&self) -> KeyKind {
        self.selection.key(self.mode)
    }
}

/// An experience that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// What was found.
    pub experience: Experience,
    /// Dot product of query and key.
    pub score: f32,
    /// 0 for the best.
    pub rank: u32,
}

/// What may be retrieved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// By how the episode ended.
    pub outcome: OutcomeFilter,
    /// Only these task types; empty means all.
    pub task_types: Vec<String>,
    /// None of these task types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without_types: Vec<String>,
    /// Only these environments; empty means all.
    pub environments: Vec<String>,
    /// Only trajectories whose text contains this.
    pub text: String,
    /// Only so many of a hundred, always the same ones: what a smaller bank would hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
}

impl Filter {
    /// Text hashes below this are in the wanted share; `None` when all are. Hashes are spread evenly, and
    /// those of a smaller share are among those of a larger one.
    pub fn hash_limit(&self) -> Option<String> {
        let percent = self.percent.filter(|percent| *percent < 100)?;
        Some(format!("{:04x}", u32::from(percent) * 0x1_0000 / 100))
    }

    /// True when `trajectory` may be retrieved. Text is looked for in the goal and in
    /// [`Trajectory::text`], whatever the case.
    pub fn accepts(&self, trajectory: &Trajectory) -> bool {
        let outcome = match self.outcome {
            OutcomeFilter::All | OutcomeFilter::Balanced => true,
            OutcomeFilter::Successes => trajectory.is_success(),
            OutcomeFilter::Failures => !trajectory.is_success(),
        };
        let of = |allowed: &[String], value: &str| {
            allowed.is_empty() || allowed.iter().any(|allowed| allowed == value)
        };
        outcome
            && of(&self.task_types, &trajectory.task.task_type)
            && !self.without_types.contains(&trajectory.task.task_type)
            && of(&self.environments, &trajectory.task.environment)
            && (self.text.is_empty() || trajectory.mentions(&self.text))
            && self
                .hash_limit()
                .is_none_or(|limit| trajectory.text_hash() < limit)
    }
}

/// Which outcomes may be retrieved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeFilter {
    /// Successes and failures, as in the paper.
    #[default]
    All,
    /// Successes only.
    Successes,
    /// Failures only.
    Failures,
    /// As many successes as failures, one success more when the number is odd.
    Balanced,
}

impl OutcomeFilter {
    /// Every choice, for forms.
    pub const ALL: [Self; 4] = [Self::All, Self::Successes, Self::Failures, Self::Balanced];

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "all outcomes",
            Self::Successes => "successes only",
            Self::Failures => "failures only",
            Self::Balanced => "half successes, half failures",
        }
    }
}

/// When retrieval happens, and what is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetrievalMode {
    /// Once, before the first action: the task's description against task keys.
    #[default]
    Static,
    /// At every step: the trajectory so far against whole-trajectory keys.
    Dynamic,
}

/// Keeps an experience from retrieving itself or a twin: same game, or same text.
///
/// The paper does not say how it avoids this; here it is always on in training, and checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeakGuard {
    /// This trajectory.
    pub trajectory: Option<TrajectoryId>,
    /// Every trajectory of this task.
    pub task: Option<crate::TaskId>,
    /// Every trajectory with this [`Trajectory::text_hash`].
    pub text_hash: Option<String>,
}

impl LeakGuard {
    /// The guard for training on `trajectory`.
    pub fn for_training(trajectory: &Trajectory) -> Self {
        Self {
            trajectory: Some(trajectory.id.clone()),
            task: Some(trajectory.task.id.clone()),
            text_hash: Some(trajectory.text_hash()),
        }
    }

    /// The guard for playing `task`: a bank may hold other episodes of the very game.
    pub fn for_task(task: &Task) -> Self {
        Self {
            trajectory: None,
            task: Some(task.id.clone()),
            text_hash: None,
        }
    }

    /// True when `candidate` must not be shown.
    pub fn blocks(&self, candidate: &Trajectory) -> bool {
        self.trajectory.as_ref() == Some(&candidate.id)
            || self.task.as_ref() == Some(&candidate.task.id)
            || self
                .text_hash
                .as_ref()
                .is_some_and(|hash| *hash == candidate.text_hash())
    }
}

/// How retrieval is set up for an arm or a training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetrievalConfig {
    /// Experiences in the memory block; 0 switches retrieval off.
    pub k: usize,
    /// When retrieval happens.
    pub mode: RetrievalMode,
    /// What may be retrieved.
    pub filter: Filter,
    /// How the best are found and chosen.
    pub selection: Selection,
    /// The largest memory block, in tokens of the base model; memories that do not fit are dropped
    /// from the worst score up. 0 means no limit.
    pub token_budget: usize,
    /// How a memory is written into the prompt.
    pub format: MemoryFormat,
}

impl Default for RetrievalConfig {
    /// The paper's choice: static, K = 2.
    fn default() -> Self {
        Self {
            k: 2,
            mode: RetrievalMode::Static,
            filter: Filter::default(),
            selection: Selection::default(),
            token_budget: 0,
            format: MemoryFormat::Chat,
        }
    }
}

impl RetrievalConfig {
    /// The question an agent asks in the situation `so_far`; `filter` and `guard` are the caller's.
    pub fn query(&self, so_far: &Trajectory, filter: Filter, guard: LeakGuard) -> Query {
        let mut filter = filter;
        if self.selection.other_types {
            filter.without_types.push(so_far.task.task_type.clone());
        }
        Query {
            text: self.selection.question(self.mode, so_far),
            mode: self.mode,
            k: self.k,
            filter,
            guard,
            selection: self.selection.clone(),
        }
    }
}

/// One memory as it was used in a prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryUse {
    /// Which experience.
    pub experience: ExperienceId,
    /// Its task, in words.
    pub goal: String,
    /// Its task type.
    pub task_type: String,
    /// Whether it succeeded.
    pub success: bool,
    /// Dot product of query and key.
    pub score: f32,
    /// 0 for the best.
    pub rank: u32,
    /// Tokens it cost in the prompt.
    pub num_tokens: u32,
}
impl MemoryUse {
    /// What was found, at the cost of so many tokens.
    pub fn of(hit: &Hit, num_tokens: usize) -> Self {
        let trajectory = &hit.experience.trajectory;
        Self {
            experience: hit.experience.id.clone(),
            goal: trajectory.task.goal.clone(),
            task_type: trajectory.task.task_type.clone(),
            success: trajectory.is_success(),
            score: hit.score,
            rank: hit.rank,
            num_tokens: num_tokens as u32,
        }
    }
}
