//! Conditions on rows, as the SQL that LanceDB filters by.

use std::fmt::Display;

use lore_core::{DropReason, Filter, LeakGuard, OutcomeFilter, TrajectoryFilter};

use crate::schema::column;

/// Conditions that all have to hold, each with what it means for a row not to meet it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions(Vec<(DropReason, String)>);

impl Conditions {
    /// What retrieval may return: the filter, the guard, and nothing that is marked never to be used.
    pub(crate) fn of_query(filter: &Filter, guard: &LeakGuard) -> Self {
        let mut conditions = Self::default();
        conditions.push(
            DropReason::NeverUse,
            format!("{} = false", column::NEVER_USE),
        );
        match filter.outcome {
            OutcomeFilter::All | OutcomeFilter::Balanced => {}
            OutcomeFilter::Successes => conditions.success(true),
            OutcomeFilter::Failures => conditions.success(false),
        }
        conditions.among(DropReason::TaskType, column::TASK_TYPE, &filter.task_types);
        conditions.none_of(column::TASK_TYPE, &filter.without_types);
        conditions.among(
            DropReason::Environment,
            column::ENVIRONMENT,
            &filter.environments,
        );
        conditions.mentions(&filter.text);
        if let Some(limit) = filter.hash_limit() {
            let condition = format!("{} < {}", column::TEXT_HASH, literal(limit));
            conditions.push(DropReason::Share, condition);
        }
        conditions.differs(column::ID, guard.trajectory.as_ref());
        conditions.differs(column::TASK_ID, guard.task.as_ref());
        conditions.differs(column::TEXT_HASH, guard.text_hash.as_ref());
        conditions
    }

    /// What a list shows. A bank knows no seen and unseen types: see [`crate::BankRowFilter`].
    pub(crate) fn of_list(filter: &TrajectoryFilter) -> Self {
        let mut conditions = Self::default();
        if let Some(success) = filter.success {
            conditions.success(success);
        }
        conditions.among(DropReason::TaskType, column::TASK_TYPE, &filter.task_types);
        conditions.among(DropReason::Rank, column::SOURCE, &filter.arms);
        if let Some(least) = filter.min_steps {
            conditions.push(
                DropReason::Rank,
                format!("{} >= {least}", column::NUM_STEPS),
            );
        }
        if let Some(most) = filter.max_steps {
            conditions.push(DropReason::Rank, format!("{} <= {most}", column::NUM_STEPS));
        }
        conditions.mentions(&filter.text);
        conditions
    }

    /// The column holds none of `values`.
    pub(crate) fn none_of(&mut self, column: &str, values: &[impl AsRef<str>]) {
        if !values.is_empty() {
            let condition = format!("NOT ({})", is_among(column, values));
            self.push(DropReason::TaskType, condition);
        }
    }

    /// The outcome is `success`.
    pub(crate) fn success(&mut self, success: bool) {
        let condition = format!("{} = {success}", column::SUCCESS);
        self.push(DropReason::Outcome, condition);
    }

    /// The identifier is one of `ids`.
    pub(crate) fn ids(&mut self, ids: &[impl AsRef<str>]) {
        self.among(DropReason::Rank, column::ID, ids);
    }

    /// Leaves out what would mean this.
    pub(crate) fn forget(&mut self, reason: DropReason) {
        self.0.retain(|(of, _)| *of != reason);
    }

    /// Each condition with what it means not to meet it.
    pub(crate) fn each(&self) -> impl Iterator<Item = (DropReason, &str)> {
        let Self(conditions) = self;
        conditions
            .iter()
            .map(|(reason, sql)| (*reason, sql.as_str()))
    }

    /// All conditions as one, or `None` when everything matches.
    pub(crate) fn into_sql(self) -> Option<String> {
        let all: Vec<String> = self.0.into_iter().map(|(_, sql)| sql).collect();
        (!all.is_empty()).then(|| all.join(" AND "))
    }

    /// The column holds one of `values`; any value will do when there are none.
    fn among(&mut self, reason: DropReason, column: &str, values: &[impl AsRef<str>]) {
        if !values.is_empty() {
            self.push(reason, is_among(column, values));
        }
    }

    fn mentions(&mut self, text: &str) {
        if !text.is_empty() {
            let needle = literal(text.to_lowercase());
            let condition = format!("contains({}, {needle})", column::TEXT);
            self.push(DropReason::Text, condition);
        }
    }

    fn differs(&mut self, column: &str, value: Option<&impl Display>) {
        if let Some(value) = value {
            self.push(DropReason::Guard, format!("{column} != {}", literal(value)));
        }
    }

    fn push(&mut self, reason: DropReason, condition: String) {
        self.0.push((reason, condition));
    }
}

/// The column holds one of `values`, which must not be empty.
pub(crate) fn is_among(column: &str, values: &[impl AsRef<str>]) -> String {
    let values: Vec<String> = values.iter().map(|value| literal(value.as_ref())).collect();
    format!("{column} IN ({})", values.join(", "))
}

/// A text in SQL. Inside quotes only the quote itself is special.
pub(crate) fn literal(text: impl Display) -> String {
    format!("'{}'", text.to_string().replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::TaskId;

    #[test]
    fn quotes_stay_inside_their_text() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(
            is_among("id", &["a", "' OR 1=1"]),
            "id IN ('a', ''' OR 1=1')"
        );
    }

    #[test]
    fn every_condition_is_joined() {
        let filter = Filter {
            outcome: OutcomeFilter::Successes,
            text: "Mug".into(),
            ..Filter::default()
        };
        let guard = LeakGuard {
            task: Some(TaskId::from("t1")),
            ..LeakGuard::default()
        };
        assert_eq!(
            Conditions::of_query(&filter, &guard).into_sql().unwrap(),
            "never_use = false AND success = true AND contains(text, 'mug') AND task_id != 't1'"
        );
        let long = TrajectoryFilter {
            min_steps: Some(3),
            max_steps: Some(9),
            ..TrajectoryFilter::default()
        };
        assert_eq!(
            Conditions::of_list(&long).into_sql().unwrap(),
            "num_steps >= 3 AND num_steps <= 9"
        );
        assert!(
            Conditions::of_list(&TrajectoryFilter::default())
                .into_sql()
                .is_none()
        );
    }
}
