//! The list of episodes: where they stand, which match, a table of any length.

use std::ops::Range;

use egui::Ui;
use lore_core::{EpisodeEnd, SplitKind, TrajectoryFilter, TrajectoryRow};
use lore_protocol::{Request, Response, Source, TrajectoryRequest, TrajectoryResponse};

use super::{bookmarks, sources};
use crate::Route;
use crate::command::Order;
use crate::context::Ctx;
use crate::format;
use crate::parts::{ExportEpisodes, error_ui};
use crate::store::Loaded;
use crate::widgets::{
    Button, Card, Cell, Column, DataTable, EmptyState, Icon, Row, choice, search_box, segmented,
};

/// Which rows are looked for, and which are in view.
#[derive(Debug, Default)]
pub(super) struct Browser {
    filter: TrajectoryFilter,
    view: View,
    /// The search box is given the keyboard in the next frame.
    searching: bool,
    export: ExportEpisodes,
    visible: Range<usize>,
}

/// What the list holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum View {
    /// The episodes of a source.
    #[default]
    Episodes,
    /// The bookmarks of every source.
    Bookmarks,
}

/// Ranges of lengths to choose from: fewest and most actions.
const LENGTHS: [([Option<u32>; 2], &str); 4] = [
    ([None, None], "Any length"),
    ([None, Some(10)], "Up to 10 steps"),
    ([Some(11), Some(25)], "11 to 25 steps"),
    ([Some(26), None], "Over 25 steps"),
];

impl Browser {
    /// Does what was asked for by keys or from the list of commands.
    pub(super) fn obey(&mut self, order: Order) {
        match order {
            Order::View(0) => self.view = View::Episodes,
            Order::View(1) => self.view = View::Bookmarks,
            Order::Find => self.searching = true,
            Order::Export => self.export.open = !self.export.open,
            Order::ClearFilters => self.filter = TrajectoryFilter::default(),
            _ => {}
        }
    }

    /// The page without an open episode.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let marks = ctx.marks().ready().map_or(0, <[_]>::len);
        let bookmarks = format!("Bookmarks ({marks})");
        let views = [
            (View::Episodes, "Episodes"),
            (View::Bookmarks, bookmarks.as_str()),
        ];
        segmented(ui, ctx.tokens, &mut self.view, &views, "What to list");
        match self.view {
            View::Episodes => self.episodes_ui(ctx, ui),
            View::Bookmarks => bookmarks::ui(ctx, ui),
        }
    }

    fn episodes_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let all = sources::all(ctx);
        let chosen = match ctx.route {
            Route::Trajectories {
                source: Some(source),
                ..
            } => Some(source.clone()),
            _ => all.first().map(|(source, _)| source.clone()),
        };
        let Some(source) = chosen else {
            nothing_ui(ctx, ui);
            return;
        };
        self.source_ui(ctx, ui, &all, &source);
        self.filters_ui(ctx, ui, &source);
        self.lists_ui(ctx, ui, &source);
        self.table_ui(ctx, ui, &source);
    }

    fn source_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, all: &[(Source, String)], source: &Source) {
        let mut picked = source.clone();
        ui.horizontal(|ui| {
            ui.label(ctx.tokens.body("Episodes of"));
            if choice(ui, ctx.tokens, &mut picked, all, "Episodes of").changed() {
                self.filter = TrajectoryFilter::default();
                ctx.go(Route::Trajectories {
                    source: Some(picked.clone()),
                    id: None,
                });
            }
            let export = Button::secondary("Export")
                .icon(Icon::Export)
                .selected(self.export.open)
                .hover("Writes the episodes for other programs");
            if export.show(ui, ctx.tokens).clicked() {
                self.export.open = !self.export.open;
            }
        });
        let name = all.iter().find(|(known, _)| known == source);
        let name = name.map_or("", |(_, name)| name.as_str());
        self.export.ui(ctx, ui, source, name);
    }

    fn filters_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, source: &Source) {
        let tokens = ctx.tokens;
        let filter = &mut self.filter;
        ui.horizontal_wrapped(|ui| {
            let hint = "Search goals and text";
            let search = search_box(ui, tokens, &mut filter.text, hint, 220.0);
            if std::mem::take(&mut self.searching) {
                search.request_focus();
            }
            let outcomes = [
                (None, "All"),
                (Some(true), "Successes"),
                (Some(false), "Failures"),
            ];
            segmented(ui, tokens, &mut filter.success, &outcomes, "Outcome");
            if matches!(source, Source::Run { .. } | Source::Experiment { .. }) {
                let splits = [
                    (None, "All types"),
                    (Some(SplitKind::Seen), "Seen"),
                    (Some(SplitKind::Unseen), "Unseen"),
                ];
                segmented(ui, tokens, &mut filter.split, &splits, "Split");
            }
        });
    }

    /// Filters by arm and task type, where there is more than one.
    fn lists_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, source: &Source) {
        let offered = sources::choices(ctx, source);
        let filter = &mut self.filter;
        ui.horizontal(|ui| {
            one_of(ctx, ui, &mut filter.arms, &offered.arms, "Every arm", "Arm");
            let types: Vec<_> = offered
                .task_types
                .into_iter()
                .map(|name| {
                    let words = format::task_type(&name);
                    (name, words)
                })
                .collect();
            one_of(
                ctx,
                ui,
                &mut filter.task_types,
                &types,
                "Every task type",
                "Task type",
            );
            length_ui(ctx, ui, filter);
        });
    }

    fn table_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, source: &Source) {
        let filter = self.filter.clone();
        let request = |offset, limit| {
            Request::Trajectory(TrajectoryRequest::Rows {
                source: source.clone(),
                filter: filter.clone(),
                offset,
                limit,
            })
        };
        let paged = ctx.paged(self.visible.clone(), request, |response| match response {
            Response::Trajectory(TrajectoryResponse::Rows(page)) => Some(page),
            _ => None,
        });
        match paged.first() {
            Loaded::Failed(error) => return error_ui(ctx, ui, error),
            Loaded::Ready(page) if page.total == 0 => return self.no_match_ui(ctx, ui),
            Loaded::Ready(_) | Loaded::Waiting => {}
        }
        let total = paged.total();
        ui.label(
            ctx.tokens
                .small(format::counted(total as u64, "episode", "episodes")),
        );
        let columns = columns();
        let mut opened = None;
        Card::new().tight().show(ui, ctx.tokens, |ui| {
            let table = DataTable::new("Episodes", &columns, total);
            let response = table.show(ui, ctx.tokens, |index| {
                paged.get(index).map_or_else(Row::waiting, row)
            });
            opened = response.clicked.and_then(|index| paged.get(index));
            self.visible = response.visible;
        });
        if let Some(row) = opened {
            ctx.go(Route::Trajectories {
                source: Some(source.clone()),
                id: Some(row.id.clone()),
            });
        }
    }

    fn no_match_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        if self.filter == TrajectoryFilter::default() {
            let text = "Episodes appear here as they are played.";
            EmptyState::new(Icon::Path, "No episodes yet", text).show(ui, ctx.tokens);
            return;
        }
        let button = EmptyState::new(
            Icon::Search,
            "Nothing matches",
            "No episode fits the filters.",
        )
        .action("Clear the filters", Icon::Close)
        .show(ui, ctx.tokens);
        if button.is_some_and(|button| button.clicked()) {
            self.filter = TrajectoryFilter::default();
        }
    }
}

fn length_ui(ctx: &Ctx<'_>, ui: &mut Ui, filter: &mut TrajectoryFilter) {
    let lengths = LENGTHS.map(|(range, words)| (range, words.to_owned()));
    let mut range = [filter.min_steps, filter.max_steps];
    ui.scope(|ui| {
        ui.set_max_width(160.0);
        choice(ui, ctx.tokens, &mut range, &lengths, "Length");
    });
    [filter.min_steps, filter.max_steps] = range;
}

/// A drop-down that leaves the list empty for "every".
fn one_of(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    chosen: &mut Vec<String>,
    offered: &[(String, String)],
    every: &str,
    label: &str,
) {
    if offered.len() < 2 {
        return;
    }
    let mut choices = vec![(String::new(), every.to_owned())];
    choices.extend(offered.iter().cloned());
    let mut value = chosen.first().cloned().unwrap_or_default();
    ui.scope(|ui| {
        ui.set_max_width(180.0);
        if choice(ui, ctx.tokens, &mut value, &choices, label).changed() {
            *chosen = Some(value)
                .filter(|value| !value.is_empty())
                .into_iter()
                .collect();
        }
    });
}

fn columns() -> [Column<'static>; 7] {
    [
        Column::exact("Outcome", 104.0),
        Column::flex("Goal", 4.0, 150.0),
        Column::flex("Task type", 2.0, 96.0),
        Column::flex("Who acted", 2.0, 84.0),
        Column::exact("Steps", 52.0).right(),
        Column::exact("Memories", 72.0)
            .right()
            .help("Past episodes shown to the agent"),
        Column::exact("Time", 64.0).right(),
    ]
}

fn row(row: &TrajectoryRow) -> Row {
    let time = if row.millis == 0 {
        Cell::Empty
    } else {
        Cell::Muted(format::duration(row.millis as f64 / 1000.0))
    };
    Row::new(vec![
        Cell::outcome(row.end == EpisodeEnd::Success, row.end.label()),
        Cell::Verbatim(format::goal(&row.goal)),
        Cell::Muted(format::task_type(&row.task_type)),
        Cell::Muted(row.source.clone()),
        Cell::Text(row.num_steps.to_string()),
        Cell::Muted(row.num_memories.to_string()),
        time,
    ])
}

fn nothing_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let text = "Episodes come from data sets, and from agents that play. The sample experiment makes \
                both.";
    let button = EmptyState::new(Icon::Path, "No episodes yet", text)
        .action("Run the sample experiment", Icon::Sparkle)
        .show(ui, ctx.tokens);
    if button.is_some_and(|button| button.clicked()) {
        ctx.act(crate::pages::sample_experiment());
    }
}
