//! Drawing in the units of the design, whatever the backend and its resolution.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, RGBColor, register_font as register};

/// What a backend draws on.
pub(super) type Area<DB> = DrawingArea<DB, Shift>;

/// The family name both backends know; in an SVG it falls back to the viewer's sans-serif.
const FAMILY: &str = "sans-serif";

/// Inter, of which bitmaps need the outlines. Kept with the other assets of the workspace.
const INTER: &[u8] = include_bytes!("../../../../../assets/fonts/Inter-Regular.ttf");

/// Text.
pub(super) const INK: RGBColor = RGBColor(28, 36, 48);
/// Axes and small text.
pub(super) const QUIET: RGBColor = RGBColor(90, 102, 118);
/// Grid lines.
pub(super) const GRID: RGBColor = RGBColor(221, 226, 234);
/// Seen types. This and the next are of Okabe and Ito's palette for colour-blind readers.
pub(super) const SEEN: RGBColor = RGBColor(0, 114, 178);
/// Unseen types.
pub(super) const UNSEEN: RGBColor = RGBColor(230, 159, 0);
/// Colours of curves, in order; of the same palette.
pub(super) const CURVES: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
];

/// Gives the font to the bitmap backend.
pub(super) fn register_font() -> Result<()> {
    for style in [FontStyle::Normal, FontStyle::Bold] {
        register(FAMILY, style, INTER)
            .map_err(|_invalid| anyhow!("The program's own font cannot be read."))?;
    }
    Ok(())
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    /// The point is the middle of the left edge.
    Left,
    /// The point is the middle.
    Centre,
    /// The point is the middle of the right edge.
    Right,
}

/// An area measured in units of the design; coordinates grow right and down.
pub(super) struct Canvas<'a, DB: DrawingBackend> {
    /// What is drawn on.
    pub(super) area: &'a Area<DB>,
    /// Pixels for each unit.
    pub(super) scale: u32,
}

impl<DB: DrawingBackend> Canvas<'_, DB>
where
    DB::ErrorType: 'static,
{
    /// White everywhere.
    pub(super) fn clear(&self) -> Result<()> {
        Ok(self.area.fill(&WHITE)?)
    }

    fn point(&self, x: f64, y: f64) -> (i32, i32) {
        let scale = f64::from(self.scale);
        ((x * scale).round() as i32, (y * scale).round() as i32)
    }

    /// A filled rectangle between two corners.
    pub(super) fn rect(&self, from: (f64, f64), to: (f64, f64), colour: RGBColor) -> Result<()> {
        let corners = [self.point(from.0, from.1), self.point(to.0, to.1)];
        Ok(self.area.draw(&Rectangle::new(corners, colour.filled()))?)
    }

    /// A line through points.
    pub(super) fn line(
        &self,
        points: &[(f64, f64)],
        colour: &impl Color,
        width: u32,
    ) -> Result<()> {
        let points: Vec<_> = points.iter().map(|(x, y)| self.point(*x, *y)).collect();
        let style = ShapeStyle {
            color: colour.to_rgba(),
            filled: false,
            stroke_width: width * self.scale,
        };
        Ok(self.area.draw(&PathElement::new(points, style))?)
    }

    /// One line of text.
    pub(super) fn text(
        &self,
        text: &str,
        at: (f64, f64),
        size: u32,
        colour: RGBColor,
        anchor: Anchor,
    ) -> Result<()> {
        let horizontal = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Centre => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        let style = TextStyle::from((FAMILY, size * self.scale))
            .color(&colour)
            .pos(Pos::new(horizontal, VPos::Center));
        let point = self.point(at.0, at.1);
        Ok(self.area.draw(&Text::new(text.to_owned(), point, style))?)
    }
}

/// A mapping from values to places along an axis.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    /// The values at both ends.
    pub(super) values: (f64, f64),
    /// The places of both ends.
    pub(super) places: (f64, f64),
}

impl Axis {
    /// Where `value` stands.
    pub(super) fn place(&self, value: f64) -> f64 {
        let (low, high) = self.values;
        let (from, to) = self.places;
        from + (value - low) / (high - low) * (to - from)
    }
}
