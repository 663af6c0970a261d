//! The language icons are written in, a small part of SVG's paths on a 24 × 24 grid:
//! `M x y` move, `L x y` line, `H x`, `V y`, `C x y x y x y` curve, `Z` close, and on top of that
//! `O x y r` a circle and `D x y r` a filled dot.

use egui::epaint::CubicBezierShape;
use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, pos2};

const GRID: f32 = 24.0;
const LINE: f32 = 1.9;

/// Paints a drawing into a square.
pub(super) fn paint(drawing: &str, painter: &Painter, square: Rect, color: Color32) {
    let scale = square.width() / GRID;
    let stroke = Stroke::new((LINE * scale).max(1.1), color);
    let mut pen = Pen {
        origin: square.min,
        scale,
        stroke,
        path: Vec::new(),
        shapes: Vec::new(),
    };
    let mut words = drawing.split_ascii_whitespace();
    while let Some(word) = words.next() {
        pen.draw(word, &mut words);
    }
    pen.lift(false);
    painter.extend(pen.shapes);
}

struct Pen {
    origin: Pos2,
    scale: f32,
    stroke: Stroke,
    path: Vec<Pos2>,
    shapes: Vec<Shape>,
}

impl Pen {
    fn draw<'a>(&mut self, operation: &str, words: &mut impl Iterator<Item = &'a str>) {
        let mut number = || {
            words
                .next()
                .and_then(|word| word.parse::<f32>().ok())
                .unwrap_or_default()
        };
        match operation {
            "M" => {
                self.lift(false);
                let point = self.at(number(), number());
                self.path.push(point);
            }
            "L" => {
                let point = self.at(number(), number());
                self.path.push(point);
            }
            "H" => {
                let y = self.last().y;
                let x = self.at(number(), 0.0).x;
                self.path.push(pos2(x, y));
            }
            "V" => {
                let x = self.last().x;
                let y = self.at(0.0, number()).y;
                self.path.push(pos2(x, y));
            }
            "C" => {
                let points = [
                    self.last(),
                    self.at(number(), number()),
                    self.at(number(), number()),
                    self.at(number(), number()),
                ];
                self.curve(points);
            }
            "Z" => self.lift(true),
            "O" => {
                let center = self.at(number(), number());
                let radius = number() * self.scale;
                self.shapes
                    .push(Shape::circle_stroke(center, radius, self.stroke));
            }
            "D" => {
                let center = self.at(number(), number());
                let radius = number() * self.scale;
                self.shapes
                    .push(Shape::circle_filled(center, radius, self.stroke.color));
            }
            _ => debug_assert!(false, "icons are written in the operations above"),
        }
    }

    fn at(&self, x: f32, y: f32) -> Pos2 {
        self.origin + egui::vec2(x, y) * self.scale
    }

    fn last(&self) -> Pos2 {
        self.path.last().copied().unwrap_or(self.origin)
    }

    fn curve(&mut self, points: [Pos2; 4]) {
        let curve =
            CubicBezierShape::from_points_stroke(points, false, Color32::TRANSPARENT, self.stroke);
        self.path
            .extend(curve.flatten(Some(0.1)).into_iter().skip(1));
    }

    /// Ends the line that is being drawn.
    fn lift(&mut self, closed: bool) {
        let path = std::mem::take(&mut self.path);
        if path.len() < 2 {
            return;
        }
        self.shapes.push(if closed {
            Shape::closed_line(path, self.stroke)
        } else {
            Shape::line(path, self.stroke)
        });
    }
}
