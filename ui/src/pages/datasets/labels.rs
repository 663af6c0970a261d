//! Giving other labels to the episodes that are listed.

use egui::Ui;
use lore_core::{DatasetInfo, EpisodeEnd, Labels, TrajectoryFilter};
use lore_protocol::{DatasetRequest, Request};

use crate::command::Action;
use crate::context::Ctx;
use crate::format;
use crate::parts::action_error_ui;
use crate::widgets::{Button, Field, Icon, choice, field, field_with_help, text_field};

/// How an episode can have ended.
const ENDS: [EpisodeEnd; 4] = [
    EpisodeEnd::Success,
    EpisodeEnd::Failure,
    EpisodeEnd::Truncated,
    EpisodeEnd::Unknown,
];

/// View state.
#[derive(Debug, Default)]
pub(super) struct LabelForm {
    /// True while the form is in view.
    pub(super) open: bool,
    /// The new kind of task; empty when it stays.
    kind: String,
    /// The new outcome, when it changes.
    end: Option<EpisodeEnd>,
}

/// Where the error of a change is shown.
fn place(dataset: &DatasetInfo) -> String {
    format!("datasets/labels/{}", dataset.id)
}

impl LabelForm {
    /// True while there is something to show: the form, or why a change was refused.
    pub(super) fn is_shown(&self, ctx: &Ctx<'_>, dataset: &DatasetInfo) -> bool {
        self.open || ctx.store.actions().error(&place(dataset)).is_some()
    }

    /// The form for the `num_matching` episodes that match `filter`.
    pub(super) fn ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        dataset: &DatasetInfo,
        filter: &TrajectoryFilter,
        num_matching: usize,
    ) {
        let place = place(dataset);
        action_error_ui(ctx, ui, &place);
        if !self.open {
            return;
        }
        let tokens = ctx.tokens;
        let episodes = format::counted(num_matching as u64, "episode", "episodes");
        let whose = format!("For the {episodes} in the list; filters choose which");
        ui.label(tokens.muted(whose));
        self.fields_ui(ctx, ui, dataset);
        ui.horizontal(|ui| {
            let labels = self.labels();
            let is_change = labels != Labels::default();
            let change = Button::primary("Change the labels")
                .icon(Icon::Check)
                .enabled(is_change && num_matching > 0, "Choose a new label first")
                .busy(ctx.is_busy(&place));
            if change.show(ui, tokens).clicked() {
                change_labels(ctx, place, dataset, filter, labels, &episodes);
                *self = Self::default();
            }
            if Button::quiet("Cancel").show(ui, tokens).clicked() {
                *self = Self::default();
            }
        });
    }

    fn fields_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        let tokens = ctx.tokens;
        let known: Vec<&str> = dataset.types.iter().map(|kind| &*kind.name).collect();
        let kind = Field {
            label: "Kind of task",
            help: "Seen and unseen are made of kinds; a new name makes a new kind",
            note: &known.join(", "),
        };
        field_with_help(ui, tokens, kind, |ui| {
            text_field(ui, tokens, &mut self.kind, "New kind of task", "As it is")
        });
        let mut ends = vec![(None, "As it is".to_owned())];
        ends.extend(ENDS.map(|end| (Some(end), format::goal(end.label()))));
        field(ui, tokens, "Ended with", |ui| {
            choice(ui, tokens, &mut self.end, &ends, "New outcome")
        });
    }

    fn labels(&self) -> Labels {
        let kind = self.kind.trim();
        Labels {
            task_type: (!kind.is_empty()).then(|| kind.to_owned()),
            end: self.end,
        }
    }
}

fn change_labels(
    ctx: &Ctx<'_>,
    place: String,
    dataset: &DatasetInfo,
    filter: &TrajectoryFilter,
    labels: Labels,
    episodes: &str,
) {
    let request = Request::Dataset(DatasetRequest::Relabel {
        id: dataset.id.clone(),
        ids: Vec::new(),
        filter: filter.clone(),
        labels,
    });
    let back = Request::Dataset(DatasetRequest::TakeBackLabels {
        id: dataset.id.clone(),
    });
    let action = Action::new(place, request)
        .say(format!("{episodes} have new labels"))
        .undo_with(back);
    ctx.act(action);
}
