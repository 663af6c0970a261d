//! Metrics over time, thinned to the width of a plot.

use std::collections::BTreeMap;

use lore_protocol::{JobEvent, JobLine, MetricPoint};

/// The points of one metric by step. A resumed job says some steps again; the later word counts.
pub(crate) fn points(lines: &[JobLine], wanted: &str) -> Vec<MetricPoint> {
    let mut by_step = BTreeMap::new();
    for line in lines {
        if let JobEvent::Metric { name, step, value } = &line.event
            && name == wanted
        {
            by_step.insert(*step, *value);
        }
    }
    by_step
        .into_iter()
        .map(|(step, value)| MetricPoint { step, value })
        .collect()
}

/// At most `width` points (but never fewer than two): the lowest and the highest of each bucket, so
/// that no spike is lost.
pub(crate) fn thin(points: Vec<MetricPoint>, width: usize) -> Vec<MetricPoint> {
    let width = width.max(2);
    if points.len() <= width {
        return points;
    }
    let buckets = width / 2;
    let mut thinned = Vec::with_capacity(width);
    for bucket in 0..buckets {
        let from = bucket * points.len() / buckets;
        let to = (bucket + 1) * points.len() / buckets;
        let Some((low, high)) = extremes(&points[from..to]) else {
            continue;
        };
        let (first, second) = (low.min(high), low.max(high));
        thinned.push(points[from + first]);
        if second != first {
            thinned.push(points[from + second]);
        }
    }
    thinned
}

/// Where the lowest and the highest value stand.
fn extremes(points: &[MetricPoint]) -> Option<(usize, usize)> {
    let by_value =
        |a: &(usize, &MetricPoint), b: &(usize, &MetricPoint)| a.1.value.total_cmp(&b.1.value);
    let low = points.iter().enumerate().min_by(by_value)?.0;
    let high = points.iter().enumerate().max_by(by_value)?.0;
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_survive_thinning() {
        let points: Vec<MetricPoint> = (0..10_000u64)
            .map(|step| MetricPoint {
                step,
                value: if step == 4321 {
                    100.0
                } else {
                    (step as f64).sin()
                },
            })
            .collect();
        let thinned = thin(points, 200);
        assert!(thinned.len() <= 200);
        assert!(thinned.iter().any(|point| point.step == 4321));
        assert!(thinned.is_sorted_by_key(|point| point.step));
    }

    #[test]
    fn few_points_stay_as_they_are() {
        let points = vec![MetricPoint::default(); 5];
        assert_eq!(thin(points.clone(), 5), points);
        assert_eq!(thin(points, 0).len(), 2, "a line needs two ends");
    }

    #[test]
    fn the_later_word_counts() {
        let line = |seq, step, value| JobLine {
            seq,
            ms: 0,
            event: JobEvent::Metric {
                name: "train/loss".into(),
                step,
                value,
            },
        };
        let lines = [line(1, 1, 3.0), line(2, 2, 2.0), line(3, 2, 2.5)];
        let steps: Vec<(u64, f64)> = points(&lines, "train/loss")
            .into_iter()
            .map(|point| (point.step, point.value))
            .collect();
        assert_eq!(steps, [(1, 3.0), (2, 2.5)]);
    }
}
