//! The prompt as it was sent: instructions, memories, history, each on a colour of its own.

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, CornerRadius, Frame, Margin, Ui};
use lore_core::{Role, Trajectory, prompt};

use crate::command::Command;
use crate::context::Ctx;
use crate::theme::Tokens;
use crate::widgets::{Button, Icon};

/// The prompt before the action of step `step`.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui, trajectory: &Trajectory, step: usize) {
    let tokens = ctx.tokens;
    let Some(system) = trajectory.system_prompt_at(step) else {
        ui.label(tokens.muted(
            "Nobody sent a prompt: this episode was played by an expert or a person, or came from a \
             file.",
        ));
        return;
    };
    let pieces = pieces(trajectory, system, step);
    ui.horizontal_wrapped(|ui| {
        legend_ui(ui, tokens, tokens.color.paint.memory, "memories");
        legend_ui(ui, tokens, tokens.color.paint.history, "earlier steps");
        let copy = Button::icon_only(Icon::Copy, "Copy the prompt").show(ui, tokens);
        if copy.clicked() {
            let texts: Vec<&str> = pieces.iter().map(|piece| piece.text.as_str()).collect();
            ctx.send(Command::Copy {
                text: texts.join("\n"),
                what: "Prompt",
            });
        }
    });
    Frame::new()
        .fill(tokens.color.surface.card)
        .stroke(egui::Stroke::new(1.0, tokens.color.border.subtle))
        .corner_radius(CornerRadius::same(tokens.radius.m))
        .inner_margin(Margin::same(tokens.space.m as i8))
        .show(ui, |ui| {
            let mut job = paint(tokens, &pieces);
            job.wrap.max_width = ui.available_width();
            ui.label(job);
        });
}

fn legend_ui(ui: &mut Ui, tokens: &Tokens, fill: Color32, words: &str) {
    Frame::new()
        .fill(fill)
        .corner_radius(CornerRadius::same(tokens.radius.s))
        .inner_margin(Margin::symmetric(6, 1))
        .show(ui, |ui| {
            ui.label(tokens.small(words).color(tokens.color.text.body))
        });
}

/// What a piece of the prompt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Who speaks.
    Heading,
    /// What the agent is, and what it can do.
    Instructions,
    /// Retrieved episodes.
    Memory,
    /// The first observation.
    Task,
    /// Earlier steps.
    History,
}

/// A piece of the prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    part: Part,
    text: String,
}

/// Where the memory block begins in the system prompt.
const MEMORY: &str = "\n\n# Past episodes";

fn pieces(trajectory: &Trajectory, system: &str, step: usize) -> Vec<Piece> {
    let start = trajectory
        .steps
        .get(step)
        .and_then(|step| step.trace.as_ref())
        .map_or(0, |trace| trace.history_start as usize);
    let mut pieces = Vec::new();
    let mut push = |part, text: &str| {
        pieces.push(Piece {
            part,
            text: text.trim_matches('\n').to_owned(),
        });
    };
    for (index, message) in prompt::chat(system, trajectory, start, step)
        .iter()
        .enumerate()
    {
        push(Part::Heading, message.role.as_str());
        match message.role {
            Role::System => match message.content.find(MEMORY) {
                Some(at) => {
                    push(Part::Instructions, &message.content[..at]);
                    push(Part::Memory, &message.content[at..]);
                }
                None => push(Part::Instructions, &message.content),
            },
            _ if index == 1 => push(Part::Task, &message.content),
            _ => push(Part::History, &message.content),
        }
    }
    if start > 0 {
        pieces.push(Piece {
            part: Part::Heading,
            text: format!("{start} earlier steps did not fit and were left out"),
        });
    }
    pieces
}

fn paint(tokens: &Tokens, pieces: &[Piece]) -> LayoutJob {
    let color = &tokens.color;
    let mut job = LayoutJob::default();
    for (index, piece) in pieces.iter().enumerate() {
        let mut format = TextFormat::simple(tokens.mono_font(), color.text.body);
        match piece.part {
            Part::Heading => {
                format = TextFormat::simple(tokens.small_font(), color.text.muted);
            }
            Part::Memory => format.background = color.paint.memory,
            Part::History => format.background = color.paint.history,
            Part::Instructions | Part::Task => {}
        }
        let gap = match (index, piece.part) {
            (0, _) => "",
            (_, Part::Heading) => "\n\n",
            _ => "\n",
        };
        job.append(
            gap,
            0.0,
            TextFormat::simple(tokens.small_font(), color.text.muted),
        );
        job.append(&piece.text, 0.0, format);
    }
    job
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::{EpisodeEnd, Step, Task};

    #[test]
    fn every_part_of_a_prompt_is_told_apart() {
        let step = Step {
            action: "go".into(),
            observation: "there".into(),
            ..Step::default()
        };
        let trajectory = Trajectory::new(
            Task::default(),
            "agent",
            "start",
            vec![step.clone(), step],
            EpisodeEnd::Success,
        );
        let system = "Be good.\n\n# Past episodes that failed\n\nonce";
        let parts: Vec<Part> = pieces(&trajectory, system, 1)
            .iter()
            .map(|piece| piece.part)
            .filter(|part| *part != Part::Heading)
            .collect();
        assert_eq!(
            parts,
            [
                Part::Instructions,
                Part::Memory,
                Part::Task,
                Part::History,
                Part::History
            ]
        );
    }
}
