//! Weights in the small formats of files, arranged for the vector unit.
//!
//! Decoding reads every weight once a token and waits for memory: fewer bytes a weight are more
//! tokens a second. Reading a prompt waits for the multipliers: numbers of eight bits are multiplied
//! four times as fast as f32. Both are served by one arrangement, the panel: sixteen rows side by
//! side, so that a vector holds the same place of every row and no sum crosses a vector.
//!
//! A row of a product is computed in the same order whatever rows stand beside it and however many
//! threads there are: the same activations give the same bits in every batch.

mod activations;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
mod product;

use half::f16;

pub use activations::Activations;
pub use product::Instructions;

/// Rows in a panel.
pub const PANEL: usize = 16;

/// Weights of a row that share a scale.
pub const GROUP: usize = 32;

/// Neighbouring weights of a row that lie beside each other.
const QUAD: usize = 4;

/// A quad of every row of a panel: 16 times 4 bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub struct Line([u8; QUAD * PANEL]);

/// A number of every row of a panel, sixteen bits each.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(32))]
pub struct Halves([u16; PANEL]);

/// A matrix `[rows, cols]` of packed weights in panels; rows beyond the last are zeros.
#[derive(Clone, Debug, PartialEq)]
pub struct PackedMatrix {
    rows: usize,
    cols: usize,
    format: Format,
}

/// The numbers of a packed matrix, panel after panel.
#[derive(Clone, Debug, PartialEq)]
enum Format {
    /// Whole numbers below 16 or 256, multiplied with a scale.
    Quants(Quants),
    /// The upper half of each f32; one place of all rows of a panel after the other.
    Bf16(Vec<Halves>),
}

/// `(quant - offset) · scale + shift`, with a scale and a shift for each group.
#[derive(Clone, Debug, PartialEq)]
struct Quants {
    width: Width,
    /// Four lines a group with nibbles, eight with bytes.
    lines: Vec<Line>,
    /// Half precision; one for each group.
    scales: Vec<Halves>,
    /// Half precision, where the format has them.
    shifts: Option<Vec<Halves>>,
}

/// How large a quant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    /// The low nibbles of a line are a quad of a group's first half, the high ones that of its second.
    /// Offset 8 without shifts, 0 with them.
    Nibble,
    /// Offset 128.
    Byte,
}

impl Width {
    /// Lines of a group in a panel.
    fn lines(self) -> usize {
        match self {
            Self::Nibble => GROUP / QUAD / 2,
            Self::Byte => GROUP / QUAD,
        }
    }
}

/// A group of four-bit weights as GGUF files have it: the first half in the low nibbles.
#[derive(Clone, Copy, Debug)]
pub struct NibbleGroup {
    /// Two weights each.
    pub quants: [u8; GROUP / 2],
    /// Half precision.
    pub scale: u16,
    /// Half precision.
    pub shift: u16,
}

/// A group of eight-bit weights.
#[derive(Clone, Copy, Debug)]
pub struct ByteGroup {
    /// One for each weight.
    pub quants: [i8; GROUP],
    /// Half precision.
    pub scale: u16,
}

impl PackedMatrix {
    /// Packs groups of four bits, row after row: `quant · scale + shift` with `shifted`, else
    /// `(quant - 8) · scale`.
    pub fn from_nibbles(rows: usize, cols: usize, groups: &[NibbleGroup], shifted: bool) -> Self {
        let per_row = cols / GROUP;
        assert_eq!(groups.len(), rows * per_row, "a group for {GROUP} weights");
        let per_group = Width::Nibble.lines();
        let quants = Quants {
            width: Width::Nibble,
            lines: lines(rows, per_row * per_group, |row, place| {
                let group = &groups[row * per_row + place / per_group];
                quad(&group.quants, place % per_group)
            }),
            scales: halves(rows, per_row, |row, group| {
                groups[row * per_row + group].scale
            }),
            shifts: shifted.then(|| {
                halves(rows, per_row, |row, group| {
                    groups[row * per_row + group].shift
                })
            }),
        };
        Self {
            rows,
            cols,
            format: Format::Quants(quants),
        }
    }

    /// Packs groups of eight bits, row after row.
    pub fn from_bytes(rows: usize, cols: usize, groups: &[ByteGroup]) -> Self {
        let per_row = cols / GROUP;
        assert_eq!(groups.len(), rows * per_row, "a group for {GROUP} weights");
        let per_group = Width::Byte.lines();
        let quants = Quants {
            width: Width::Byte,
            lines: lines(rows, per_row * per_group, |row, place| {
                let group = &groups[row * per_row + place / per_group];
                quad(&group.quants, place % per_group).map(|quant| quant as u8 ^ 128)
            }),
            scales: halves(rows, per_row, |row, group| {
                groups[row * per_row + group].scale
            }),
            shifts: None,
        };
        Self {
            rows,
            cols,
            format: Format::Quants(quants),
        }
    }

    /// Packs the upper halves of f32, row after row.
    pub fn from_bf16(rows: usize, cols: usize, numbers: &[u16]) -> Self {
        assert_eq!(numbers.len(), rows * cols, "a number for each weight");
        Self {
            rows,
            cols,
            format: Format::Bf16(halves(rows, cols, |row, col| numbers[row * cols + col])),
        }
    }

    /// The matrix with row `order[i]` as row `i`.
    pub fn reordered(&self, order: &[usize]) -> Self {
        let format = match &self.format {
            Format::Quants(quants) => Format::Quants(quants.reordered(self.rows, order)),
            Format::Bf16(numbers) => Format::Bf16(reorder_halves(numbers, self.rows, order)),
        };
        Self {
            rows: order.len(),
            cols: self.cols,
            format,
        }
    }

    /// Numbers that come out of a product with a vector.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Numbers that go in; a multiple of [`GROUP`].
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// True when products round the activations to eight bits; others are as exact as f32 is.
    pub fn rounds_activations(&self) -> bool {
        matches!(self.format, Format::Quants(_))
    }

    /// Row `index`, unpacked: the numbers that a product multiplies with.
    pub fn row(&self, index: usize) -> Vec<f32> {
        let (panel, lane) = (index / PANEL, index % PANEL);
        match &self.format {
            Format::Bf16(numbers) => numbers[panel * self.cols..(panel + 1) * self.cols]
                .iter()
                .map(|halves| f32::from_bits(u32::from(halves.0[lane]) << 16))
                .collect(),
            Format::Quants(quants) => {
                let per_row = self.cols / GROUP;
                (panel * per_row..(panel + 1) * per_row)
                    .flat_map(|group| quants.group(group, lane))
                    .collect()
            }
        }
    }
}

impl Quants {
    fn reordered(&self, rows: usize, order: &[usize]) -> Self {
        let per_row = self.lines.len() / rows.div_ceil(PANEL).max(1);
        Self {
            width: self.width,
            lines: lines(order.len(), per_row, |row, place| {
                let source = order[row];
                let line = &self.lines[source / PANEL * per_row + place];
                quad(&line.0, source % PANEL)
            }),
            scales: reorder_halves(&self.scales, rows, order),
            shifts: self
                .shifts
                .as_ref()
                .map(|shifts| reorder_halves(shifts, rows, order)),
        }
    }

    /// What is subtracted from a quant.
    fn offset(&self) -> u8 {
        match (self.width, &self.shifts) {
            (Width::Nibble, None) => 8,
            (Width::Nibble, Some(_)) => 0,
            (Width::Byte, _) => 128,
        }
    }

    /// A group of one row, unpacked.
    fn group(&self, group: usize, lane: usize) -> [f32; GROUP] {
        let per_group = self.width.lines();
        let lines = &self.lines[group * per_group..(group + 1) * per_group];
        let scale = f16::from_bits(self.scales[group].0[lane]).to_f32();
        let shift = self
            .shifts
            .as_ref()
            .map_or(0.0, |shifts| f16::from_bits(shifts[group].0[lane]).to_f32());
        std::array::from_fn(|index| {
            let place = lane * QUAD + index % QUAD;
            let quant = match self.width {
                Width::Byte => lines[index / QUAD].0[place],
                Width::Nibble if index < GROUP / 2 => lines[index / QUAD].0[place] & 15,
                Width::Nibble => lines[index / QUAD - per_group].0[place] >> 4,
            };
            // The product of a half-precision scale and eight bits is exact: only the sum rounds.
            f32::from(i16::from(quant) - i16::from(self.offset())) * scale + shift
        })
    }
}

/// Lines of all panels, from the quad of a row at a place.
fn lines(rows: usize, per_row: usize, quad: impl Fn(usize, usize) -> [u8; QUAD]) -> Vec<Line> {
    let mut lines = vec![Line([0; QUAD * PANEL]); rows.div_ceil(PANEL) * per_row];
    for row in 0..rows {
        for place in 0..per_row {
            let line = &mut lines[row / PANEL * per_row + place].0;
            let start = row % PANEL * QUAD;
            line[start..start + QUAD].copy_from_slice(&quad(row, place));
        }
    }
    lines
}

/// Numbers of all panels, from the number of a row at a place.
fn halves(rows: usize, per_row: usize, number: impl Fn(usize, usize) -> u16) -> Vec<Halves> {
    let mut halves = vec![Halves([0; PANEL]); rows.div_ceil(PANEL) * per_row];
    for row in 0..rows {
        for place in 0..per_row {
            halves[row / PANEL * per_row + place].0[row % PANEL] = number(row, place);
        }
    }
    halves
}

fn reorder_halves(numbers: &[Halves], rows: usize, order: &[usize]) -> Vec<Halves> {
    let per_row = numbers.len() / rows.div_ceil(PANEL).max(1);
    halves(order.len(), per_row, |row, place| {
        let source = order[row];
        numbers[source / PANEL * per_row + place].0[source % PANEL]
    })
}

/// The quad at a place.
fn quad<T: Copy>(values: &[T], place: usize) -> [T; QUAD] {
    std::array::from_fn(|index| values[place * QUAD + index])
}

#[cfg(test)]
mod tests;
