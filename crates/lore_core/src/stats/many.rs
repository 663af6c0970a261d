//! Many comparisons at once.

/// Probabilities corrected for their number (Holm 1979), in the order given: the chance that *any* of
/// them falls below a threshold by luck stays below that threshold.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut largest = 0.0f64;
    for (rank, index) in order.into_iter().enumerate() {
        let remaining = (p_values.len() - rank) as f64;
        largest = largest.max((remaining * p_values[index]).min(1.0));
        corrected[index] = largest;
    }
    corrected
}
