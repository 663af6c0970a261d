//! Short examples that share a pass.

/// Which examples go through the model together: in their order, each into the first pass that has room
/// for it within `budget` tokens (first fit). One that is longer goes alone.
pub(crate) fn pack(lengths: &[usize], budget: usize) -> Vec<Vec<usize>> {
    let mut passes: Vec<(usize, Vec<usize>)> = Vec::new();
    for (example, length) in lengths.iter().enumerate() {
        let room = passes.iter_mut().find(|(used, _)| used + length <= budget);
        if let Some((used, examples)) = room {
            *used += length;
            examples.push(example);
        } else {
            passes.push((*length, vec![example]));
        }
    }
    passes.into_iter().map(|(_, examples)| examples).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_stay_within_the_budget_and_hold_everything_once() {
        let passes = pack(&[4, 7, 3, 12, 2, 1], 10);
        assert_eq!(passes, [vec![0, 2, 4, 5], vec![1], vec![3]]);
        assert!(pack(&[], 10).is_empty());
    }
}
