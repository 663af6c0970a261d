//! Products in 16-bit fixed point: nearly twice as fast as single precision, twenty times as exact
//! as bfloat16.
//!
//! Training multiplies many rows with frozen matrices and waits for arithmetic. Processors with
//! AVX-512 VNNI multiply twice as many 16-bit integers as single-precision numbers in the same time,
//! and add them up exactly in 32 bits. So both factors are cut into blocks of [`BLOCK`] numbers along
//! the inner dimension, each block is scaled to the largest integers that cannot overflow, and the
//! exact sums of blocks are scaled back and added in single precision.
//!
//! By the inequality of Cauchy and Schwarz a sum of products is at most the product of the norms, so
//! blocks are scaled to a norm of 2^15.5: the sum then stays within 31 bits. The unit is then 2^-13 of
//! the root mean square of a block (bfloat16 has eight bits for each number), which makes an error
//! of about 5e-5 in a product of random factors.
//!
//! Every element is the same sum in the same order whatever the number of threads, and with
//! [`is_fast`] or without.

mod matrix;
mod portable;
mod product;
mod rows;
#[cfg(target_arch = "x86_64")]
mod vnni;

pub use matrix::FixedMatrix;
pub use product::product;
pub use rows::FixedRows;

/// Numbers along the inner dimension that share a scale.
pub const BLOCK: usize = 32;

/// Pairs of numbers in a block.
const PAIRS: usize = BLOCK / 2;

/// Columns of a product that are worked on at once.
const PANEL: usize = 64;

/// Rows of a product that are worked on at once.
const TILE_ROWS: usize = 6;

/// A block of a row.
type RowBlock = [[i16; 2]; PAIRS];

/// A block of a panel: for each pair of inner positions, that pair of every column.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
struct PanelBlock([[[i16; 2]; PANEL]; PAIRS]);

/// Sums of a tile of a product.
type Tile = [[f32; PANEL]; TILE_ROWS];

/// True when this processor has the instructions that make fixed point faster than floating point.
pub fn is_fast() -> bool {
    #[cfg(target_arch = "x86_64")]
    return vnni::is_available();
    #[cfg(not(target_arch = "x86_64"))]
    false
}
