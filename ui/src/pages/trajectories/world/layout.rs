//! Where the tiles of places stand: columns of equal width, each tile in the shortest one. Pure.

use egui::{Rect, Vec2, pos2, vec2};

use super::model::{Place, World};

/// Narrowest tile, in points.
const MIN_WIDTH: f32 = 128.0;
/// Between tiles.
const GAP: f32 = 6.0;
/// Above and below the words of a tile.
pub(super) const PADDING: f32 = 7.0;
/// Height of a line.
pub(super) const LINE: f32 = 17.0;

/// Where everything stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// A tile a place, in the order of the places, measured from the upper left corner.
    pub(super) tiles: Vec<Rect>,
    /// Size of the whole map.
    pub(super) size: Vec2,
}

/// Tiles for every place within `width`.
pub(super) fn tiles(world: &World, width: f32) -> Layout {
    let num = ((width + GAP) / (MIN_WIDTH + GAP)).floor().max(1.0) as usize;
    let tile_width = ((width - GAP * (num - 1) as f32) / num as f32).floor();
    let mut bottoms = vec![0.0_f32; num];
    let tiles = world
        .places
        .iter()
        .map(|place| {
            let column = shortest(&bottoms);
            let left = (tile_width + GAP) * column as f32;
            let size = vec2(tile_width, height(place));
            let tile = Rect::from_min_size(pos2(left, bottoms[column]), size);
            bottoms[column] = tile.bottom() + GAP;
            tile
        })
        .collect();
    let bottom = bottoms.iter().fold(0.0_f32, |a, b| a.max(*b));
    Layout {
        tiles,
        size: vec2(width, (bottom - GAP).max(0.0)),
    }
}

/// The name, then a line a thing.
fn height(place: &Place) -> f32 {
    2.0 * PADDING + LINE * (1 + place.things.len()) as f32
}

fn shortest(bottoms: &[f32]) -> usize {
    let mut best = 0;
    for (index, bottom) in bottoms.iter().enumerate() {
        if *bottom < bottoms[best] {
            best = index;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::model::Thing;
    use super::*;

    #[test]
    fn tiles_fit_and_do_not_overlap() {
        let places = (0..23)
            .map(|index| Place {
                name: format!("drawer {index}"),
                things: vec![Thing::default(); index % 5],
                ..Place::default()
            })
            .collect();
        let world = World {
            places,
            ..World::default()
        };
        for width in [90.0, 300.0, 777.0] {
            let layout = tiles(&world, width);
            let whole = Rect::from_min_size(pos2(0.0, 0.0), layout.size);
            for (index, tile) in layout.tiles.iter().enumerate() {
                assert!(whole.expand(0.1).contains_rect(*tile), "{width}: {tile:?}");
                for other in &layout.tiles[..index] {
                    assert!(!tile.shrink(0.1).intersects(*other));
                }
            }
        }
    }
}
