//! Products with packed weights, cut into tiles and shared by a team.

use std::marker::PhantomData;
use std::ops::Range;

use super::super::team::Team;
use super::activations::{BLOCK, Block};
use super::{
    Activations, Format, GROUP, Halves, Line, PANEL, PackedMatrix, Quants, Width, portable,
};
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};

/// Rows of activations in a task: their part of a product stays in the nearest caches.
const TASK_TOKENS: usize = 64;

/// Tasks for each thread at least, so that one that is held up does not hold up the others.
const TASKS_PER_THREAD: usize = 4;

/// The instructions that products use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instructions {
    /// What every processor has.
    Portable,
    /// AVX2 with fused products and half precision.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 with sums of products of eight bits (VNNI).
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Instructions {
    /// The fastest ones that this processor has.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if Self::Avx512.are_there() {
                return Self::Avx512;
            }
            if Self::Avx2.are_there() {
                return Self::Avx2;
            }
        }
        Self::Portable
    }

    /// True when this processor has them.
    pub fn are_there(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("fma")
                    && std::arch::is_x86_feature_detected!("f16c")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512bw")
                    && std::arch::is_x86_feature_detected!("avx512vnni")
            }
        }
    }
}

/// Sixteen rows of quants.
pub(super) struct QuantPanel<'a> {
    pub(super) width: Width,
    pub(super) offset: u8,
    pub(super) lines: &'a [Line],
    pub(super) scales: &'a [Halves],
    pub(super) shifts: Option<&'a [Halves]>,
}

impl PackedMatrix {
    /// `y = x · wᵀ` for `x` `[tokens, cols]` and `y` `[tokens, rows]`. `rounded` is room for the
    /// activations in eight bits, where the format of the weights wants them.
    pub fn matmul(
        &self,
        team: &Team,
        instructions: Instructions,
        x: &[f32],
        rounded: &mut Activations,
        y: &mut [f32],
    ) {
        assert!(
            instructions.are_there(),
            "the processor has no {instructions:?}"
        );
        let tokens = x.len() / self.cols;
        assert_eq!(
            (x.len(), y.len()),
            (tokens * self.cols, tokens * self.rows),
            "shapes"
        );
        let product = Product {
            matrix: self,
            instructions,
            tokens,
            y: Destination::new(y, self.rows),
        };
        match &self.format {
            Format::Quants(quants) => {
                rounded.quantize(x, self.cols);
                product.compute(team, &|panel, tokens| {
                    product.quant_panel(quants, rounded, panel, tokens);
                });
            }
            Format::Bf16(numbers) => product.compute(team, &|panel, tokens| {
                product.bf16_panel(numbers, x, panel, tokens);
            }),
        }
    }
}

struct Product<'a> {
    matrix: &'a PackedMatrix,
    instructions: Instructions,
    tokens: usize,
    y: Destination<'a>,
}

/// Calls the expression for tiles of a constant number of rows until the range is done.
macro_rules! in_tiles {
    ($tokens:expr, |$first:ident, $count:ident| $tile:expr) => {
        let Range {
            start: mut $first,
            end,
        } = $tokens;
        while $first < end {
            let step = match end - $first {
                BLOCK.. => {
                    const $count: usize = BLOCK;
                    $tile;
                    $count
                }
                4.. => {
                    const $count: usize = 4;
                    $tile;
                    $count
                }
                2.. => {
                    const $count: usize = 2;
                    $tile;
                    $count
                }
                _ => {
                    const $count: usize = 1;
                    $tile;
                    $count
                }
            };
            $first += step;
        }
    };
}

impl Product<'_> {
    /// Lets the team compute every panel for all tokens.
    fn compute(&self, team: &Team, panel: &(dyn Fn(usize, Range<usize>) + Sync)) {
        let num_panels = self.matrix.rows.div_ceil(PANEL);
        let blocks = self.tokens.div_ceil(TASK_TOKENS);
        let wanted = (team.num_threads() * TASKS_PER_THREAD).div_ceil(blocks.max(1));
        let panels_per_task = num_panels.div_ceil(wanted).max(1);
        let parts = num_panels.div_ceil(panels_per_task);
        team.run(blocks * parts, &|task| {
            let first = task / parts * TASK_TOKENS;
            let tokens = first..(first + TASK_TOKENS).min(self.tokens);
            let first = task % parts * panels_per_task;
            for index in first..(first + panels_per_task).min(num_panels) {
                panel(index, tokens.clone());
            }
        });
    }

    fn quant_panel(&self, quants: &Quants, x: &Activations, panel: usize, tokens: Range<usize>) {
        let groups = self.matrix.cols / GROUP;
        let range = panel * groups..(panel + 1) * groups;
        let per_group = quants.width.lines();
        let weights = QuantPanel {
            width: quants.width,
            offset: quants.offset(),
            lines: &quants.lines[range.start * per_group..range.end * per_group],
            scales: &quants.scales[range.clone()],
            shifts: quants.shifts.as_ref().map(|shifts| &shifts[range.clone()]),
        };
        in_tiles!(tokens, |first, COUNT| {
            let (block, place) = (x.block(first / BLOCK), first % BLOCK);
            let tile = quant_tile::<COUNT>(self.instructions, &weights, block, place);
            self.write(panel, first, &tile);
        });
    }

    fn bf16_panel(&self, numbers: &[Halves], x: &[f32], panel: usize, tokens: Range<usize>) {
        let cols = self.matrix.cols;
        let weights = &numbers[panel * cols..(panel + 1) * cols];
        in_tiles!(tokens, |first, COUNT| {
            let rows: [&[f32]; COUNT] =
                std::array::from_fn(|index| &x[(first + index) * cols..(first + index + 1) * cols]);
            let tile = bf16_tile(self.instructions, weights, rows);
            self.write(panel, first, &tile);
        });
    }

    #[expect(unsafe_code, reason = "threads write into one slice")]
    fn write(&self, panel: usize, first: usize, tile: &[[f32; PANEL]]) {
        let start = panel * PANEL;
        let len = PANEL.min(self.matrix.rows - start);
        for (row, values) in tile.iter().enumerate() {
            // SAFETY: `compute` gives every pair of panel and token to one task.
            unsafe { self.y.write(first + row, start, &values[..len]) };
        }
    }
}

#[cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "calling a function compiled for more instructions has no safe form"
    )
)]
fn quant_tile<const T: usize>(
    instructions: Instructions,
    panel: &QuantPanel<'_>,
    blocks: &[Block],
    first: usize,
) -> [[f32; PANEL]; T] {
    match instructions {
        Instructions::Portable => portable::quants(panel, blocks, first),
        // SAFETY: `PackedMatrix::matmul` saw that the processor has the instructions.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { avx2::quants(panel, blocks, first) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { avx512::quants(panel, blocks, first) },
    }
}

#[cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "calling a function compiled for more instructions has no safe form"
    )
)]
fn bf16_tile<const T: usize>(
    instructions: Instructions,
    panel: &[Halves],
    rows: [&[f32]; T],
) -> [[f32; PANEL]; T] {
    match instructions {
        Instructions::Portable => {
            portable::bf16::<T, { cfg!(target_arch = "aarch64") }>(panel, rows)
        }
        // SAFETY: `PackedMatrix::matmul` saw that the processor has the instructions.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { avx2::bf16(panel, rows) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { avx512::bf16(panel, rows) },
    }
}

/// A matrix whose parts are written by several threads.
struct Destination<'a> {
    start: *mut f32,
    len: usize,
    width: usize,
    borrowed: PhantomData<&'a mut [f32]>,
}

#[expect(unsafe_code, reason = "threads write into one slice")]
// SAFETY: it is a mutable borrow of numbers, and writing asks the caller to keep parts apart.
unsafe impl Sync for Destination<'_> {}

impl<'a> Destination<'a> {
    fn new(numbers: &'a mut [f32], width: usize) -> Self {
        Self {
            start: numbers.as_mut_ptr(),
            len: numbers.len(),
            width,
            borrowed: PhantomData,
        }
    }

    /// Writes numbers into a row.
    ///
    /// # Safety
    /// No other thread writes the same numbers meanwhile.
    #[expect(unsafe_code, reason = "threads write into one slice")]
    unsafe fn write(&self, row: usize, start: usize, values: &[f32]) {
        let position = row * self.width + start;
        assert!(position + values.len() <= self.len, "within the matrix");
        // SAFETY: the numbers lie within the borrowed slice, as was just checked; the caller says
        // that nobody else touches them.
        unsafe {
            std::ptr::copy_nonoverlapping(values.as_ptr(), self.start.add(position), values.len());
        }
    }
}
