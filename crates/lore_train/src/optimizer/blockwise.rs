//! Numbers in eight bits each, for the optimiser's moments (Dettmers et al. 2022, section 2).
//!
//! Every block of 256 numbers is divided by its largest magnitude, and each quotient is rounded to the
//! nearest of 256 values that lie close together near zero: *dynamic tree* quantisation, relative
//! precision over seven powers of ten. Source of the values: bitsandbytes' `create_dynamic_map`.

use std::sync::LazyLock;

/// Numbers that share a scale.
pub(crate) const BLOCK: usize = 256;

/// Powers of ten that the values span.
const DECADES: i32 = 7;

/// 256 values in rising order.
#[derive(Debug)]
pub(crate) struct DynamicMap {
    values: Vec<f32>,
    /// Halfway between neighbours.
    borders: Vec<f32>,
}

/// From -1 to 1: for the running mean.
pub(crate) static SIGNED: LazyLock<DynamicMap> = LazyLock::new(|| DynamicMap::new(true));

/// From 0 to 1: for the running mean of squares.
pub(crate) static UNSIGNED: LazyLock<DynamicMap> = LazyLock::new(|| DynamicMap::new(false));

impl DynamicMap {
    /// The decade below 10⁻ⁱ is cut into half as many steps as the one above it.
    fn new(is_signed: bool) -> Self {
        let mut values = vec![0.0, 1.0];
        for decade in 0..DECADES {
            let num_steps = if is_signed { 1 } else { 2 } << decade;
            let unit = 10f64.powi(decade + 1 - DECADES);
            for step in 0..num_steps {
                let middle = 0.1 + 0.9 * (f64::from(step) + 0.5) / f64::from(num_steps);
                values.push((unit * middle) as f32);
                if is_signed {
                    values.push((-unit * middle) as f32);
                }
            }
        }
        values.sort_by(f32::total_cmp);
        let neighbours = values.windows(2);
        Self {
            borders: neighbours
                .map(|pair| f32::midpoint(pair[0], pair[1]))
                .collect(),
            values,
        }
    }

    /// The nearest value's code.
    fn code(&self, value: f32) -> u8 {
        let code = self.borders.partition_point(|border| *border < value);
        // A square that is not zero is never rounded to zero: its root divides.
        let lowest = usize::from(value > 0.0 && self.values[0] >= 0.0);
        code.max(lowest) as u8
    }
}

/// Numbers in eight bits each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Blockwise {
    /// One for each number.
    pub(crate) codes: Vec<u8>,
    /// The largest magnitude of each block.
    pub(crate) scales: Vec<f32>,
}

impl Blockwise {
    /// `len` zeros.
    pub(crate) fn zeros(len: usize, map: &DynamicMap) -> Self {
        Self {
            codes: vec![map.code(0.0); len],
            scales: vec![0.0; len.div_ceil(BLOCK)],
        }
    }

    /// The numbers of a block; how many there are, and the numbers in front.
    pub(crate) fn read(&self, block: usize, map: &DynamicMap) -> ([f32; BLOCK], usize) {
        let start = block * BLOCK;
        let codes = &self.codes[start..(start + BLOCK).min(self.codes.len())];
        let mut numbers = [0.0; BLOCK];
        for (number, code) in numbers.iter_mut().zip(codes) {
            *number = map.values[usize::from(*code)] * self.scales[block];
        }
        (numbers, codes.len())
    }

    /// Rounds the numbers of a block.
    pub(crate) fn write(&mut self, block: usize, numbers: &[f32], map: &DynamicMap) {
        let largest = numbers
            .iter()
            .fold(0.0f32, |max, number| max.max(number.abs()));
        self.scales[block] = largest;
        let divisor = if largest > 0.0 { largest } else { 1.0 };
        let start = block * BLOCK;
        for (code, number) in self.codes[start..].iter_mut().zip(numbers) {
            *code = map.code(number / divisor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// See `tests/reference/dynamic_map.py`.
    #[test]
    fn the_values_are_those_of_bitsandbytes() {
        const PLACES: [usize; 9] = [0, 1, 2, 64, 127, 128, 129, 200, 255];
        for (map, expected) in [(&SIGNED, SIGNED_VALUES), (&UNSIGNED, UNSIGNED_VALUES)] {
            assert_eq!(map.values.len(), 256);
            for (place, expected) in PLACES.into_iter().zip(expected) {
                let value = map.values[place];
                assert!(
                    (value - expected).abs() <= 1e-6 * expected.abs(),
                    "{place}: {value} {expected}"
                );
            }
        }
    }

    #[test]
    fn large_and_small_numbers_of_a_block_keep_their_size() {
        let numbers: Vec<f32> = (0..600)
            .map(|i| (i as f32 * 0.37).sin() * 10f32.powi(-(i % 5)))
            .collect();
        let mut stored = Blockwise::zeros(numbers.len(), &SIGNED);
        for (block, numbers) in numbers.chunks(BLOCK).enumerate() {
            stored.write(block, numbers, &SIGNED);
        }
        for (block, numbers) in numbers.chunks(BLOCK).enumerate() {
            let (found, len) = stored.read(block, &SIGNED);
            assert_eq!(len, numbers.len());
            for (found, number) in found.iter().zip(numbers) {
                // The uppermost decade has 64 steps, each below it half as many.
                let share = (number / stored.scales[block]).abs();
                let decade = (-share.log10()).floor().clamp(0.0, 6.0);
                let step = 0.9 * 10f32.powf(-decade) / 2f32.powf(6.0 - decade);
                assert!(
                    (found - number).abs() <= step * stored.scales[block],
                    "{found} {number}"
                );
            }
        }
    }

    #[test]
    fn squares_do_not_vanish_and_zeros_stay() {
        let mut stored = Blockwise::zeros(3, &UNSIGNED);
        assert_eq!(stored.read(0, &UNSIGNED).0[..3], [0.0; 3]);
        stored.write(0, &[0.0, 1e-12, 2.0], &UNSIGNED);
        let (found, _) = stored.read(0, &UNSIGNED);
        assert_eq!((found[0], found[2]), (0.0, 2.0));
        assert!(found[1] > 0.0);
    }

    const SIGNED_VALUES: [f32; 9] = [
        -0.992_968_8,
        -0.978_906_3,
        -0.964_843_8,
        -0.098_593_75,
        0.0,
        5.5e-7,
        3.25e-6,
        0.233_593_75,
        1.0,
    ];
    const UNSIGNED_VALUES: [f32; 9] = [
        0.0,
        3.25e-7,
        7.75e-7,
        0.012_109_375,
        0.103_515_625,
        0.110_546_87,
        0.117_578_13,
        0.616_796_9,
        1.0,
    ];
}
