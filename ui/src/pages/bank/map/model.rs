//! Kinds of task among the points. Pure.

use lore_core::MapPoint;

/// Which kind of task each point is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Groups {
    /// The kinds, in alphabetical order.
    pub(super) names: Vec<String>,
    /// How many points each kind has.
    pub(super) counts: Vec<usize>,
    /// For each point the number of its kind.
    pub(super) of_point: Vec<usize>,
}

impl Groups {
    /// Sorts points by kind.
    pub(super) fn of(points: &[MapPoint]) -> Self {
        let mut names: Vec<String> = points.iter().map(|point| point.task_type.clone()).collect();
        names.sort();
        names.dedup();
        let mut counts = vec![0; names.len()];
        let of_point = points
            .iter()
            .map(|point| {
                let index = names
                    .binary_search(&point.task_type)
                    .expect("names were made from these points");
                counts[index] += 1;
                index
            })
            .collect();
        Self {
            names,
            counts,
            of_point,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_has_its_kind() {
        let point = |task_type: &str| MapPoint {
            task_type: task_type.into(),
            ..MapPoint::default()
        };
        let groups = Groups::of(&[point("heat"), point("cool"), point("heat")]);
        assert_eq!(groups.names, ["cool", "heat"]);
        assert_eq!(groups.of_point, [1, 0, 1]);
        assert_eq!(groups.counts, [1, 2]);
    }
}
