//! From a metric to what is drawn. Pure.

use std::cmp::Ordering::Equal;

use lore_protocol::MetricPoint;

/// How a curve is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    /// Weight of what came before, from 0 to below 1.
    pub(super) smoothing: f64,
    /// Logarithmic values.
    pub(super) log: bool,
    /// The axis leaves out the outermost values.
    pub(super) clip: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            smoothing: 0.6,
            log: false,
            clip: false,
        }
    }
}

/// What is drawn of a metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Curve {
    /// The points as they are.
    pub(super) raw: Vec<[f64; 2]>,
    /// The points smoothed.
    pub(super) smooth: Vec<[f64; 2]>,
    /// The last value as it is.
    pub(super) last: Option<f64>,
}

/// A metric as a curve. Values that have no logarithm are left out on a logarithmic axis.
pub(super) fn curve(points: &[MetricPoint], look: Look) -> Curve {
    let raw: Vec<[f64; 2]> = points
        .iter()
        .filter_map(|point| Some([point.step as f64, scaled(point.value, look.log)?]))
        .collect();
    Curve {
        smooth: thinned(smoothed(&raw, look.smoothing)),
        raw: thinned(raw),
        last: points.last().map(|point| point.value),
    }
}

/// Points that are painted of a curve at most: more than a plot has columns of pixels.
const MAX_PAINTED: usize = 2000;

/// Of each stretch only the lowest and the highest point, in order, so that no spike is lost.
fn thinned(points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    if points.len() <= MAX_PAINTED {
        return points;
    }
    let stretch = points.len().div_ceil(MAX_PAINTED / 2);
    let ends = points.chunks(stretch).flat_map(|stretch| {
        let by_value = |a: &&[f64; 2], b: &&[f64; 2]| a[1].total_cmp(&b[1]);
        let mut ends = [
            stretch.iter().min_by(by_value).copied(),
            stretch.iter().max_by(by_value).copied(),
        ];
        ends.sort_by(|a, b| {
            a.map(|it| it[0])
                .partial_cmp(&b.map(|it| it[0]))
                .unwrap_or(Equal)
        });
        ends.into_iter().flatten()
    });
    ends.collect()
}

fn scaled(value: f64, log: bool) -> Option<f64> {
    let value = if log { value.log10() } else { value };
    value.is_finite().then_some(value)
}

/// Exponential moving average without the pull of its start, as in Adam (Kingma & Ba 2015,
/// section 3).
fn smoothed(points: &[[f64; 2]], weight: f64) -> Vec<[f64; 2]> {
    let (mut sum, mut norm) = (0.0, 0.0);
    points
        .iter()
        .map(|[x, y]| {
            sum = weight * sum + (1.0 - weight) * y;
            norm = weight * norm + (1.0 - weight);
            [*x, sum / norm]
        })
        .collect()
}

/// What the axis should show of the values: all, or all but the outermost twentieth at each end.
pub(super) fn bounds<'a>(
    curves: impl Iterator<Item = &'a Curve>,
    look: Look,
) -> Option<(f64, f64)> {
    let mut values: Vec<f64> = curves
        .flat_map(|curve| if look.clip { &curve.smooth } else { &curve.raw })
        .map(|[_, y]| *y)
        .collect();
    values.sort_by(f64::total_cmp);
    let skip = if look.clip { values.len() / 20 } else { 0 };
    let low = *values.get(skip)?;
    let high = *values.get(values.len() - 1 - skip)?;
    let size = high.abs().max(low.abs());
    // Around a constant, an axis fitted to the rounding errors would show mountains.
    let room = if high - low > size * 1e-3 {
        (high - low) * 0.05
    } else {
        size * 0.5
    };
    Some((low - room, high + room))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[f64]) -> Vec<MetricPoint> {
        (1..)
            .zip(values)
            .map(|(step, value)| MetricPoint {
                step,
                value: *value,
            })
            .collect()
    }

    fn ys(points: &[[f64; 2]]) -> Vec<f64> {
        points.iter().map(|[_, y]| *y).collect()
    }

    #[test]
    fn smoothing_keeps_a_constant_and_starts_at_the_first_value() {
        let look = Look {
            smoothing: 0.9,
            ..Look::default()
        };
        let flat = curve(&points(&[3.0, 3.0, 3.0]), look);
        assert!(ys(&flat.smooth).iter().all(|y| (y - 3.0).abs() < 1e-12));
        let step = curve(&points(&[1.0, 2.0]), look);
        assert!((step.smooth[0][1] - 1.0).abs() < 1e-12);
        assert!(step.smooth[1][1] < 2.0, "it follows with a delay");
    }

    #[test]
    fn thinning_keeps_spikes_and_order() {
        let mut values = vec![1.0; 50_000];
        values[31_337] = 9.0;
        let look = Look {
            smoothing: 0.0,
            ..Look::default()
        };
        let curve = curve(&points(&values), look);
        assert!(curve.raw.len() <= MAX_PAINTED);
        assert!(curve.raw.contains(&[31_338.0, 9.0]));
        assert!(curve.raw.is_sorted_by(|a, b| a[0] <= b[0]));
    }

    #[test]
    fn what_has_no_logarithm_is_left_out() {
        let look = Look {
            log: true,
            smoothing: 0.0,
            clip: false,
        };
        let curve = curve(&points(&[100.0, 0.0, 1.0]), look);
        assert_eq!(ys(&curve.raw), [2.0, 0.0]);
        assert_eq!(curve.last, Some(1.0));
    }

    #[test]
    fn clipping_leaves_out_a_spike() {
        let mut values = vec![1.0; 40];
        values[0] = 1000.0;
        let look = Look {
            smoothing: 0.0,
            log: false,
            clip: true,
        };
        let with_spike = curve(&points(&values), look);
        let top = |look| bounds([&with_spike].into_iter(), look).unwrap().1;
        assert!(top(look) < 2.0);
        let all = Look {
            clip: false,
            ..look
        };
        assert!(top(all) > 1000.0);
    }
}
