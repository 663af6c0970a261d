//! The kinds of task in a data set, and which of them training may see.

use egui::{Align, Layout, Ui, vec2};
use lore_core::{DatasetInfo, DatasetKind, TypeCount};
use lore_protocol::{DatasetRequest, Request};

use crate::command::Action;
use crate::context::Ctx;
use crate::format;
use crate::parts::action_error_ui;
use crate::text;
use crate::widgets::{
    Badge, Card, CountBar, Explain as _, Tone, count_bar, help, right_aligned, segmented,
};

/// Bars by kind of task, each with its place in the split.
pub(super) fn types_ui(ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
    let tokens = ctx.tokens;
    let place = format!("datasets/split/{}", dataset.id);
    Card::new().show(ui, tokens, |ui| {
        ui.horizontal(|ui| {
            ui.label(tokens.subtitle("Kinds of task"));
            help(
                ui,
                tokens,
                "Seen kinds may be used for training. Unseen kinds are kept out of it, so that \
                 results on them show whether something general was learned.",
            );
            right_aligned(ui, |ui| {
                let hash = format!("split {}", format::hash(&dataset.split_hash));
                Badge::new(&hash, Tone::Neutral)
                    .show(ui, tokens)
                    .explain(tokens, text::SPLIT_HASH.meaning);
            });
        });
        let most = dataset.types.iter().map(|one| one.count).max();
        for count in &dataset.types {
            if let Some(unseen) = type_ui(ctx, ui, dataset, count, most.unwrap_or(1)) {
                set_unseen(ctx, &place, dataset, &count.name, unseen);
            }
        }
        ui.label(tokens.small(split_text(dataset)));
        action_error_ui(ctx, ui, &place);
    });
}

/// One kind. Returns its new place in the split when that was changed.
fn type_ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    dataset: &DatasetInfo,
    count: &TypeCount,
    most: u64,
) -> Option<bool> {
    let tokens = ctx.tokens;
    let was = dataset.unseen_types.contains(&count.name);
    let mut unseen = was;
    let name = format::task_type(&count.name);
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), tokens.size.control),
        Layout::right_to_left(Align::Center),
        |ui| {
            let choices = [(false, "Seen"), (true, "Unseen")];
            let label = format!("{name}: seen or unseen");
            ui.push_id(&count.name, |ui| {
                segmented(ui, tokens, &mut unseen, &choices, &label);
            });
            ui.add_space(tokens.space.s);
            let bar = CountBar {
                label: name,
                count: count.count,
                successes: (dataset.kind == DatasetKind::Trajectories).then_some(count.successes),
                most,
            };
            count_bar(ui, tokens, &bar);
        },
    );
    (unseen != was).then_some(unseen)
}

fn split_text(dataset: &DatasetInfo) -> String {
    let in_unseen = |unseen: bool| -> u64 {
        dataset
            .types
            .iter()
            .filter(|one| dataset.unseen_types.contains(&one.name) == unseen)
            .map(|one| one.count)
            .sum()
    };
    let what = match dataset.kind {
        DatasetKind::Trajectories => "Episodes",
        DatasetKind::Games => "Games",
    };
    format!(
        "{what} of seen kinds: {}, of unseen kinds: {}",
        format::count(in_unseen(false)),
        format::count(in_unseen(true))
    )
}

fn set_unseen(ctx: &Ctx<'_>, place: &str, dataset: &DatasetInfo, name: &str, unseen: bool) {
    let mut unseen_types = dataset.unseen_types.clone();
    unseen_types.retain(|one| one != name);
    if unseen {
        unseen_types.push(name.to_owned());
        unseen_types.sort();
    }
    let request = |unseen_types| {
        Request::Dataset(DatasetRequest::SetUnseen {
            id: dataset.id.clone(),
            unseen_types,
        })
    };
    let kind = format::task_type(name);
    let message = if unseen {
        format!("{kind} is kept out of training from now on")
    } else {
        format!("{kind} may be trained on from now on")
    };
    let action = Action::new(place.to_owned(), request(unseen_types))
        .say(message)
        .undo_with(request(dataset.unseen_types.clone()));
    ctx.act(action);
}
