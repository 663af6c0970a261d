//! A warning: episodes that stand on both sides of the split, so that results on unseen kinds of task
//! look better than they are.

use egui::Ui;
use lore_core::{DatasetInfo, SplitLeak};
use lore_protocol::Source;

use crate::context::Ctx;
use crate::store::Loaded;
use crate::widgets::{
    Badge, Button, Card, Icon, ListRow, Tone, columns, divider, right_aligned, split_row,
};
use crate::{Route, format};

/// Pairs in view at first, and at most.
const NUM_SHOWN: [usize; 2] = [3, 50];

/// View state.
#[derive(Debug, Default)]
pub(super) struct Leaks {
    /// True when more than the first few are in view.
    all: bool,
}

impl Leaks {
    /// Nothing while there are none.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        let leaks = match ctx.leaks(&dataset.id) {
            Loaded::Ready(leaks) if !leaks.is_empty() => leaks,
            _ => return,
        };
        let tokens = ctx.tokens;
        Card::new().show(ui, tokens, |ui| {
            ui.horizontal(|ui| {
                let ink = Tone::Warning.text(tokens);
                Icon::Warning.show(ui, tokens.size.icon, ink);
                ui.label(tokens.subtitle("On both sides of the split"));
            });
            ui.label(tokens.muted(
                "Training sees one of each pair and is tested on the other, so results on unseen \
                 kinds look better than they are. Put both kinds on the same side to be sure.",
            ));
            let shown = leaks.len().min(NUM_SHOWN[usize::from(self.all)]);
            for (index, leak) in leaks[..shown].iter().enumerate() {
                divider(ui, tokens);
                ui.push_id(index, |ui| pair_ui(ctx, ui, dataset, leak));
            }
            self.more_ui(ctx, ui, leaks.len(), shown);
        });
    }

    fn more_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, num_leaks: usize, shown: usize) {
        let tokens = ctx.tokens;
        if num_leaks <= NUM_SHOWN[0] {
            return;
        }
        divider(ui, tokens);
        ui.horizontal(|ui| {
            let words = if self.all { "Show fewer" } else { "Show more" };
            if Button::quiet(words).show(ui, tokens).clicked() {
                self.all = !self.all;
            }
            right_aligned(ui, |ui| {
                let of = format!(
                    "The {} most similar of {}",
                    format::count(shown as u64),
                    format::counted(num_leaks as u64, "pair", "pairs")
                );
                ui.label(tokens.small(of));
            });
        });
    }
}

/// Both sides of a pair, each of which opens, and how alike they are.
fn pair_ui(ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo, leak: &SplitLeak) {
    let tokens = ctx.tokens;
    let source = Source::Dataset {
        id: dataset.id.clone(),
    };
    let alike = if leak.same_game {
        "The same game".to_owned()
    } else {
        format!(
            "{} the same words",
            format::percent(f64::from(leak.similarity))
        )
    };
    let compare = split_row(
        ui,
        |ui| {
            ui.add_space(4.0);
            Badge::new(&alike, Tone::Warning).show(ui, tokens);
        },
        |ui| {
            let compare = Button::quiet("Side by side").icon(Icon::Split);
            compare.show(ui, tokens).clicked()
        },
    );
    if compare {
        ctx.go(Route::Beside {
            source: source.clone(),
            left: leak.seen.as_str().into(),
            right: leak.unseen.as_str().into(),
            right_source: None,
        });
    }
    columns(ui, tokens, &[1.0; 2], 180.0, |ui, side| {
        let kind = format::task_type(&leak.task_types[side]);
        let (word, id) = if side == 0 {
            ("seen", &leak.seen)
        } else {
            ("unseen", &leak.unseen)
        };
        let goal = format::goal(&leak.goals[side]);
        let row = ListRow::new(&goal)
            .verbatim()
            .subtitle(&kind)
            .icon(Icon::Path);
        let tone = if side == 0 {
            Tone::Neutral
        } else {
            Tone::Accent
        };
        if row.badge(word, tone).show(ui, tokens).clicked() {
            ctx.go(Route::Trajectories {
                source: Some(source.clone()),
                id: Some(id.as_str().into()),
            });
        }
    });
}
