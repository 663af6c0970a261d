//! How experiences are found and chosen: keys, questions, search, and the choice among what was found.

use serde::{Deserialize, Serialize};

use crate::{ExperienceId, Hit, RetrievalMode, Trajectory};

/// How the best experiences are found and chosen. The default is the paper's: dot products of
/// embeddings, the K largest, nothing left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Selection {
    /// What of an experience is compared; the task with static retrieval and the whole trajectory with
    /// dynamic retrieval when nobody chose.
    pub key: Option<KeyKind>,
    /// What an agent asks with; the task with static retrieval and everything so far with dynamic
    /// retrieval when nobody chose.
    pub question: Option<QuestionKind>,
    /// By meaning, by words, or both.
    pub search: SearchKind,
    /// Nothing of the task type that is being played.
    pub other_types: bool,
    /// How much the chosen have to differ, in per cent: 0 takes the best scores, 100 only looks at the
    /// difference (maximal marginal relevance; Carbonell, Goldstein 1998).
    pub diversity: u8,
    /// The smallest score in per cent that is good enough; applies to searches by meaning.
    pub min_score: Option<i8>,
}

impl Selection {
    /// What of an experience is compared under `mode`.
    pub fn key(&self, mode: RetrievalMode) -> KeyKind {
        self.key.unwrap_or(match mode {
            RetrievalMode::Static => KeyKind::Task,
            RetrievalMode::Dynamic => KeyKind::Whole,
        })
    }

    /// What an agent asks with under `mode`.
    pub fn question_kind(&self, mode: RetrievalMode) -> QuestionKind {
        self.question.unwrap_or(match mode {
            RetrievalMode::Static => QuestionKind::Task,
            RetrievalMode::Dynamic => QuestionKind::SoFar,
        })
    }

    /// How a task in words is asked about under `mode`: keys that tell the outcome are asked for
    /// successes.
    pub fn task_question(&self, mode: RetrievalMode, task: &str) -> String {
        if self.key(mode) == KeyKind::TaskAndOutcome {
            with_outcome(task, true)
        } else {
            task.to_owned()
        }
    }

    /// What an agent asks in the situation `so_far` under `mode`.
    pub fn question(&self, mode: RetrievalMode, so_far: &Trajectory) -> String {
        match self.question_kind(mode) {
            QuestionKind::Task => self.task_question(mode, &so_far.task_key()),
            QuestionKind::SoFar => so_far.trajectory_key(),
            QuestionKind::LastObservations => so_far.last_observations(NUM_LAST_OBSERVATIONS),
        }
    }
}

/// Observations in a question of the kind [`QuestionKind::LastObservations`].
const NUM_LAST_OBSERVATIONS: usize = 3;

/// A task with an outcome, as text for a key.
pub(crate) fn with_outcome(task_key: &str, success: bool) -> String {
    let outcome = if success { "success" } else { "failure" };
    format!("{task_key}\nOutcome: {outcome}")
}

/// What of an experience is compared with a question.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// The task in words.
    #[default]
    Task,
    /// The whole trajectory as text.
    Whole,
    /// The task and how it ended.
    TaskAndOutcome,
    /// Every few steps in a row: the best stretch counts.
    Window,
}

impl KeyKind {
    /// Every choice, for forms.
    pub const ALL: [Self; 4] = [Self::Task, Self::Whole, Self::TaskAndOutcome, Self::Window];

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Whole => "whole episode",
            Self::TaskAndOutcome => "task and outcome",
            Self::Window => "stretches of steps",
        }
    }

    /// What the choice does, in a sentence.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Task => "Compares what was to be done",
            Self::Whole => "Compares everything that was seen and done",
            Self::TaskAndOutcome => "Compares what was to be done and whether it worked",
            Self::Window => "Compares short stretches of an episode and takes the best one",
        }
    }
}

/// What an agent asks with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// The task in words.
    #[default]
    Task,
    /// Everything seen and done so far.
    SoFar,
    /// The last few observations.
    LastObservations,
}

impl QuestionKind {
    /// Every choice, for forms.
    pub const ALL: [Self; 3] = [Self::Task, Self::SoFar, Self::LastObservations];

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::SoFar => "episode so far",
            Self::LastObservations => "last observations",
        }
    }

    /// What the choice does, in a sentence.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Task => "Asks with what is to be done",
            Self::SoFar => "Asks with everything that happened in the episode so far",
            Self::LastObservations => "Asks with the last three observations",
        }
    }
}

/// How experiences are searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchKind {
    /// By the dot product of embeddings.
    #[default]
    Meaning,
    /// By words, weighted by how rare they are (BM25; Robertson, Zaragoza 2009).
    Words,
    /// Both lists, merged by reciprocal rank (Cormack, Clarke, Büttcher 2009).
    Both,
}

impl SearchKind {
    /// Every choice, for forms.
    pub const ALL: [Self; 3] = [Self::Meaning, Self::Words, Self::Both];

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Meaning => "by meaning",
            Self::Words => "by words",
            Self::Both => "by meaning and words",
        }
    }

    /// What the choice does, in a sentence.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Meaning => "Finds episodes that mean something similar",
            Self::Words => "Finds episodes that share rare words with the question",
            Self::Both => "Merges both lists; what stands high in either comes first",
        }
    }
}

/// Why these experiences were retrieved and not others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// What was retrieved, best first.
    pub hits: Vec<Hit>,
    /// The best of what was not, best first.
    pub dropped: Vec<DroppedExperience>,
    /// How many experiences each reason keeps out of this question, over the whole bank.
    pub kept_out: Vec<(DropReason, u64)>,
    /// Experiences in the bank.
    pub num_experiences: u64,
}

/// An experience that scored well and was not retrieved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DroppedExperience {
    /// Which.
    pub id: ExperienceId,
    /// The task in words.
    pub goal: String,
    /// The task type.
    pub task_type: String,
    /// Whether it succeeded.
    pub success: bool,
    /// Its score.
    pub score: f32,
    /// Its place by score, 0 for the best.
    pub rank: u32,
    /// Tokens it would have cost, estimated.
    pub num_tokens: u32,
    /// What kept it out.
    pub reason: DropReason,
}

/// What kept an experience out of the memories.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// Somebody marked it never to be used.
    NeverUse,
    /// It ended the wrong way.
    Outcome,
    /// It is of a task type that may not be retrieved.
    TaskType,
    /// It was played in another world.
    Environment,
    /// It does not mention the text asked for.
    Text,
    /// It is not in the chosen share of the bank.
    Share,
    /// It is the same game, the same episode or its twin.
    Guard,
    /// Its score is below the threshold.
    Score,
    /// It says too little that the chosen ones do not say.
    Diversity,
    /// It did not fit into the token budget.
    Budget,
    /// K others were better.
    #[default]
    Rank,
}

impl DropReason {
    /// The reason in a few words.
    pub fn label(self) -> &'static str {
        match self {
            Self::NeverUse => "marked never to be used",
            Self::Outcome => "ended the wrong way",
            Self::TaskType => "task type not allowed",
            Self::Environment => "another world",
            Self::Text => "does not mention the text",
            Self::Share => "not in the chosen share of the bank",
            Self::Guard => "the same game or a twin",
            Self::Score => "score below the threshold",
            Self::Diversity => "too much like a chosen one",
            Self::Budget => "did not fit into the token budget",
            Self::Rank => "others were better",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{task, trajectory};
    use crate::{EpisodeEnd, Filter, LeakGuard, RetrievalConfig};

    #[test]
    fn questions_follow_mode_and_choice() {
        let steps = [("a", "one"), ("b", "two"), ("c", "three"), ("d", "four")];
        let so_far = trajectory(task("t"), &steps, EpisodeEnd::Truncated);
        let mut selection = Selection::default();
        let ask = |selection: &Selection, mode| selection.question(mode, &so_far);
        assert_eq!(ask(&selection, RetrievalMode::Static), "do t");
        assert!(ask(&selection, RetrievalMode::Dynamic).contains("> d\nfour"));
        selection.question = Some(QuestionKind::LastObservations);
        assert_eq!(ask(&selection, RetrievalMode::Static), "two\nthree\nfour");
        selection.question = Some(QuestionKind::Task);
        selection.key = Some(KeyKind::TaskAndOutcome);
        assert_eq!(
            ask(&selection, RetrievalMode::Dynamic),
            "do t\nOutcome: success"
        );
    }

    #[test]
    fn the_type_that_is_played_can_be_left_out() {
        let so_far = trajectory(task("t"), &[], EpisodeEnd::Truncated);
        let mut config = RetrievalConfig::default();
        config.selection.other_types = true;
        let query = config.query(&so_far, Filter::default(), LeakGuard::default());
        assert_eq!(query.filter.without_types, ["pick"]);
        assert!(!query.filter.accepts(&so_far));
    }
}
