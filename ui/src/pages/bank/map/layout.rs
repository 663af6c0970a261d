//! Where points stand on the screen, and which one is under the pointer. Pure geometry.

use egui::{Pos2, Rect, Vec2, pos2, vec2};
use lore_core::MapPoint;

/// How far from a point the pointer still means it.
const REACH: f32 = 12.0;

/// Empty space around the points, in points of the screen.
const MARGIN: f32 = 28.0;

/// Which part of the map is in view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct View {
    /// 1 shows everything.
    zoom: f32,
    /// What is in the middle, relative to the middle of the map.
    shift: Vec2,
}

impl Default for View {
    fn default() -> Self {
        Self {
            zoom: 1.0,
            shift: Vec2::ZERO,
        }
    }
}

/// The smallest rectangle around all points.
pub(super) fn bounds(points: &[MapPoint]) -> Rect {
    let mut bounds = Rect::NOTHING;
    for point in points.iter().filter(|p| p.x.is_finite() && p.y.is_finite()) {
        bounds.extend_with(pos2(point.x, point.y));
    }
    if !bounds.is_positive() {
        // One point, or several in one place or line, still want some room.
        let center = if bounds.is_finite() {
            bounds.center()
        } else {
            Pos2::ZERO
        };
        return Rect::from_center_size(center, bounds.size().max(Vec2::splat(1e-3)));
    }
    bounds
}

impl View {
    /// Points of the screen for one unit of the map.
    fn scale(self, bounds: Rect, screen: Rect) -> f32 {
        let room = (screen.size() - Vec2::splat(2.0 * MARGIN)).max(Vec2::splat(1.0));
        (room.x / bounds.width()).min(room.y / bounds.height()) * self.zoom
    }

    /// From the map to the screen; the map's y points up.
    fn to_screen(self, bounds: Rect, screen: Rect, point: Pos2) -> Pos2 {
        let scale = self.scale(bounds, screen);
        let away = point - (bounds.center() + self.shift);
        screen.center() + vec2(away.x, -away.y) * scale
    }

    /// From the screen to the map.
    pub(super) fn to_map(self, bounds: Rect, screen: Rect, point: Pos2) -> Pos2 {
        let away = (point - screen.center()) / self.scale(bounds, screen);
        bounds.center() + self.shift + vec2(away.x, -away.y)
    }

    /// Where each point stands on the screen.
    pub(super) fn place(self, bounds: Rect, screen: Rect, points: &[MapPoint]) -> Vec<Pos2> {
        points
            .iter()
            .map(|point| self.to_screen(bounds, screen, pos2(point.x, point.y)))
            .collect()
    }

    /// Moves the map with the pointer.
    pub(super) fn drag(&mut self, bounds: Rect, screen: Rect, delta: Vec2) {
        let delta = delta / self.scale(bounds, screen);
        self.shift -= vec2(delta.x, -delta.y);
    }

    /// Zooms so that `fixed`, a place on the map, stays where it is on the screen. At zoom 1 the
    /// whole map is in the middle again.
    pub(super) fn zoom_about(&mut self, bounds: Rect, fixed: Pos2, factor: f32) {
        let zoom = (self.zoom * factor).clamp(1.0, 40.0);
        let away = fixed - bounds.center() - self.shift;
        self.shift = if zoom > 1.0 {
            self.shift + away * (1.0 - self.zoom / zoom)
        } else {
            Vec2::ZERO
        };
        self.zoom = zoom;
    }
}

/// The point nearest to the pointer, if one is near.
pub(super) fn nearest(screen: &[Pos2], pointer: Pos2) -> Option<usize> {
    screen
        .iter()
        .enumerate()
        .map(|(index, at)| (at.distance_sq(pointer), index))
        .filter(|(distance, _)| *distance <= REACH * REACH)
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, index)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> Vec<MapPoint> {
        [(0.0, 0.0), (2.0, 1.0), (1.0, 0.5)]
            .map(|(x, y)| MapPoint {
                x,
                y,
                ..MapPoint::default()
            })
            .to_vec()
    }

    fn screen() -> Rect {
        Rect::from_min_size(pos2(10.0, 20.0), vec2(400.0, 300.0))
    }

    #[test]
    fn everything_is_in_view_at_first() {
        let points = points();
        let placed = View::default().place(bounds(&points), screen(), &points);
        assert!(placed.iter().all(|at| screen().contains(*at)));
    }

    #[test]
    fn what_is_under_the_pointer_stays_there_while_zooming() {
        let points = points();
        let bounds = bounds(&points);
        let mut view = View::default();
        let pointer = pos2(130.0, 90.0);
        let before = view.to_map(bounds, screen(), pointer);
        view.zoom_about(bounds, before, 2.0);
        let after = view.to_map(bounds, screen(), pointer);
        assert!((before - after).length() < 1e-4, "{before:?} {after:?}");
    }

    #[test]
    fn the_nearest_point_is_found_only_near_by() {
        let placed = [pos2(0.0, 0.0), pos2(20.0, 0.0)];
        assert_eq!(nearest(&placed, pos2(15.0, 0.0)), Some(1));
        assert_eq!(nearest(&placed, pos2(200.0, 0.0)), None);
    }

    #[test]
    fn a_single_point_has_a_place() {
        let points = vec![MapPoint::default()];
        let placed = View::default().place(bounds(&points), screen(), &points);
        assert!((placed[0] - screen().center()).length() < 1.0);
    }
}
