//! Identifiers: strings with a type, so that a task cannot be mistaken for a trajectory.

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        /// As quoted text, so that messages can name it with `{:?}`.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.0, f)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    )*};
}

ids! {
    /// Names one [`crate::Task`] within its world.
    TaskId,
    /// Names one [`crate::Trajectory`] by its content.
    TrajectoryId,
    /// Names one [`crate::Experience`] of a bank; equal to the identifier of its trajectory.
    ExperienceId,
    /// Names one experience bank.
    BankId,
    /// Names one data set.
    DatasetId,
    /// Names one base model or embedder in the model folder.
    ModelId,
    /// Names one trained adapter.
    AdapterId,
    /// Names one experiment.
    ExperimentId,
    /// Names one job.
    JobId,
    /// Names one cluster that does jobs.
    ClusterId,
}
