//! A lesson: a short note that an agent reads in front of an episode.

use egui::Ui;
use lore_core::{BankInfo, Experience, ExperienceId};

use super::edit;
use crate::context::Ctx;
use crate::widgets::{Button, Field, Icon, field_with_help, text_field};

/// A lesson that is being written, and of which experience.
pub(super) type Draft = Option<(ExperienceId, String)>;

/// The lesson as a field, with a button once it was changed.
pub(super) fn lesson_ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    bank: &BankInfo,
    experience: &Experience,
    draft: &mut Draft,
) {
    let tokens = ctx.tokens;
    let id = &experience.id;
    let mut lesson = match draft.as_ref() {
        Some((of, words)) if of == id => words.clone(),
        _ => experience.lesson.clone(),
    };
    let about = Field {
        label: "Lesson",
        help: "What this episode teaches, in a sentence. It can be changed at any time",
        note: "Agents read it in front of the episode",
    };
    let response = field_with_help(ui, tokens, about, |ui| {
        let hint = "Mugs are mostly on the counter";
        text_field(ui, tokens, &mut lesson, about.label, hint)
    });
    if response.changed() {
        *draft = Some((id.clone(), lesson.clone()));
    }
    if lesson.trim() == experience.lesson {
        return;
    }
    let save = Button::secondary("Save the lesson")
        .icon(Icon::Check)
        .busy(ctx.is_busy(&edit::place(id)));
    if save.show(ui, tokens).clicked() {
        edit::set_lesson(ctx, &bank.id, experience, lesson.trim());
    }
}
