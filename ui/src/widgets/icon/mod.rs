//! One icon set, drawn as lines on a 24 × 24 grid, so that it is sharp at every size and follows the
//! colour of the text beside it.

mod drawing;
mod shapes;

use egui::{Color32, Rect, Ui, Vec2};

pub use shapes::Icon;

impl Icon {
    /// Paints the icon into the largest square in the middle of `rect`.
    pub fn paint(self, painter: &egui::Painter, rect: Rect, color: Color32) {
        let side = rect.width().min(rect.height());
        let square = Rect::from_center_size(rect.center(), Vec2::splat(side));
        drawing::paint(self.drawing(), painter, square, color);
    }

    /// Takes up a square of `size` and paints into it. Says nothing to screen readers: the text
    /// beside it does.
    pub fn show(self, ui: &mut Ui, size: f32, color: Color32) {
        let (_, rect) = ui.allocate_space(Vec2::splat(size));
        self.paint(ui.painter(), rect, color);
    }
}
