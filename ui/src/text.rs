//! Words that occur in several places, each with the sentence that explains it on hover.

/// A word of the trade and what it means.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Term {
    /// The word.
    pub(crate) word: &'static str,
    /// What it means, in one or two sentences.
    pub(crate) meaning: &'static str,
}

macro_rules! terms {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $meaning:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) const $name: Term = Term { word: $word, meaning: $meaning };
    )*};
}

terms! {
    /// See its meaning.
    TRAJECTORY = "Trajectory", "The record of one episode: what the agent saw, what it did, and how it ended";
    /// See its meaning.
    EPISODE = "Episode", "One attempt at one task, from the first observation to success or giving up";
    /// See its meaning.
    TASK_TYPE = "Task type", "The family a task belongs to, such as heating something and putting it somewhere";
    /// See its meaning.
    SEEN_TYPES = "Seen types", "Task types that training may use. Results on them show what was learned by heart or by practice";
    /// See its meaning.
    UNSEEN_TYPES = "Unseen types", "Task types that training never uses. Results on them show whether something general was learned";
    /// See its meaning.
    SPLIT_HASH = "Split", "A fingerprint of the seen and unseen choice. Two results can be compared when their splits agree";
    /// See its meaning.
    CONTENT_HASH = "Content", "A fingerprint of everything in the data set. It changes when one letter changes";
    /// See its meaning.
    EXPERIENCE = "Experience", "A past episode kept so that an agent can be reminded of it";
    /// See its meaning.
    EMBEDDER = "Embedder", "A small model that turns a text into numbers, so that similar texts get similar numbers";
    /// See its meaning.
    SIMILARITY = "Similarity", "How alike the task and the remembered task are, from 0 for unrelated to 1 for the same";
    /// See its meaning.
    OUTCOME = "Outcome", "Whether the episode reached its goal";
    /// See its meaning.
    TOKENS = "Tokens", "Pieces of words. What a model reads and writes is counted in them";
    /// See its meaning.
    ADAPTER = "Adapter", "The small addition to a model that a training makes";
    /// See its meaning.
    CONTEXT_LENGTH = "Context", "The longest text the model can take in at once, in tokens";
    /// See its meaning.
    PARAMETERS = "Parameters", "The numbers a model is made of. More of them need more memory and time";
    /// See its meaning.
    PRECISION = "Precision", "How the parameters are stored. Fewer bits take less room and lose a little accuracy";
    /// See its meaning.
    DUPLICATES = "Duplicates", "Episodes whose text also stands elsewhere in the set";
}
