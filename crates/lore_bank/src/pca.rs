//! The two directions in which vectors differ most: principal components by power iteration with
//! deflation (Hotelling 1933), from a fixed start, so that equal banks have equal maps.

/// Rounds of power iteration at most.
const MAX_ROUNDS: usize = 50;

/// A round that turns the direction less than this ends it.
const TOLERANCE: f64 = 1e-6;

/// The mean of vectors and the directions of their largest variance.
pub(crate) struct Pca {
    mean: Vec<f64>,
    axes: Vec<Vec<f64>>,
}

impl Pca {
    /// Fits `num_axes` directions to `vectors`, all of the same length.
    pub(crate) fn fit(vectors: &[&[f32]], num_axes: usize) -> Self {
        let dim = vectors.first().map_or(0, |vector| vector.len());
        let mut mean = vec![0.0; dim];
        for vector in vectors {
            for (sum, x) in mean.iter_mut().zip(*vector) {
                *sum += f64::from(*x);
            }
        }
        for sum in &mut mean {
            *sum /= vectors.len().max(1) as f64;
        }
        let centred: Vec<Vec<f64>> = vectors.iter().map(|vector| centre(vector, &mean)).collect();
        let mut axes: Vec<Vec<f64>> = Vec::new();
        for _ in 0..num_axes {
            let axis = leading_axis(&centred, dim, &axes);
            axes.push(axis);
        }
        Self { mean, axes }
    }

    /// Where `vector` stands on each axis.
    pub(crate) fn project(&self, vector: &[f32]) -> Vec<f64> {
        let centred = centre(vector, &self.mean);
        self.axes.iter().map(|axis| dot(axis, &centred)).collect()
    }
}

/// The direction of the largest variance that is orthogonal to `found`; zero when nothing varies.
fn leading_axis(centred: &[Vec<f64>], dim: usize, found: &[Vec<f64>]) -> Vec<f64> {
    // Any start that is not orthogonal to the answer will do; unequal numbers hardly ever are.
    let mut axis: Vec<f64> = (0..dim).map(|i| 1.0 / (1.0 + i as f64)).collect();
    orthonormalise(&mut axis, found);
    for _ in 0..MAX_ROUNDS {
        let mut next = vec![0.0; dim];
        for row in centred {
            let weight = dot(row, &axis);
            for (sum, x) in next.iter_mut().zip(row) {
                *sum += weight * x;
            }
        }
        if !orthonormalise(&mut next, found) {
            return vec![0.0; dim];
        }
        let turned = 1.0 - dot(&axis, &next).abs();
        axis = next;
        if turned < TOLERANCE {
            break;
        }
    }
    // A direction has no sign; the largest component is made positive.
    let largest = axis
        .iter()
        .copied()
        .max_by(|a, b| a.abs().total_cmp(&b.abs()));
    if largest.is_some_and(|x| x < 0.0) {
        for x in &mut axis {
            *x = -*x;
        }
    }
    axis
}

/// Takes the directions in `found` out and scales to unit length; false when nothing is left.
fn orthonormalise(axis: &mut [f64], found: &[Vec<f64>]) -> bool {
    for other in found {
        let shared = dot(axis, other);
        for (x, y) in axis.iter_mut().zip(other) {
            *x -= shared * y;
        }
    }
    let length = dot(axis, axis).sqrt();
    if length < 1e-12 {
        return false;
    }
    for x in axis {
        *x /= length;
    }
    true
}

fn centre(vector: &[f32], mean: &[f64]) -> Vec<f64> {
    let pairs = vector.iter().zip(mean);
    pairs.map(|(x, mean)| f64::from(*x) - mean).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_follow_the_variance() {
        // An ellipse ten times as long as wide, turned by 45 degrees, in three dimensions.
        let points: Vec<[f32; 3]> = (0..64)
            .map(|i| {
                let angle = f64::from(i) / 64.0 * std::f64::consts::TAU;
                let (long, short) = (10.0 * angle.cos(), angle.sin());
                [(long - short) as f32, (long + short) as f32, 7.0]
            })
            .collect();
        let vectors: Vec<&[f32]> = points.iter().map(<[f32; 3]>::as_slice).collect();
        let pca = Pca::fit(&vectors, 2);
        let half = std::f64::consts::FRAC_1_SQRT_2;
        for (x, expected) in pca.axes[0].iter().zip([half, half, 0.0]) {
            assert!((x - expected).abs() < 1e-3, "{:?}", pca.axes[0]);
        }
        assert!(dot(&pca.axes[0], &pca.axes[1]).abs() < 1e-9, "orthogonal");
        assert!(
            (dot(&pca.axes[1], &pca.axes[1]) - 1.0).abs() < 1e-9,
            "unit length"
        );
        let again = Pca::fit(&vectors, 2);
        assert_eq!(pca.axes, again.axes, "deterministic");
    }

    #[test]
    fn degenerate_inputs_give_points_not_panics() {
        let same: [&[f32]; 3] = [&[1.0, 2.0]; 3];
        assert_eq!(Pca::fit(&same, 2).project(same[0]), [0.0, 0.0]);
        let none: [&[f32]; 0] = [];
        assert_eq!(Pca::fit(&none, 2).project(&[]), [0.0, 0.0]);
        let line: [&[f32]; 2] = [&[1.0], &[2.0]];
        assert!(Pca::fit(&line, 2).project(&[2.0])[1].abs() < 1e-6);
    }
}
