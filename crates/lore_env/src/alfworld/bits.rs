//! Sets of small numbers as bits: the state of a game is a handful of these.

/// A table of bits with a fixed number of rows and columns, all zero at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BitTable {
    words_per_row: usize,
    words: Vec<u64>,
}

impl BitTable {
    /// A table of `rows` × `columns` zeros.
    pub(super) fn new(rows: usize, columns: usize) -> Self {
        let words_per_row = columns.div_ceil(64);
        Self {
            words_per_row,
            words: vec![0; rows * words_per_row],
        }
    }

    /// Reads one bit.
    pub(super) fn get(&self, row: usize, column: usize) -> bool {
        self.words[row * self.words_per_row + column / 64] >> (column % 64) & 1 == 1
    }

    /// Writes one bit.
    pub(super) fn set(&mut self, row: usize, column: usize, value: bool) {
        let word = &mut self.words[row * self.words_per_row + column / 64];
        let bit = 1 << (column % 64);
        if value {
            *word |= bit;
        } else {
            *word &= !bit;
        }
    }

    /// The columns that are set in a row, in rising order.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = usize> {
        let start = row * self.words_per_row;
        self.words[start..start + self.words_per_row]
            .iter()
            .enumerate()
            .flat_map(|(index, &word)| {
                let mut left = word;
                std::iter::from_fn(move || {
                    (left != 0).then(|| {
                        let bit = left.trailing_zeros() as usize;
                        left &= left - 1;
                        index * 64 + bit
                    })
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_lists_what_was_set_in_rising_order() {
        let mut table = BitTable::new(2, 130);
        for column in [129, 0, 64, 5] {
            table.set(1, column, true);
        }
        table.set(1, 5, false);
        assert_eq!(table.row(1).collect::<Vec<_>>(), [0, 64, 129]);
        assert_eq!(table.row(0).count(), 0);
        assert!(table.get(1, 64) && !table.get(0, 64));
    }
}
