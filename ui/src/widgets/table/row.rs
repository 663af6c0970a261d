//! One row of a table.

use std::borrow::Cow;

use egui::accesskit::Role;
use egui::{Align, Align2, Color32, Rect, Response, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::{Column, layout};
use crate::theme::Tokens;
use crate::widgets::{Badge, Icon, Tone, paint};

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Running text.
    Text(String),
    /// Running text that a world, a person or a model wrote, as it is.
    Verbatim(String),
    /// Text that comes second.
    Muted(String),
    /// What a world or model said.
    Mono(String),
    /// One word with a meaning.
    Badge(String, Tone),
    /// A picture, with the words for those who do not see it.
    Icon(Icon, Tone, &'static str),
    /// A share from 0 to 1 as a small bar, with its words.
    Bar(f32, String),
    /// Nothing.
    Empty,
}

impl Cell {
    fn words(&self) -> &str {
        match self {
            Self::Text(text)
            | Self::Verbatim(text)
            | Self::Muted(text)
            | Self::Mono(text)
            | Self::Badge(text, _)
            | Self::Bar(_, text) => text,
            Self::Icon(_, _, words) => words,
            Self::Empty => "",
        }
    }
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Its cells, in the order of the columns.
    pub cells: Vec<Cell>,
    /// Drawn as chosen.
    pub selected: bool,
    /// Drawn as out of use.
    pub faded: bool,
}

impl Row {
    /// A row of cells.
    pub fn new(cells: Vec<Cell>) -> Self {
        Self {
            cells,
            ..Self::default()
        }
    }

    /// A row whose contents are on their way.
    pub fn waiting() -> Self {
        Self::new(vec![Cell::Muted("…".to_owned())])
    }

    /// Drawn as chosen.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// Drawn as out of use.
    pub fn faded(mut self, faded: bool) -> Self {
        self.faded = faded;
        self
    }

    pub(super) fn show(
        &self,
        ui: &mut Ui,
        tokens: &Tokens,
        columns: &[Column<'_>],
        widths: &[Option<f32>],
    ) -> Response {
        let size = vec2(ui.available_width(), tokens.size.table_row);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| {
            WidgetInfo::selected(
                Role::Row,
                ui.is_enabled(),
                self.selected,
                self.words(tokens),
            )
        });
        if response.gained_focus() {
            response.scroll_to_me(None);
        }
        if !ui.is_rect_visible(rect) {
            return response;
        }
        let painter = ui.painter();
        let fill = paint::state_fill(&response, tokens, self.selected);
        let body = rect.shrink2(vec2(tokens.space.xs, 1.0));
        painter.rect_filled(body, f32::from(tokens.radius.m), fill);
        let line = egui::Stroke::new(1.0, tokens.color.border.subtle);
        painter.hline(
            rect.shrink2(vec2(tokens.space.m, 0.0)).x_range(),
            rect.bottom(),
            line,
        );
        let areas = layout::areas(rect, widths, tokens.space.m);
        for ((cell, column), area) in self.cells.iter().zip(columns).zip(areas) {
            if let Some(area) = area {
                self.cell_ui(ui, tokens, cell, column.align, area);
            }
        }
        if response.has_focus() {
            let line = egui::Stroke::new(2.0, tokens.color.border.focus);
            let rounding = f32::from(tokens.radius.m);
            painter.rect_stroke(body, rounding, line, egui::StrokeKind::Inside);
        }
        response
    }

    fn words(&self, tokens: &Tokens) -> String {
        let words: Vec<_> = self
            .cells
            .iter()
            .map(|cell| match cell {
                Cell::Verbatim(text) | Cell::Mono(text) => Cow::Borrowed(text.as_str()),
                _ => tokens.say(cell.words()),
            })
            .filter(|words| !words.is_empty())
            .collect();
        words.join(", ")
    }

    fn cell_ui(&self, ui: &Ui, tokens: &Tokens, cell: &Cell, align: Align, area: Rect) {
        let text = &tokens.color.text;
        let ink = |color: Color32| if self.faded { text.disabled } else { color };
        match cell {
            Cell::Empty => {}
            Cell::Text(words) => {
                text_ui(
                    ui,
                    &tokens.say(words),
                    tokens.body_font(),
                    ink(text.body),
                    align,
                    area,
                );
            }
            Cell::Muted(words) => {
                text_ui(
                    ui,
                    &tokens.say(words),
                    tokens.body_font(),
                    ink(text.muted),
                    align,
                    area,
                );
            }
            Cell::Verbatim(words) => {
                text_ui(ui, words, tokens.body_font(), ink(text.body), align, area);
            }
            Cell::Mono(words) => {
                text_ui(ui, words, tokens.mono_font(), ink(text.body), align, area);
            }
            Cell::Badge(words, tone) => {
                Badge::new(words, *tone).paint(ui, tokens, area.left_center());
            }
            Cell::Icon(icon, tone, _) => {
                let size = tokens.size.icon_small;
                let at = pos2(area.left() + size / 2.0, area.center().y);
                let square = Rect::from_center_size(at, Vec2::splat(size));
                icon.paint(ui.painter(), square, ink(tone.text(tokens)));
            }
            Cell::Bar(share, words) => bar_ui(ui, tokens, *share, words, area),
        }
    }
}

fn text_ui(ui: &Ui, words: &str, font: egui::FontId, color: Color32, align: Align, area: Rect) {
    let line = words.lines().next().unwrap_or_default();
    let galley = paint::elided(ui.painter(), line, font, color, area.width());
    let (at, anchor) = match align {
        Align::Max => (area.right_center(), Align2::RIGHT_CENTER),
        _ => (area.left_center(), Align2::LEFT_CENTER),
    };
    paint::galley_at(ui.painter(), galley, at, anchor);
}

fn bar_ui(ui: &Ui, tokens: &Tokens, share: f32, words: &str, area: Rect) {
    let painter = ui.painter();
    let font = tokens.small_font();
    let galley = painter.layout_no_wrap(words.to_owned(), font, tokens.color.text.muted);
    let right = area.right() - galley.size().x - tokens.space.s;
    paint::galley_at(painter, galley, area.right_center(), Align2::RIGHT_CENTER);
    let track = Rect::from_min_max(
        pos2(area.left(), area.center().y - 3.0),
        pos2(right.max(area.left()), area.center().y + 3.0),
    );
    painter.rect_filled(track, 3.0, tokens.color.neutral.soft);
    let filled = track.with_max_x(track.left() + track.width() * share.clamp(0.0, 1.0));
    painter.rect_filled(filled, 3.0, tokens.color.accent.fill);
}
