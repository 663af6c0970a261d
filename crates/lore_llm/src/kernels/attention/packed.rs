//! Heads of token-major matrices, cut into tiles.

use rayon::prelude::*;

use super::tile::{EDGE, Tile};

/// Rows `[tokens, heads · head_dim]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heads<'a> {
    pub(super) numbers: &'a [f32],
    /// Numbers in a row.
    pub(super) width: usize,
    pub(super) head_dim: usize,
}

impl Heads<'_> {
    pub(super) fn num_tokens(&self) -> usize {
        self.numbers.len() / self.width
    }

    /// Tiles across a head.
    pub(super) fn num_panels(&self) -> usize {
        self.head_dim.div_ceil(EDGE)
    }

    /// Some numbers of a head, [`EDGE`] rows from `first_row` as far as there are any.
    fn rows(&self, head: usize, first_row: usize, panel: usize) -> impl Iterator<Item = &[f32]> {
        let start = head * self.head_dim + panel * EDGE;
        let end = (start + EDGE).min((head + 1) * self.head_dim);
        let first = (first_row * self.width).min(self.numbers.len());
        let rows = self.numbers[first..].chunks_exact(self.width);
        rows.take(EDGE).map(move |row| &row[start..end])
    }

    /// Those rows as a tile, filled up with zeros.
    pub(super) fn tile(&self, head: usize, first_row: usize, panel: usize) -> Tile {
        let mut tile = Tile::ZEROS;
        for (tile, row) in tile.0.iter_mut().zip(self.rows(head, first_row, panel)) {
            tile[..row.len()].copy_from_slice(row);
        }
        tile
    }

    /// All tiles of those rows, multiplied with `factor`.
    pub(super) fn tiles(&self, head: usize, first_row: usize, factor: f32) -> Vec<Tile> {
        let panels = 0..self.num_panels();
        let mut tiles: Vec<Tile> = panels
            .map(|panel| self.tile(head, first_row, panel))
            .collect();
        for value in tiles.iter_mut().flat_map(|tile| tile.0.as_flattened_mut()) {
            *value *= factor;
        }
        tiles
    }
}

/// All tiles of all heads, as factors of products.
pub(super) struct Packed {
    tiles: Vec<Tile>,
    /// Tiles along the tokens.
    per_head: usize,
    panels: usize,
}

impl Packed {
    /// The tiles of `heads`, whose rows are tokens.
    pub(super) fn new(heads: Heads<'_>) -> Self {
        Self::with(heads, |tile| tile)
    }

    /// The same, each transposed.
    pub(super) fn transposed(heads: Heads<'_>) -> Self {
        Self::with(heads, |tile| tile.transposed())
    }

    fn with(heads: Heads<'_>, factor: impl Fn(Tile) -> Tile + Sync) -> Self {
        let (panels, per_head) = (heads.num_panels(), heads.num_tokens().div_ceil(EDGE));
        let count = heads.width / heads.head_dim * per_head * panels;
        let at = |index: usize| {
            let (place, panel) = (index / panels, index % panels);
            let first_row = place % per_head * EDGE;
            factor(heads.tile(place / per_head, first_row, panel))
        };
        Self {
            tiles: (0..count).into_par_iter().map(at).collect(),
            per_head,
            panels,
        }
    }

    /// The factors of some tokens of a head, one for each panel.
    pub(super) fn at(&self, head: usize, place: usize) -> &[Tile] {
        let start = (head * self.per_head + place) * self.panels;
        &self.tiles[start..start + self.panels]
    }
}

/// Rows that are written.
pub(super) struct HeadsMut<'a> {
    /// At most [`EDGE`] rows.
    pub(super) numbers: &'a mut [f32],
    pub(super) width: usize,
    pub(super) head_dim: usize,
}

impl HeadsMut<'_> {
    /// Adds the transposed tiles of a head.
    pub(super) fn add_transposed(&mut self, head: usize, tiles: &[Tile]) {
        let turned: Vec<Tile> = tiles.iter().map(Tile::transposed).collect();
        self.add(head, &turned, 1.0);
    }

    /// Adds `factor` times the tiles of a head.
    pub(super) fn add(&mut self, head: usize, tiles: &[Tile], factor: f32) {
        for (panel, tile) in tiles.iter().enumerate() {
            let start = head * self.head_dim + panel * EDGE;
            let end = (start + EDGE).min((head + 1) * self.head_dim);
            for (row, tile) in self.numbers.chunks_exact_mut(self.width).zip(&tile.0) {
                for (value, part) in row[start..end].iter_mut().zip(tile) {
                    *value += part * factor;
                }
            }
        }
    }
}
