//! The loss mask, painted on a real example: what the model learns to say, and what it only reads.

use egui::text::{LayoutJob, TextFormat};
use egui::{ScrollArea, Ui};
use lore_core::{MaskedToken, PaintedExample, Role, TrajectoryFilter, TrajectoryId, TrajectoryRow};
use lore_protocol::{Request, Response, Source, TrajectoryRequest, TrajectoryResponse};

use super::form::Form;
use crate::context::Ctx;
use crate::format;
use crate::parts::loaded_ui;
use crate::store::Loaded;
use crate::theme::Tokens;
use crate::widgets::{Button, Card, Icon};

/// Examples that can be looked through.
const NUM_EXAMPLES: u64 = 20;

/// Which example is shown, if one is wanted: cutting it into tokens loads the model.
#[derive(Debug, Default)]
pub(super) struct MaskView {
    wanted: bool,
    index: usize,
}

impl MaskView {
    /// Tokens of the example that is shown.
    pub(super) fn num_tokens(&self, ctx: &Ctx<'_>, form: &Form) -> Option<usize> {
        let painted = self.wanted.then(|| self.painted(ctx, form))?;
        painted.ready().map(|painted| painted.tokens.len())
    }

    /// The card.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, form: &Form) {
        let tokens = ctx.tokens;
        Card::titled("What the model learns")
            .subtitle("Marked words are learned; the rest is only read")
            .show(ui, tokens, |ui| {
                if !self.wanted {
                    let show = Button::secondary("Show on a real example")
                        .icon(Icon::Eye)
                        .hover("Loads the model for a moment to cut the text into its tokens")
                        .show(ui, tokens);
                    self.wanted = show.clicked();
                    return;
                }
                self.steps_ui(ctx, ui, form);
                let painted = self.painted(ctx, form);
                loaded_ui(
                    ctx,
                    ui,
                    painted,
                    "Cutting an example into tokens",
                    |ui, painted| {
                        painted_ui(ui, tokens, painted);
                    },
                );
            });
    }

    fn steps_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, form: &Form) {
        let num = examples(ctx, form).ready().map_or(0, <[_]>::len);
        self.index = self.index.min(num.saturating_sub(1));
        ui.horizontal(|ui| {
            let previous = Button::icon_only(Icon::Previous, "Previous example")
                .enabled(self.index > 0, "This is the first")
                .show(ui, ctx.tokens);
            if previous.clicked() {
                self.index -= 1;
            }
            ui.label(
                ctx.tokens
                    .small(format!("Example {} of {num}", self.index + 1)),
            );
            let next = Button::icon_only(Icon::Next, "Next example")
                .enabled(self.index + 1 < num, "This is the last")
                .show(ui, ctx.tokens);
            if next.clicked() {
                self.index += 1;
            }
        });
    }

    fn painted<'a>(&self, ctx: &Ctx<'a>, form: &Form) -> Loaded<'a, PaintedExample> {
        let (Some(dataset), Some(model)) = (form.dataset_of(ctx), form.model_of(ctx)) else {
            return Loaded::Waiting;
        };
        match examples(ctx, form) {
            Loaded::Ready(rows) => match rows.get(self.index) {
                Some(row) => ctx.painted(&source(dataset.id.as_str()), &row_id(row), &model.id),
                None => Loaded::Waiting,
            },
            Loaded::Waiting => Loaded::Waiting,
            Loaded::Failed(error) => Loaded::Failed(error),
        }
    }
}

fn row_id(row: &TrajectoryRow) -> TrajectoryId {
    row.id.clone()
}

fn source(dataset: &str) -> Source {
    Source::Dataset { id: dataset.into() }
}

/// The first examples that would be trained on.
fn examples<'a>(ctx: &Ctx<'a>, form: &Form) -> Loaded<'a, [TrajectoryRow]> {
    let Some(dataset) = form.dataset_of(ctx) else {
        return Loaded::Waiting;
    };
    let unseen = form.unseen_of(dataset);
    let task_types = dataset
        .types
        .iter()
        .map(|kind| kind.name.clone())
        .filter(|name| !unseen.contains(name))
        .collect();
    let request = Request::Trajectory(TrajectoryRequest::Rows {
        source: source(dataset.id.as_str()),
        filter: TrajectoryFilter {
            task_types,
            success: Some(true),
            ..TrajectoryFilter::default()
        },
        offset: 0,
        limit: NUM_EXAMPLES,
    });
    ctx.query(&request).and_then(|response| match response {
        Response::Trajectory(TrajectoryResponse::Rows(page)) => Some(page.rows.as_slice()),
        _ => None,
    })
}

fn painted_ui(ui: &mut Ui, tokens: &Tokens, painted: &PaintedExample) {
    let total = painted.tokens.len();
    let share = painted.num_learned as f64 / total.max(1) as f64;
    ui.label(tokens.small(format!(
        "{} of {} tokens are learned ({})",
        format::count(painted.num_learned as u64),
        format::count(total as u64),
        format::percent(share)
    )));
    if painted.num_dropped_memories > 0 {
        ui.label(tokens.small(format!(
            "{} did not fit and were left out",
            format::counted(painted.num_dropped_memories as u64, "memory", "memories")
        )));
    }
    ScrollArea::vertical()
        .id_salt("painted example")
        .max_height(360.0)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            let mut job = paint(tokens, &painted.tokens);
            job.wrap.max_width = ui.available_width();
            ui.label(job);
        });
}

/// The tokens as one text; neighbours that look the same become one section.
fn paint(tokens: &Tokens, painted: &[MaskedToken]) -> LayoutJob {
    let mut job = LayoutJob::default();
    let mut rest = painted;
    while let Some(first) = rest.first() {
        let alike = rest
            .iter()
            .take_while(|token| token.learned == first.learned && token.role == first.role)
            .count();
        let (run, after) = rest.split_at(alike);
        let text: String = run.iter().map(|token| token.text.as_str()).collect();
        job.append(&text, 0.0, look(tokens, first));
        rest = after;
    }
    job
}

fn look(tokens: &Tokens, token: &MaskedToken) -> TextFormat {
    let color = &tokens.color;
    let mut format = TextFormat::simple(tokens.mono_font(), color.text.body);
    if token.learned {
        format.background = color.paint.learned;
    } else if token.role == Role::System {
        format.color = color.text.muted;
    }
    format
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_that_look_the_same_are_one_section() {
        let token = |text: &str, learned| MaskedToken {
            text: text.to_owned(),
            learned,
            role: Role::Assistant,
        };
        let tokens = Tokens::embedded(false);
        let job = paint(
            &tokens,
            &[token("go", true), token(" to", true), token("!", false)],
        );
        assert_eq!(job.text, "go to!");
        assert_eq!(job.sections.len(), 2);
        assert_eq!(
            job.sections[0].format.background,
            tokens.color.paint.learned
        );
    }
}
