//! What removing an experience would change, before it is done.

use egui::Ui;
use lore_core::{BankInfo, ExperienceId, RemovalPreview};

use super::edit;
use crate::context::Ctx;
use crate::format;
use crate::parts::loaded_ui;
use crate::widgets::{Button, Card, Icon};

/// Asks again, with what would change. `removing` is emptied once somebody decided.
pub(super) fn removal_ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    bank: &BankInfo,
    id: &ExperienceId,
    removing: &mut Option<ExperienceId>,
) {
    if removing.as_ref() != Some(id) {
        return;
    }
    let tokens = ctx.tokens;
    Card::titled("What removing it would change")
        .highlighted()
        .show(ui, tokens, |ui| {
            let preview = ctx.removal_preview(&bank.id, id);
            loaded_ui(
                ctx,
                ui,
                preview,
                "Looking at what would change",
                |ui, preview| {
                    for line in lines(preview) {
                        ui.label(tokens.body(line));
                    }
                },
            );
            ui.horizontal(|ui| {
                let remove = Button::danger("Remove it").icon(Icon::Trash);
                if remove.show(ui, tokens).clicked() {
                    edit::remove(ctx, &bank.id, id);
                    *removing = None;
                }
                if Button::quiet("Keep it").show(ui, tokens).clicked() {
                    *removing = None;
                }
            });
        });
}

/// One sentence for each thing that would change.
fn lines(preview: &RemovalPreview) -> Vec<String> {
    let experiences = format::counted(preview.num_experiences, "experience", "experiences");
    let mut lines = vec![format!("{experiences} would leave this bank")];
    if preview.num_pinned > 0 {
        lines.push("It is pinned".to_owned());
    }
    if preview.num_lessons > 0 {
        lines.push("Its lesson would go with it".to_owned());
    }
    lines.extend(preview.types_emptied.iter().map(|name| {
        let kind = format::task_type(name);
        format!("Nothing would be left of {kind}")
    }));
    lines.extend(preview.types_without_success.iter().map(|name| {
        let kind = format::task_type(name);
        format!("No success would be left of {kind}")
    }));
    if !preview.kept_versions.is_empty() {
        let versions = format::counted(
            preview.kept_versions.len() as u64,
            "earlier version keeps it",
            "earlier versions keep it",
        );
        lines.push(format!("{versions} for jobs that are repeated"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_would_be_lost_is_named() {
        let preview = RemovalPreview {
            num_experiences: 1,
            num_pinned: 1,
            num_lessons: 1,
            types_emptied: vec!["heat_it".into()],
            types_without_success: vec!["cool_it".into()],
            kept_versions: vec!["job-1".into()],
        };
        let lines = lines(&preview);
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[0], "1 experience would leave this bank");
        assert_eq!(lines[3], "Nothing would be left of Heat it");
        assert!(lines[5].starts_with("1 earlier version keeps it"));
    }
}
